"""A level criterion over one month: answers of calls added up, with the parts that feeds and people answer.

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
from pipeline.month.assessment.agent_month import CriterionMonth, Origin
from pipeline.month.assessment.calls import ScoredCall
from pipeline.month.assessment.criteria import (
    OPEN,
    CriterionCalls,
    CriterionResult,
    ScoringTask,
    factor,
    origins_of,
    score_once,
    share_by_calls,
)
from pipeline.month.assessment.interval import Doubt, interval
from pipeline.month.assessment.listened import Listened, listened
from pipeline.month.assessment.month_card import MonthCard
from pipeline.scorecard import NOT_APPLICABLE, Criterion, Part, Value, score_criterion
from pipeline.tally import NOTHING, Tally


@dataclass(frozen=True, slots=True)
class PartValue:
    """The value of a part that feeds or people answer: a level, a share met, n_a, or None while nobody did."""

    value: Value | None
    origin: Origin
    sentence: str


def by_calls(criterion: Criterion, card: MonthCard) -> bool:
    """Whether calls answer a level criterion here; not where a person gave it, or each part that calls answer.

    Raises
    ------
    ConfigurationError
        If a person gave one of several such parts: a call has one answer for all of them.

    Examples
    --------
    >>> from pipeline.month.assessment.month_card import NO_FEEDS, Assessee
    >>> from pipeline.scorecard import find_scorecard
    >>> card = MonthCard(find_scorecard("kf01"), "2026-07", NO_FEEDS, Assessee("agent", "1001"))
    >>> [by_calls(card.scorecard.criterion(id), card) for id in ("KF01-4", "KF01-5")]
    [True, False]
    """
    if not criterion.by_call or card.person_value(criterion.id) is not None:
        return False
    items = [f"{criterion.id}-{number}" for number, part in enumerate(criterion.parts, 1) if part.counts]
    given = [item for item in items if card.person_value(item) is not None]
    if given and given != items:
        raise ConfigurationError(
            f"{', '.join(given)} is given by a person, but calls answer {', '.join(items)} together: "
            f"give all of these, or {criterion.id} as a whole"
        )
    return not given


def weight_of_month(card: MonthCard, taken: Iterable[tuple[Criterion, CriterionCalls]]) -> float:
    """The number of calls that a value of the month counts as: those that the points asked of calls make up.

    Note
    ----
    Against the calls together it so has the weight of its printed points, however seldom calls were asked, and a
    call of which nothing was asked changes nothing. 1 where no call was asked anything.

    Examples
    --------
    >>> from pipeline.month.assessment.month_card import NO_FEEDS, Assessee
    >>> from pipeline.scorecard import find_scorecard
    >>> card = MonthCard(find_scorecard("kf01"), "2026-07", NO_FEEDS, Assessee("agent", "1001"))
    >>> weight_of_month(card, [(criterion, CriterionCalls((), (), 0)) for criterion in card.scorecard.chosen])
    1.0
    """
    answering = [(criterion, each) for criterion, each in taken if by_calls(criterion, card)]
    counting = [pair for pair in answering if not pair[0].bonus] or answering
    had = fsum(
        card.scorecard.points_of[criterion.id]
        * share_by_calls(criterion)
        * fsum(answered.scale for answered in each.own if answered.decided)
        for criterion, each in counting
    )
    full = fsum(card.points(criterion.id) * share_by_calls(criterion) for criterion, _ in counting)
    return had / full if had else 1.0


def judge_levels(task: ScoringTask) -> CriterionResult:
    """The month of a criterion with levels: by call where calls answer it, from feeds and people where they do.

    Examples
    --------
    >>> from pipeline.month.assessment.month_card import NO_FEEDS, Assessee
    >>> from pipeline.scorecard import find_scorecard
    >>> card = MonthCard(find_scorecard("kf01"), "2026-07", NO_FEEDS, Assessee("agent", "1001"))
    >>> task = ScoringTask(card.scorecard.criterion("KF01-5"), card, CriterionCalls((), (), 0), weight=1.0)
    >>> judge_levels(task).month.sentence
    '聆听技巧：待人工评定'
    """
    criterion, card, taken = task.criterion, task.card, task.calls
    given, own = card.person_value(criterion.id), taken.own
    outcomes = [each.answer.outcome if each.answer else Outcome.NOT_APPLICABLE for each in own]
    month = CriterionMonth(
        criterion_id=criterion.id,
        title=criterion.title,
        points=card.points(criterion.id),
        tally=NOTHING,
        answered=sum(outcome.decided for outcome in outcomes),
        not_applicable=outcomes.count(Outcome.NOT_APPLICABLE),
        open=sum(outcome in OPEN for outcome in outcomes),
    )
    if given is not None:
        scored = score_criterion(card.scorecard, criterion, given)
        says = f"{card.person_says(criterion.id)}，{scored.reason}{_not_twice(task)}"
        month = replace(month, sentence=says)
        return score_once(task, month, scored, Origin.PERSON)
    told = tuple(_value_of_part(criterion, number, card) for number in _numbers(criterion))
    waiting = {id: one for id, one in zip(_ids(criterion), told, strict=True) if one.value is None}
    heard = listened(task, waiting)
    if heard is not None:
        origins = dict.fromkeys(heard.met, Origin.PERSON) | dict.fromkeys(heard.not_arisen, Origin.NOT_APPLICABLE)
        told = tuple(
            PartValue(None, origins[id], heard.sentence) if id in origins else one
            for id, one in zip(_ids(criterion), told, strict=True)
        )
    judged = (_levels_of_calls if by_calls(criterion, card) else _levels_of_month)(task, month, told)
    return judged if heard is None else _with_listened(judged, heard, factor(task, month))


def _not_twice(task: ScoringTask) -> str:
    """The sentence that what was said on calls does not count beside a value of the month."""
    items = set(_ids(task.criterion))
    said = [each.answer.items for each in task.calls.own if each.answer]
    count = sum(any(item.source == "person" and item.id in items for item in own) for own in said)
    return f"；已有按月的评定，{count} 通通话上的人工评定不再计入" if count else ""


def _with_listened(judged: CriterionResult, heard: Listened, times: float) -> CriterionResult:
    """The month with the mean of the calls that people answered, counted as any value of the month is."""
    month, extra = judged.month, heard.tally * times
    month = replace(
        month,
        tally=month.tally + extra,
        low=month.low + extra.awarded,
        high=month.high + extra.awarded,
        sentence=month.sentence if heard.sentence in month.sentence else heard.sentence,
    )
    return replace(judged, month=month, reach=(heard.reach * times, heard.reach * times))


def _levels_of_calls(task: ScoringTask, month: CriterionMonth, told: Sequence[PartValue]) -> CriterionResult:
    criterion, card, taken = task.criterion, task.card, task.calls
    answers = [(each, each.answer) for each in taken.own if each.answer]
    tally = Tally.sum(answer.tally * each.scale for each, answer in answers)
    stake = card.scorecard.points_of[criterion.id] * share_by_calls(
        criterion
    )  # of a bonus too, which is never possible
    doubts = tuple(
        doubt
        for each, a in answers
        if each.decided
        for doubt in _doubts(a, (a.tally.possible or stake) * each.scale, each.scale, each.scored)
    )
    low, high = interval(doubts)
    weights = criterion.weights()
    asked_of = len(taken.own) + taken.num_poor
    shares: dict[Origin, float] = {Origin.NO_CALLS: 0.0 if asked_of else share_by_calls(criterion)}
    if asked_of:
        counts = {
            Origin.CALLS: month.answered,
            Origin.NOT_APPLICABLE: month.not_applicable,
            Origin.LOW_QUALITY: taken.num_poor + sum(a.outcome is Outcome.UNSURE for _, a in answers),
        }
        shares |= {origin: share_by_calls(criterion) * count / asked_of for origin, count in counts.items()}
    said = []
    for part, share, one in zip(criterion.parts, weights, told, strict=True):
        if part.counts:
            continue
        shares[one.origin] = shares.get(one.origin, 0.0) + share
        if one.value is None and one.origin.scored:
            said.append(f"{part.title}：{one.sentence}")
        if one.value is not None and one.value not in NOT_APPLICABLE:
            alone: list[Any] = [one.value if each is one else None for each in told]
            worth = score_criterion(card.scorecard, criterion, alone)
            extra = worth.tally * factor(task, month)
            tally, low, high = tally + extra, low + extra.awarded, high + extra.awarded
            said.append(f"{part.title}：{one.sentence}")
    if criterion.bonus:
        tally = Tally(tally.awarded, 0.0)
    origins = origins_of(month, criterion, shares)
    sentence = "；".join(said)
    return CriterionResult(
        replace(month, tally=tally, low=low, high=high, origins=origins, sentence=sentence),
        doubts,
        by_call=tuple((each.scored.call.id, answer.tally * each.scale) for each, answer in answers),
    )


def _doubts(answer: Answer, stake: float, scale: float, scored: ScoredCall) -> Iterator[Doubt]:
    """The doubt of one answer; met in part, it may be wrong in either direction, each with half of the doubt."""
    awarded, call = answer.tally.awarded * scale, scored.call.id
    if 0 < awarded < stake:
        half = (1 + answer.confidence) / 2
        yield Doubt(awarded, awarded, half, call)
        yield Doubt(0.0, stake - awarded, half, call)
    else:
        yield Doubt(awarded, stake, answer.confidence, call)


def _levels_of_month(task: ScoringTask, month: CriterionMonth, told: Sequence[PartValue]) -> CriterionResult:
    """A level criterion that no call answers."""
    criterion, card = task.criterion, task.card
    weights = criterion.weights() or (1.0,)
    shares: dict[Origin, float] = {}
    for one, share in zip(told, weights, strict=True):
        shares[one.origin] = shares.get(one.origin, 0.0) + share
    origins = origins_of(month, criterion, shares)
    values: list[Any] = [one.value for one in told]
    sentences = "；".join(dict.fromkeys(one.sentence for one in told if one.sentence))
    if all(value is None for value in values):
        return CriterionResult(replace(month, origins=origins, sentence=f"{criterion.title}：{sentences}"))
    scored = score_criterion(card.scorecard, criterion, values if criterion.parts else values[0])
    month = replace(month, sentence=f"{scored.reason}（{sentences}）")
    judged = score_once(task, month, scored, Origin.PERSON)
    return replace(judged, month=replace(judged.month, origins=origins))


def _value_of_part(criterion: Criterion, number: int, card: MonthCard) -> PartValue:
    """The value that people or feeds give one part, or a whole criterion that has none."""
    part = criterion.parts[number - 1] if criterion.parts else None
    if part is not None and part.open:
        return PartValue(None, Origin.NO_FEED, "原文的数值未给出（[X]），停用")
    item = f"{criterion.id}-{number}"
    given = card.person_value(item) if part else None
    if given is not None:
        origin = Origin.NOT_APPLICABLE if given in NOT_APPLICABLE else Origin.PERSON
        return PartValue(given, origin, card.person_says(item))
    indicator = part.indicator if part else criterion.indicator
    if not indicator:
        return PartValue(None, Origin.NO_PERSON, "待人工评定")
    return _value_of_feed(part or criterion, indicator, card)


def _value_of_feed(asked: Part | Criterion, indicator: str, card: MonthCard) -> PartValue:
    """The value that a feed gives; where what it does not tell would change the level, none."""
    limit = asked.limit
    counted, unknown = card.ratio(indicator, limit), card.unknown(indicator, limit)
    if counted is None:
        if unknown:
            return PartValue(None, Origin.NO_FEED, unknown)
        if card.measures(indicator):
            return PartValue(NOT_APPLICABLE[0], Origin.NOT_APPLICABLE, "本月没有相关记录，不适用")
        return PartValue(None, Origin.NO_FEED, "没有外部数据")
    line = asked.at_least if isinstance(asked, Part) else None

    def reached(value: float) -> float:
        return min(1.0, value) if line is None else float(value >= line)

    sentence = "；".join(filter(None, (f"{INDICATORS[indicator].subject} {counted.value:.1%}", unknown)))
    if INDICATORS[indicator].complete and len({card.scorecard.level(reached(end)) for end in counted.ends}) > 1:
        return PartValue(None, Origin.NO_FEED, f"{sentence}，补齐才能计分")
    return PartValue(reached(counted.value), Origin.FEED, sentence)


def _ids(criterion: Criterion) -> tuple[str, ...]:
    """The items of a criterion, in order: its parts, or the whole of one that has none."""
    return (
        tuple(f"{criterion.id}-{number}" for number in _numbers(criterion)) if criterion.parts else (criterion.id,)
    )


def _numbers(criterion: Criterion) -> range:
    """The numbers of the parts; a whole counts as one."""
    return range(1, max(1, len(criterion.parts)) + 1)
