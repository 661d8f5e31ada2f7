"""Trying a scorecard by hand: values by criterion in, points, reasons and the total out.

Knows one scorecard and the values that somebody gives; nothing of calls, feeds or people.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.errors import ConfigurationError
from pipeline.scorecard.consequence import Qualitative
from pipeline.scorecard.criterion import Criterion
from pipeline.scorecard.points import NOT_APPLICABLE, score_criterion
from pipeline.scorecard.scorecard import Scorecard, load_scorecard
from pipeline.scorecard.scoring import DIGITS, Scored, Value, shown
from pipeline.tally import Tally, rounded


@dataclass(frozen=True, slots=True)
class CriterionTrial:
    """One criterion: points awarded out of those possible (0 for one that was not scored), and why, in Chinese."""

    criterion_id: str
    title: str
    awarded: float
    possible: float
    reason: str
    level: str | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """A scorecard tried with some values.

    Parameters
    ----------
    items : tuple of CriterionTrial
        Every criterion in the order of the scorecard, also those without a value.
    total, possible : float
        Points awarded and points that could be had, over the scored criteria. Where a qualitative part was given,
        the criteria together make up the percent that the scorecard leaves to formulas, and its points are added.
    grade : str | None
        None where none can be given; `undecided` then says why, in Chinese.
    """

    items: tuple[CriterionTrial, ...]
    total: float
    possible: float
    grade: str | None
    undecided: str = ""

    @property
    def score(self) -> float | None:
        """Percent of the points that were possible, 0..100 and more with a bonus; None when none were."""
        return 100.0 * self.total / self.possible if self.possible else None


def try_values(card: Scorecard, values: Mapping[str, Value]) -> Trial:
    """The points of a scorecard for values by criterion id.

    Parameters
    ----------
    values : mapping of str to value
        As `score_criterion` takes them. ``KF02-1-2`` is the second part of ``KF02-1``.

    Raises
    ------
    ConfigurationError
        If an id is not one of the scorecard's, a value cannot be one of its criterion, or the scorecard leaves open
        how the criterion is scored: the points of its parts disagree with its own, or it has none and no weight was
        chosen.

    Note
    ----
    A scorecard whose blocks nobody has chosen (`assessed` empty) is tried on the criteria that got a value.

    An auto-fail criterion that is not met leaves nothing of any criterion.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> trial = try_values(find_scorecard("table1"), {"T1-1": 42.0, "T1-3": 0.9})
    >>> trial.total, trial.possible, trial.undecided
    (46.0, 50.0, '只评了 50% 的分值，低于 60%，不定级')
    """
    given, qualitative = _by_criterion(card, values)
    if card.assessed is None:
        card = _assessing(card, given)
    for criterion in card.chosen:
        if criterion.id in given:
            _settled(card, criterion)
    scored = {c.id: score_criterion(card, c, given.get(c.id)) for c in card.criteria}
    veto = next((c for c in card.chosen if c.auto_fail and c.id in given and scored[c.id].failed), None)
    if veto is not None:
        scored = {id: _nothing_left(each, veto) for id, each in scored.items()}
    tally = Tally.sum(each.tally for each in scored.values())
    items = [_tried(c.id, c.title, scored[c.id]) for c in card.criteria]
    if card.qualitative is not None and card.qualitative.on:
        added = _qualitatively(card.qualitative, qualitative)
        items.append(
            _tried(card.qualitative.id, card.qualitative.title, _nothing_left(added, veto) if veto else added)
        )
        if added.tally.possible and tally.share is not None:
            formulas = Tally(card.qualitative.formulas * tally.share, card.qualitative.formulas)
            tally = Tally(0.0, 100.0) if veto else formulas + added.tally
    trial = Trial(tuple(items), round(tally.awarded, DIGITS), round(tally.possible, DIGITS), None)
    grade, undecided = _grade(card, trial.score, _scored_share(card, given, scored))
    return replace(trial, grade=grade, undecided=undecided)


def _by_criterion(card: Scorecard, values: Mapping[str, Value]) -> tuple[dict[str, Value], Value | None]:
    """The values by criterion, those of parts gathered into a list; and the qualitative one."""
    criteria = {c.id: c for c in card.criteria}
    places = {f"{c.id}-{n}": (c, n) for c in card.criteria if not c.scoring for n in range(1, len(c.parts) + 1)}
    places = {id: place for id, place in places.items() if id not in criteria}
    asked = card.qualitative.id if card.qualitative and card.qualitative.on else None
    if unknown := [id for id in values if id not in criteria and id not in places and id != asked]:
        subitems = "; a sub-item is its item's id and a number, such as " + next(iter(places)) if places else ""
        known = [*criteria, *([asked] if asked else [])]
        raise ConfigurationError(
            f"{card.name} has no item {', '.join(unknown)}; its items are {', '.join(known)}{subitems}"
        )
    given: dict[str, Value] = {id: value for id, value in values.items() if id in criteria}
    by_part: dict[str, list[str | float | None]] = {}
    for id, value in values.items():
        if id not in places:
            continue
        criterion, number = places[id]
        if criterion.id in given:
            raise ConfigurationError(f"{criterion.id} has a value as a whole and one for {id}: give one of the two")
        if value is not None and not isinstance(value, str | int | float):
            raise ConfigurationError(f"{id}: {value!r} is no level; a sub-item takes a level, n_a, or a share")
        by_part.setdefault(criterion.id, [None] * len(criterion.parts))[number - 1] = value
    return {**given, **by_part}, values.get(asked) if asked else None


def _assessing(card: Scorecard, ids: Iterable[str]) -> Scorecard:
    """The same scorecard with these criteria chosen."""
    fields = {name: getattr(card, name) for name in Scorecard.model_fields}
    return Scorecard.model_validate({**fields, "assessed": tuple(ids)})


def _settled(card: Scorecard, criterion: Criterion) -> None:
    """Refuse a criterion of which the scorecard does not say how many points it is worth."""
    named = f"{card.path or card.name}: {criterion.id} {criterion.title}"
    if criterion.disagrees:
        given, printed = shown(criterion.printed_sum or 0.0), shown(criterion.points or 0.0)
        raise ConfigurationError(
            f"{named}: its sub-items sum to {given} points, but {printed} are printed; choose "
            f"{criterion.id}.settle: cap (never more than {printed}) or scale (times {printed}/{given}), or change "
            "the points"
        )
    formula = card.formula(criterion)
    if formula is not None and formula.to_choose:
        raise ConfigurationError(
            f"{named}: the document does not say what a missed target leaves; choose missed: zero (nothing) or "
            "missed: proportional (as much as was reached), for the whole standard or for "
            f"{criterion.id}"
        )
    if criterion.points is None and card.weights != "equal" and not criterion.auto_fail:
        raise ConfigurationError(
            f"{named}: it has no points and the standard gives no weights; "
            f"choose weights: equal, or give {criterion.id} and the others points"
        )


def _nothing_left(scored: Scored, veto: Criterion) -> Scored:
    if not scored.tally.possible and not scored.tally.awarded:
        return scored
    return replace(
        scored,
        tally=Tally(0.0, scored.tally.possible),
        reason=f"一票否决（{veto.title}），得 0 分；{scored.reason}",
    )


def _qualitatively(part: Qualitative, value: Value | None) -> Scored:
    """The points that a person gave beside the formulas, with the band they fall into."""
    if value is None:
        return Scored(Tally(), f"{part.title}：没有给值，只按其余各项计分")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= part.points:
        raise ConfigurationError(f"{part.id}: {value!r} is not a number of points from 0 to {shown(part.points)}")
    level = next((b.name for b in part.bands if b.least is not None and rounded(value) >= b.least), None)
    band = f"，{level}" if level else ""
    return Scored(Tally(float(value), part.points), f"{part.title}：得 {shown(value)} 分{band}", level)


def _tried(id: str, title: str, scored: Scored) -> CriterionTrial:
    awarded, possible = round(scored.tally.awarded, DIGITS), round(scored.tally.possible, DIGITS)
    return CriterionTrial(id, title, awarded, possible, scored.reason, scored.level)


def _scored_share(card: Scorecard, given: Mapping[str, Value], scored: Mapping[str, Scored]) -> float:
    """The share of the points that applied which was scored, 0..1; 0 when none applied."""
    applied = [c.id for c in card.chosen if not c.bonus and given.get(c.id) not in NOT_APPLICABLE]
    total = sum(card.points_of[id] for id in applied)
    return sum(scored[id].tally.possible for id in applied) / total if total else 0.0


def _grade(card: Scorecard, score: float | None, share: float) -> tuple[str | None, str]:
    """The grade's name, or why there is none."""
    if score is None:
        return None, "没有可计分的项目"
    if not card.grades:
        return None, "本标准没有等级"
    if rounded(100 * share) < rounded(100 * card.least_scored):
        return None, f"只评了 {shown(100 * share)}% 的分值，低于 {shown(100 * card.least_scored)}%，不定级"
    if grade := card.grade(score):
        return grade.name, ""
    missing = "、".join(grade.name for grade in card.grades if grade.least is None)
    return None, f"等级线未给出：{missing}" if missing else "低于最低的等级线"


def with_switches(path: Traversable | Path, switches: Mapping[str, str]) -> Scorecard:
    """A scorecard file with single keys replaced, to see what a choice does.

    Parameters
    ----------
    switches : mapping of str to str
        What stands in the file: a key of the file (``weights``), of a criterion or of its formula
        (``T1-1.cliff``, ``KF03-二.settle``), or of something listed, by its id, name, title or number
        (``grades.良好.least``, ``SM-3.parts.2.limit``). Values are written as in the file: ``false``, ``80``,
        ``[KF03-一, KF03-四]``, nothing for an empty one.

    Raises
    ------
    PolicyError
        If the file is wrong.
    ConfigurationError
        If a key is not there, or the value cannot be one of it; names the switch.

    Examples
    --------
    >>> from pipeline.scorecard import bundled_scorecards
    >>> card = with_switches(bundled_scorecards()["table1"], {"T1-1.block": "floor"})
    >>> card.criterion("T1-1").scoring.block
    'floor'
    """
    card = load_scorecard(path)
    if not switches:
        return card
    # What was not written stays so: an empty `limit` is not one that is left out.
    document = card.model_dump(mode="json", exclude_unset=True)
    for switch, text in switches.items():
        _replace(card, document, switch, _read(switch, text))
    asked = ", ".join(f"{switch}={text}" for switch, text in switches.items())
    try:
        changed = Scorecard.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        problem = first["msg"].removeprefix("Value error, ")
        raise ConfigurationError(f"{card.path} with {asked}: {where}: {problem}".replace(": :", ":")) from None
    # Under the file's name, with a hash that tells it from the file's.
    changed._path, changed._text = card.path, card.text
    changed._digest = hashlib.sha256(f"{card.digest}|{asked}".encode()).hexdigest()[:12]
    return changed


def _read(switch: str, text: str) -> object:
    try:
        return YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise ConfigurationError(f"{switch}={text}: is not written as in a standard: {error}") from None


def _replace(card: Scorecard, document: dict[str, Any], switch: str, value: object) -> None:
    """Put a value in its place in the document."""
    criterion = next((c for c in card.criteria if switch.startswith(f"{c.id}.")), None)
    place: Any = document
    keys = switch.split(".")
    known: Iterable[str] = Scorecard.model_fields
    if criterion is not None:
        place = next(each for each in document["criteria"] if each["id"] == criterion.id)
        keys = switch.removeprefix(f"{criterion.id}.").split(".")
        known = Criterion.model_fields
        formula = type(criterion.scoring).model_fields if criterion.scoring else {}
        if keys[0] in formula and keys[0] not in known:
            place, known = place["scoring"], formula
    if keys[0] not in known:
        items = "" if criterion else f", or an item and its key, such as {card.criteria[0].id}.points"
        raise ConfigurationError(f"{card.path}: {switch}: there is no {keys[0]}; write {', '.join(known)}{items}")
    for key in keys[:-1]:
        place = _inside(card, place, key, switch)
    if isinstance(place, list):
        raise ConfigurationError(f"{card.path}: {switch}: name a key of {keys[-1]}")
    place[keys[-1]] = value


def _inside(card: Scorecard, place: Any, key: str, switch: str) -> Any:
    """The part that stands under a key, or under the id, name, title or number of something listed."""
    if isinstance(place, dict) and isinstance(place.get(key), dict | list):
        return place[key]
    listed: Sequence[Any] = place if isinstance(place, list) else ()
    for number, each in enumerate(listed, 1):
        if isinstance(each, dict) and key in (each.get("id"), each.get("name"), each.get("title"), str(number)):
            return each
    raise ConfigurationError(f"{card.path}: {switch}: there is no {key}")
