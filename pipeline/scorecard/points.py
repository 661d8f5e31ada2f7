"""The points of one criterion for one value, whoever gave it: a formula, a level, or a level for each part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.errors import ConfigurationError
from pipeline.scorecard.criterion import Criterion
from pipeline.scorecard.scoring import Scored, Value, shown
from pipeline.tally import Tally

if TYPE_CHECKING:
    from pipeline.scorecard.scorecard import Scorecard

NOT_APPLICABLE = ("n_a", "不适用")
"""The words with which a person says that a criterion could not arise."""


def score_criterion(card: Scorecard, criterion: Criterion, value: Value | None, subject: str = "") -> Scored:
    """The points of a criterion for a value, with the sentence that explains them.

    Parameters
    ----------
    value : float | str | mapping | list | None
        A number for a formula (a share as a fraction, 0..1), counts by kind of error, a level's name, a share of
        the parts met, or a level for each part in order. ``n_a`` anywhere is not applicable. None: not given.
    subject : str
        What the sentence begins with; the criterion's title by default.

    Raises
    ------
    ConfigurationError
        If the value cannot be one of this criterion.

    Note
    ----
    Not applicable leaves the points that are possible: a part re-spreads its points over the other parts, a
    criterion leaves the total. A part that is merely not given leaves its own points only.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> card = find_scorecard("table1")
    >>> scored = score_criterion(card, card.criterion("T1-1"), 42.0)
    >>> scored.tally, scored.reason
    (Tally(awarded=16.0, possible=20.0), '首次响应时间 42 秒，超过 30 秒；每超 10 秒 扣 2 分，计 2 档，得 16 分')
    """
    subject = subject or criterion.title
    if criterion.id not in card.points_of:
        return Scored(Tally(), f"{subject}：{_inactive(criterion)}")
    points = card.points_of[criterion.id]
    if value is None:
        return Scored(Tally(), f"{subject}：没有给值，不计分")
    if value in NOT_APPLICABLE:
        return Scored(Tally(), f"{subject}：不适用，不进分母")
    if (formula := card.formula(criterion)) is not None:
        scored = formula.score(points, formula.checked(value, criterion.id), subject)
        scored = replace(scored, worth=scored.tally.share)
    elif criterion.parts and (
        isinstance(value, list) or criterion.graded == "parts" or any(part.open for part in criterion.parts)
    ):
        scored = _by_parts(card, criterion, points, value, subject)
    else:
        level, share = _level(card, criterion, value)
        awarded = points * share
        scored = Scored(Tally(awarded, points), f"{subject}：{level}，得 {shown(awarded)} 分", level, share)
    return replace(scored, tally=Tally(scored.tally.awarded, 0.0)) if criterion.bonus else scored


def _inactive(criterion: Criterion) -> str:
    if criterion.open:
        return "原文的数值未给出（[X]），本项停用，不计分"
    return "不在所选的考核范围内，不计分"


def _by_parts(card: Scorecard, criterion: Criterion, points: float, value: Value, subject: str) -> Scored:
    values: Sequence[object] = value if isinstance(value, list) else [value] * len(criterion.parts)
    if len(values) != len(criterion.parts):
        raise ConfigurationError(
            f"{criterion.id}: {len(criterion.parts)} sub-items, but {len(values)} values; n_a stands for one that "
            "is not applicable, null for one not given"
        )
    scored_parts: list[tuple[float, float]] = []  # weight, share of it
    clauses, missing = [], 0.0
    for number, (part, weight, one) in enumerate(zip(criterion.parts, criterion.weights(), values, strict=True), 1):
        if part.open or one is None:
            missing += weight
            clauses.append(f"（{number}）{'停用' if part.open else '没有给值'}")
        elif one in NOT_APPLICABLE:
            clauses.append(f"（{number}）不适用")
        else:
            level, share = _level(card, criterion, one)
            scored_parts.append((weight, share))
            clauses.append(f"（{number}）{level}")
    sentence = f"{subject}：{'；'.join(clauses)}"
    if not scored_parts:
        return Scored(Tally(), f"{sentence}，不计分")
    met = sum(weight * share for weight, share in scored_parts)
    full = sum(weight for weight, _ in scored_parts)
    possible = points * (1.0 - missing)
    if criterion.graded == "whole":
        level, worth = card.level(met / full)
        awarded = possible * worth
        return Scored(Tally(awarded, possible), f"{sentence}，合为{level}，得 {shown(awarded)} 分", level, worth)
    awarded = possible * met / full
    if criterion.settle == "cap":
        awarded = min(possible, (criterion.printed_sum or points) * met * (1.0 - missing) / full)
    return Scored(Tally(awarded, possible), f"{sentence}，得 {shown(awarded)} 分", worth=met / full)


def _level(card: Scorecard, criterion: Criterion, value: object) -> tuple[str, float]:
    """A level's name and its share of the points, for the name itself or for a share of what was asked."""
    levels = dict(card.levels)
    if isinstance(value, str):
        if value in levels:
            return value, levels[value]
    elif isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return card.level(float(value))
    raise ConfigurationError(
        f"{criterion.id}: {value!r} is no level; write {', '.join(levels)}, n_a, or a share from 0 to 1"
    )
