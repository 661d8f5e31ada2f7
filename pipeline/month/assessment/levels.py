"""A level item over one month: answers of calls added up, with the parts that feeds and people answer.

Knows whose word counts: what a person gave stands before what was heard.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import fsum
from typing import Any

from pipeline.errors import ConfigurationError
from pipeline.evaluation import Answer, Outcome
from pipeline.indicators import INDICATORS
from pipeline.month.assessment.asked import Asked
from pipeline.month.assessment.calls import ScoredCall
from pipeline.month.assessment.criteria import DECIDED, OPEN, Judged, Taken, factor, once, origins_of, ruled
from pipeline.month.assessment.interval import Doubt, interval
from pipeline.month.assessment.month import CriterionMonth, Origin
from pipeline.scorecard import NOT_APPLICABLE, Criterion, Value, score_item
from pipeline.tally import NOTHING, Tally


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody other than the calls says of a part: a level, a share met, n_a, or nothing yet."""

    value: Value | None
    origin: Origin
    sentence: str


def by_calls(criterion: Criterion, asked: Asked) -> bool:
    """Whether calls answer a level item here; not where a person gave it, or each sub-item that calls answer.

    Raises
    ------
    ConfigurationError
        If a person gave one of several such sub-items: a call has one answer for all of them.
    """
    if not criterion.by_call or asked.given(criterion.id) is not None:
        return False
    items = [f"{criterion.id}-{number}" for number, part in enumerate(criterion.parts, 1) if part.rule]
    given = [item for item in items if asked.given(item) is not None]
    if given and given != items:
        raise ConfigurationError(
            f"{', '.join(given)} is given by a person, but calls answer {', '.join(items)} together: "
            f"give all of these, or {criterion.id} as a whole"
        )
    return not given


def weight_of_month(asked: Asked, taken: Iterable[tuple[Criterion, Taken]]) -> float:
    """How many calls a value of the month counts as much as: those that the points asked of calls make up.

    Note
    ----
    Against the calls together it so has the weight of its printed points, however seldom calls were asked, and a
    call of which nothing was asked changes nothing. 1 where no call was asked anything.
    """
    answering = [(criterion, each) for criterion, each in taken if by_calls(criterion, asked)]
    counting = [pair for pair in answering if not pair[0].bonus] or answering
    had = fsum(
        asked.scorecard.points_of[criterion.id]
        * ruled(criterion)
        * fsum(answered.scale for answered in each.own if answered.decided)
        for criterion, each in counting
    )
    full = fsum(asked.points(criterion.id) * ruled(criterion) for criterion, _ in counting)
    return had / full if had else 1.0


def judge_levels(criterion: Criterion, asked: Asked, taken: Taken, weight: float) -> Judged:
    """A level item: judged call by call where calls answer it, and from feeds and people where they do.

    Parameters
    ----------
    weight : float
        How many calls a value of the month counts as much as.
    """
    given, own = asked.given(criterion.id), taken.own
    outcomes = [each.answer.outcome if each.answer else Outcome.NOT_APPLICABLE for each in own]
    month = CriterionMonth(
        criterion_id=criterion.id,
        title=criterion.title,
        points=asked.points(criterion.id),
        tally=NOTHING,
        answered=sum(outcome in DECIDED for outcome in outcomes),
        not_applicable=outcomes.count(Outcome.NOT_APPLICABLE),
        open=sum(outcome in OPEN for outcome in outcomes),
    )
    if given is not None:
        scored = score_item(asked.scorecard, criterion, given)
        month = replace(month, sentence=f"人工评定，{scored.reason}")
        return once(month, criterion, asked, scored, weight, Origin.PERSON)
    told = tuple(_told(criterion, number, asked) for number in _numbers(criterion))
    if not by_calls(criterion, asked):
        return _levels_of_month(month, criterion, asked, told, weight)
    return _levels_of_calls(month, criterion, asked, taken, told, weight)


def _levels_of_calls(
    month: CriterionMonth,
    criterion: Criterion,
    asked: Asked,
    taken: Taken,
    told: Sequence[Told],
    weight: float,
) -> Judged:
    answers = [(each, each.answer) for each in taken.own if each.answer]
    tally = Tally.sum(answer.tally * each.scale for each, answer in answers)
    stake = asked.scorecard.points_of[criterion.id] * ruled(criterion)  # of a bonus too, which is never possible
    doubts = tuple(
        doubt
        for each, a in answers
        if each.decided
        for doubt in _doubts(a, (a.tally.possible or stake) * each.scale, each.scale, each.scored)
    )
    low, high = interval(doubts)
    weights = criterion.weights()
    asked_of = len(taken.own) + taken.num_poor
    shares: dict[Origin, float] = {Origin.NO_CALLS: 0.0 if asked_of else ruled(criterion)}
    if asked_of:
        counts = {
            Origin.CALLS: month.answered,
            Origin.NOT_APPLICABLE: month.not_applicable,
            Origin.LOW_QUALITY: taken.num_poor + sum(a.outcome is Outcome.UNSURE for _, a in answers),
        }
        shares |= {origin: ruled(criterion) * count / asked_of for origin, count in counts.items()}
    said = []
    for part, share, one in zip(criterion.parts, weights, told, strict=True):
        if part.rule is not None:
            continue
        shares[one.origin] = shares.get(one.origin, 0.0) + share
        if one.value is not None and one.value not in NOT_APPLICABLE:
            alone: list[Any] = [one.value if each is one else None for each in told]
            worth = score_item(asked.scorecard, criterion, alone)
            extra = worth.tally * factor(month, asked, weight)
            tally, low, high = tally + extra, low + extra.awarded, high + extra.awarded
            said.append(f"{part.title}：{one.sentence}")
    if criterion.bonus:
        tally = Tally(tally.awarded, 0.0)
    origins = origins_of(month, criterion, shares)
    sentence = "；".join(said)
    return Judged(replace(month, tally=tally, low=low, high=high, origins=origins, sentence=sentence), doubts)


def _doubts(answer: Answer, stake: float, scale: float, scored: ScoredCall) -> Iterator[Doubt]:
    """The doubt of one answer; met in part, it may be wrong in either direction, each with half of the doubt."""
    awarded, call = answer.tally.awarded * scale, scored.call.id
    if 0 < awarded < stake:
        half = (1 + answer.confidence) / 2
        yield Doubt(awarded, awarded, half, call)
        yield Doubt(0.0, stake - awarded, half, call)
    else:
        yield Doubt(awarded, stake, answer.confidence, call)


def _levels_of_month(
    month: CriterionMonth, criterion: Criterion, asked: Asked, told: Sequence[Told], weight: float
) -> Judged:
    """A level item that no call answers."""
    weights = criterion.weights() or (1.0,)
    shares: dict[Origin, float] = {}
    for one, share in zip(told, weights, strict=True):
        shares[one.origin] = shares.get(one.origin, 0.0) + share
    origins = origins_of(month, criterion, shares)
    values: list[Any] = [one.value for one in told]
    sentences = "；".join(dict.fromkeys(one.sentence for one in told if one.sentence))
    if all(value is None for value in values):
        return Judged(replace(month, origins=origins, sentence=f"{criterion.title}：{sentences}"))
    scored = score_item(asked.scorecard, criterion, values if criterion.parts else values[0])
    month = replace(month, sentence=f"{scored.reason}（{sentences}）")
    judged = once(month, criterion, asked, scored, weight, Origin.PERSON)
    return replace(judged, month=replace(judged.month, origins=origins))


def _told(criterion: Criterion, number: int, asked: Asked) -> Told:
    """What people or feeds say of one part, or of a whole that has none."""
    part = criterion.parts[number - 1] if criterion.parts else None
    if part is not None and part.open:
        return Told(None, Origin.NO_FEED, "原文的数值未给出（[X]），停用")
    given = asked.given(f"{criterion.id}-{number}") if part else None
    if given is not None:
        return Told(given, Origin.NOT_APPLICABLE if given in NOT_APPLICABLE else Origin.PERSON, "人工评定")
    indicator = part.indicator if part else criterion.indicator
    if not indicator:
        return Told(None, Origin.NO_PERSON, "待人工评定")
    counted = asked.measured(indicator, part.limit if part else None)
    if counted is None:
        if asked.measures(indicator):
            return Told(NOT_APPLICABLE[0], Origin.NOT_APPLICABLE, "本月没有相关记录，不适用")
        return Told(None, Origin.NO_FEED, "没有外部数据")
    line = part.at_least if part else None
    reached = min(1.0, counted.value) if line is None else float(counted.value >= line)
    return Told(reached, Origin.FEED, f"{INDICATORS[indicator].subject} {counted.value:.1%}")


def _numbers(criterion: Criterion) -> range:
    """The numbers of the sub-items; a whole counts as one."""
    return range(1, max(1, len(criterion.parts)) + 1)
