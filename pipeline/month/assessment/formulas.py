"""A criterion with a formula over one month: one value of the calls, of a feed or of a person, scored once.

Knows where the value comes from; how it becomes points is in `scorecard.scoring`, a sample in `sample`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import ceil, floor
from statistics import fmean

from pipeline.call import SHANGHAI, Direction, Status
from pipeline.evaluation import Answer, Outcome
from pipeline.indicators import INDICATORS, Ratio
from pipeline.month.assessment.agent_month import CriterionMonth, Origin
from pipeline.month.assessment.calls import ScoredCall
from pipeline.month.assessment.chance import reach, reach_of_mean
from pipeline.month.assessment.criteria import (
    CallAnswer,
    CriterionCalls,
    CriterionResult,
    ScoringTask,
    factor,
    no_points,
    score_once,
)
from pipeline.month.assessment.interval import Doubt, interval
from pipeline.month.assessment.sample import SampleRule, Unit, score_sample, spread
from pipeline.scorecard import CALLS, Errors, Formula, Sample, score_criterion
from pipeline.tally import NOTHING, Tally
from pipeline.timeline import Seconds

PEAK_HOURS = (19, 21)
"""高峰期, from and to, half-open, in Asia/Shanghai: the hours of the printed improvement plan (表3)."""


def judge_formula(task: ScoringTask) -> CriterionResult:
    """The month of a criterion that a formula scores once, from a value of the whole month.

    Examples
    --------
    >>> from pipeline.month.assessment.criteria import CriterionCalls
    >>> from pipeline.month.assessment.month_card import NO_FEEDS, Assessee, MonthCard
    >>> from pipeline.scorecard import find_scorecard
    >>> card = MonthCard(find_scorecard("table1"), "2026-07", NO_FEEDS, Assessee("agent", "1001"))
    >>> task = ScoringTask(card.scorecard.chosen[1], card, CriterionCalls((), (), 0), weight=1.0)
    >>> judge_formula(task).month.sentence
    '情绪管理能力：没有可抽查的'
    """
    criterion, card, taken = task.criterion, task.card, task.calls
    month = CriterionMonth(
        criterion_id=criterion.id,
        title=criterion.title,
        points=card.points(criterion.id),
        tally=NOTHING,
        answered=0,
        not_applicable=0,
        open=len(taken.own),
    )
    formula = criterion.scoring
    if formula is None:
        raise ValueError(f"{criterion.id} has no formula: see `judge_levels`")
    if card.whose.kind == "nobody":
        return no_points(criterion, month, Origin.NO_CALLS, "没有坐席，不计分")
    given = card.person_value(criterion.id)
    if given is not None:
        scored = score_criterion(card.scorecard, criterion, given)
        value = given if isinstance(given, float) else None
        month = replace(month, value=value, sentence=f"{card.person_says(criterion.id)}，{scored.reason}")
        return score_once(task, month, scored, Origin.PERSON)
    if isinstance(formula, Errors) and formula.sample is not None and criterion.answered_by[0] != "person":
        return _from_sample(task, month, formula, formula.sample)
    match criterion.answered_by[0]:
        case "person":
            judged = no_points(criterion, month, Origin.NO_PERSON, "待人工评定")
        case "feed":
            judged = _from_feed(task, month)
        case "calls" if criterion.indicator.startswith(CALLS):
            judged = _from_waits(task, month)
        case "calls":
            judged = _from_calls(task, month, formula)
    return judged


def _from_feed(task: ScoringTask, month: CriterionMonth) -> CriterionResult:
    """A value that a feed gives."""
    criterion, card = task.criterion, task.card
    counted, unknown = (
        card.ratio(criterion.indicator, criterion.limit),
        card.unknown(criterion.indicator, criterion.limit),
    )
    if counted is None:
        return _untold(task, month)
    if INDICATORS[criterion.indicator].complete and counted.unknown:
        ends = {score_criterion(card.scorecard, criterion, end).tally for end in counted.ends}
        if len(ends) > 1:
            return no_points(criterion, month, Origin.NO_FEED, f"{unknown}，补齐才能计分")
    judged = _from_count(task, month, counted, Origin.FEED)
    sentence = "；".join(filter(None, (judged.month.sentence, unknown)))
    return replace(judged, month=replace(judged.month, sentence=sentence))


def _from_waits(task: ScoringTask, month: CriterionMonth) -> CriterionResult:
    """A mean of the rings to answer."""
    criterion, taken = task.criterion, task.calls
    peak = criterion.indicator == "calls.peak_speed_of_answer"
    rung = [scored for scored in taken.timed if _rang(scored) and (not peak or _at_peak(scored))]
    if taken.own and not rung:
        return no_points(criterion, month, Origin.NOT_APPLICABLE, "没有应计时的通话，不适用")
    waits = _waits(rung)
    if not waits:
        return no_points(criterion, month, Origin.NO_CALLS, "没有可以计时的通话")
    answered = len(_waits(scored for scored in rung if scored.status is Status.EVALUATED))
    month = replace(month, answered=answered, not_applicable=len(taken.own) - answered)
    counted = Ratio(sum(waits), len(waits))
    away = reach_of_mean(waits)
    judged = _from_count(task, month, counted, Origin.CALLS)
    return _within_reach(task, judged, counted.value - away, counted.value + away)


def _from_calls(task: ScoringTask, month: CriterionMonth, formula: Formula) -> CriterionResult:
    """A value counted on the calls."""
    criterion, card, taken = task.criterion, task.card, task.calls
    answers = _countable(taken.own)
    month = _count_answers(month, taken, len(answers))
    if not answers:
        return no_points(criterion, month, _why_none(taken), "没有适用的通话")
    wanted = Outcome(formula.counts)
    doubts = tuple(
        Doubt(float(answer.outcome is wanted), 1.0, answer.confidence, call.call.id) for call, answer in answers
    )
    count, of = sum(doubt.awarded for doubt in doubts), float(len(doubts))
    ends = interval(doubts)
    counted = Ratio(count, of if formula.of_calls else 1.0)
    judged = _from_count(task, month, counted, Origin.CALLS, _unheard(taken))
    times = factor(task, month)
    values = [end / of if formula.of_calls else end for end in ends]
    points = [score_criterion(card.scorecard, criterion, value).tally.awarded * times for value in values]
    month = replace(judged.month, low=min(points), high=max(points), counted=Tally(count, of))
    away = reach(Tally(doubt.awarded, 1.0) for doubt in doubts)
    others = [min(of, max(0.0, count + each)) / (of if formula.of_calls else 1.0) for each in (-away, away)]
    return _within_reach(task, replace(judged, month=replace(month, open=_unsure(taken))), *others)


def _within_reach(task: ScoringTask, judged: CriterionResult, least: float, most: float) -> CriterionResult:
    """The result with what its points would be at the ends of what as many other calls might give."""
    month, criterion = judged.month, task.criterion
    if not month.tally.possible and not criterion.bonus:
        return judged
    values = [max(0.0, each) for each in (least, most)]
    scored = [score_criterion(task.card.scorecard, criterion, value).tally.awarded for value in values]
    points = [each * factor(task, month) for each in scored]
    awarded = month.tally.awarded
    return replace(judged, reach=(max(0.0, awarded - min(points)), max(0.0, max(points) - awarded)))


def _countable(own: Sequence[CallAnswer]) -> list[tuple[ScoredCall, Answer]]:
    return [(each.scored, each.answer) for each in own if each.answer and each.decided]


def _unsure(taken: CriterionCalls) -> int:
    """The number of calls that nobody can judge before having listened to them."""
    return sum(each.answer is not None and each.answer.outcome is Outcome.UNSURE for each in taken.own)


def _count_answers(month: CriterionMonth, taken: CriterionCalls, answered: int) -> CriterionMonth:
    """The month with its counts of calls; the three add up."""
    unsure = _unsure(taken)
    not_applicable = len(taken.own) - answered - unsure
    return replace(month, answered=answered, not_applicable=not_applicable, open=unsure)


def _at_peak(scored: ScoredCall) -> bool:
    at = scored.started_at
    return at is not None and PEAK_HOURS[0] <= at.astimezone(SHANGHAI).hour < PEAK_HOURS[1]


def mean_wait(calls: Sequence[ScoredCall]) -> Seconds | None:
    """Mean ring to answer over the inbound calls that were answered and where it is known, in seconds.

    Examples
    --------
    >>> from pipeline.audio.speed_of_answer import SpeedOfAnswer
    >>> from pipeline.call import Call
    >>> def rang(direction, seconds):
    ...     call = Call("C1", "1001", None, None, direction, None, None, None, None, None)
    ...     return ScoredCall(call, Status.EVALUATED, "", "", None, (), SpeedOfAnswer(seconds, seconds, 2), None)
    >>> mean_wait([rang(Direction.INBOUND, 6.0), rang(Direction.INBOUND, 9.0), rang(Direction.OUTBOUND, 30.0)])
    7.5
    """
    waits = _waits(scored for scored in calls if _rang(scored))
    return fmean(waits) if waits else None


def _rang(scored: ScoredCall) -> bool:
    """Whether it is an inbound call that somebody answered: the calls whose ring to answer counts."""
    return scored.call.direction is Direction.INBOUND and scored.call.answered is not False


def _waits(calls: Iterable[ScoredCall]) -> list[Seconds]:
    speeds = (scored.speed_of_answer for scored in calls)
    return [speed.seconds for speed in speeds if speed is not None and speed.seconds is not None]


def _from_count(
    task: ScoringTask, month: CriterionMonth, counted: Ratio, origin: Origin, unheard: float = 0.0
) -> CriterionResult:
    """The points of a value that was counted, with the sentence of its indicator."""
    criterion, card = task.criterion, task.card
    indicator = INDICATORS.get(criterion.indicator)
    subject = indicator.subject if indicator else f"本月{criterion.title}"
    scored = score_criterion(card.scorecard, criterion, counted.value, subject)
    month = replace(month, value=counted.value, counted=Tally(counted.count, counted.of), sentence=scored.reason)
    return score_once(task, month, scored, origin, unheard)


def _from_sample(task: ScoringTask, month: CriterionMonth, formula: Errors, sample: Sample) -> CriterionResult:
    """``抽查10条`` over all calls, or over all tickets where a feed counts the errors."""
    criterion, card, taken = task.criterion, task.card, task.calls
    if criterion.answered_by[0] == "feed":
        tickets = card.errors_per_ticket()
        if tickets is None:
            return _untold(task, month)
        counts, origin = [(ticket, "", float(count)) for ticket, count in tickets], Origin.FEED
        doubts: tuple[Doubt, ...] = ()
        unheard = 0.0
    else:
        answers = _countable(taken.own)
        counts = [(s.call.id, _stratum(s), float(a.outcome is Outcome.NOT_MET)) for s, a in answers]
        doubts = tuple(Doubt(float(a.outcome is Outcome.NOT_MET), 1.0, a.confidence, s.call.id) for s, a in answers)
        origin, unheard = Origin.CALLS, _unheard(taken)
        month = _count_answers(month, taken, len(counts))
    unknown = card.unknown(criterion.indicator) if origin is Origin.FEED else ""
    if not counts:
        return no_points(criterion, month, _why_none(taken), "没有可抽查的")
    units = [Unit(*count) for count in counts]
    errors = sum(count for _, _, count in counts)
    revision = card.scorecard.revision
    seed = f"{card.whose.id or card.whose.kind}|{card.month}|{card.scorecard.name}-{revision}"
    rule = SampleRule(formula, card.scorecard.points_of[criterion.id], sample)
    sampled = score_sample(rule, units, seed, criterion.title)
    low, high = sampled.low, sampled.high
    if doubts:
        fewest, most = interval(doubts)
        ends = [_sample_ends(rule, len(units), count) for count in (ceil(most), floor(fewest))]
        low, high = min(low, ends[0][0]), max(high, ends[1][1])
    sentence = "；".join(filter(None, (sampled.scored.reason, unknown)))
    month = replace(month, value=errors, counted=Tally(errors, float(len(units))), sentence=sentence)
    month = replace(month, drawn=sampled.drawn)
    judged = score_once(task, month, sampled.scored, origin, unheard)
    times = factor(task, month)
    left = 0 if origin is Origin.FEED else _unsure(taken)
    judged = replace(judged, month=replace(judged.month, low=low * times, high=high * times, open=left))
    if origin is Origin.FEED:
        return judged
    away = reach(Tally(count, 1.0) for _, _, count in counts)
    few, many = max(0, floor(errors - away)), min(len(units), ceil(errors + away))
    worst, best = _sample_ends(rule, len(units), many)[0] * times, _sample_ends(rule, len(units), few)[1] * times
    awarded = judged.month.tally.awarded
    return replace(judged, reach=(max(0.0, awarded - worst), max(0.0, best - awarded)))


def _sample_ends(rule: SampleRule, of: int, count: int) -> tuple[float, float]:
    """The least and most points of a sample when `count` of so many units have an error."""
    errors = [float(number < count) for number in range(of)]
    if rule.sample.mode == "draw":
        return spread(errors, rule.sample.size, lambda total: rule.formula.left(rule.points, total))
    units = [Unit(str(number), "", each) for number, each in enumerate(errors)]
    awarded = score_sample(rule, units, "", "").scored.tally.awarded
    return awarded, awarded


def _stratum(scored: ScoredCall) -> str:
    """Calls of one queue, direction and third of the day are drawn in proportion."""
    at = scored.started_at
    third = "" if at is None else str(at.astimezone(SHANGHAI).hour // 8)
    return f"{scored.call.queue or ''}|{scored.call.direction}|{third}"


def _unheard(taken: CriterionCalls) -> float:
    """The share of the calls that was too badly heard to count into a value; 0 without calls."""
    return (taken.num_poor + _unsure(taken)) / max(1, len(taken.own) + taken.num_poor)


def _why_none(taken: CriterionCalls) -> Origin:
    """The origin that says why calls give no value."""
    if _unsure(taken) or (taken.num_poor and not taken.own):
        return Origin.LOW_QUALITY
    return Origin.NOT_APPLICABLE if taken.own else Origin.NO_CALLS


def _untold(task: ScoringTask, month: CriterionMonth) -> CriterionResult:
    """No value from a feed: the feed is missing, or has nothing of theirs."""
    criterion, card = task.criterion, task.card
    if unknown := card.unknown(criterion.indicator, criterion.limit):
        return no_points(criterion, month, Origin.NO_FEED, unknown)
    if card.measures(criterion.indicator):
        return no_points(criterion, month, Origin.NOT_APPLICABLE, "本月没有相关记录，不适用")
    return no_points(criterion, month, Origin.NO_FEED, "没有外部数据")
