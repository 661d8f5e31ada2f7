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
from pipeline.indicators import INDICATORS, Counted
from pipeline.month.assessment.asked import Asked
from pipeline.month.assessment.calls import ScoredCall
from pipeline.month.assessment.criteria import Answered, Judged, Taken, factor, once, without
from pipeline.month.assessment.interval import Doubt, interval
from pipeline.month.assessment.month import CriterionMonth, Origin
from pipeline.month.assessment.sample import Unit, score_sample, spread
from pipeline.scorecard import CALLS, Criterion, Errors, Sample, score_item
from pipeline.tally import NOTHING, Tally
from pipeline.timeline import Seconds

PEAK_HOURS = (19, 21)
"""高峰期, from and to, half-open, in Asia/Shanghai: the hours of the printed improvement plan (表3)."""


def judge_formula(criterion: Criterion, asked: Asked, taken: Taken, weight: float) -> Judged:
    """A criterion that a formula scores once, from a value of the whole month.

    Parameters
    ----------
    weight : float
        How many calls the month's points count as much as.
    """
    month = CriterionMonth(
        criterion_id=criterion.id,
        title=criterion.title,
        points=asked.points(criterion.id),
        tally=NOTHING,
        answered=0,
        not_applicable=0,
        open=len(taken.own),
    )
    if asked.whose.kind == "nobody":
        return without(month, criterion, Origin.NO_CALLS, "没有坐席，不计分")
    given = asked.given(criterion.id)
    if given is not None:
        scored = score_item(asked.scorecard, criterion, given)
        value = given if isinstance(given, float) else None
        month = replace(month, value=value, sentence=f"人工评定，{scored.reason}")
        return once(month, criterion, asked, scored, weight, Origin.PERSON)
    formula = criterion.scoring
    if isinstance(formula, Errors) and formula.sample is not None and criterion.answered_by[0] != "person":
        return _sampled(month, criterion, formula, formula.sample, asked, taken, weight)
    match criterion.answered_by[0]:
        case "person":
            judged = without(month, criterion, Origin.NO_PERSON, "待人工评定")
        case "feed":
            judged = _from_feed(month, criterion, asked, weight)
        case "calls" if criterion.indicator.startswith(CALLS):
            judged = _from_waits(month, criterion, asked, taken, weight)
        case "calls":
            judged = _from_calls(month, criterion, asked, taken, weight)
    return judged


def _from_feed(month: CriterionMonth, criterion: Criterion, asked: Asked, weight: float) -> Judged:
    """A value that a feed gives."""
    counted = asked.measured(criterion.indicator)
    if counted is None:
        return _untold(month, criterion, asked)
    return _valued(month, criterion, asked, counted, Origin.FEED, weight)


def _from_waits(month: CriterionMonth, criterion: Criterion, asked: Asked, taken: Taken, weight: float) -> Judged:
    """A mean of the rings to answer."""
    peak = criterion.indicator == "calls.peak_speed_of_answer"
    rung = [scored for scored in taken.timed if _rang(scored) and (not peak or _at_peak(scored))]
    if taken.own and not rung:
        return without(month, criterion, Origin.NOT_APPLICABLE, "没有应计时的通话，不适用")
    waits = _waits(rung)
    if not waits:
        return without(month, criterion, Origin.NO_CALLS, "没有可以计时的通话")
    answered = len(_waits(scored for scored in rung if scored.status is Status.EVALUATED))
    month = replace(month, answered=answered, not_applicable=len(taken.own) - answered)
    return _valued(month, criterion, asked, Counted(sum(waits), len(waits)), Origin.CALLS, weight)


def _from_calls(month: CriterionMonth, criterion: Criterion, asked: Asked, taken: Taken, weight: float) -> Judged:
    """A value counted on the calls."""
    answers = _countable(taken.own)
    month = _answered(month, taken, len(answers))
    if not answers:
        return without(month, criterion, _why_none(taken), "没有适用的通话")
    errors = isinstance(criterion.scoring, Errors)
    wanted = Outcome.NOT_MET if errors else Outcome.MET
    doubts = tuple(
        Doubt(float(answer.outcome is wanted), 1.0, answer.confidence, call.call.id) for call, answer in answers
    )
    count, of = sum(doubt.awarded for doubt in doubts), float(len(doubts))
    ends = interval(doubts)
    counted = Counted(count, 1.0 if errors else of)
    judged = _valued(month, criterion, asked, counted, Origin.CALLS, weight, _unheard(taken))
    times = factor(month, asked, weight)
    values = [end if errors else end / of for end in ends]
    points = [score_item(asked.scorecard, criterion, value).tally.awarded * times for value in values]
    month = replace(judged.month, low=min(points), high=max(points), counted=Tally(count, of))
    return Judged(replace(month, open=_unsure(taken)))


def _countable(own: Sequence[Answered]) -> list[tuple[ScoredCall, Answer]]:
    return [(each.scored, each.answer) for each in own if each.answer and each.decided]


def _unsure(taken: Taken) -> int:
    """How many calls nobody can judge before having listened to them."""
    return sum(each.answer is not None and each.answer.outcome is Outcome.UNSURE for each in taken.own)


def _answered(month: CriterionMonth, taken: Taken, answered: int) -> CriterionMonth:
    """The month with its counts of calls; the three add up."""
    unsure = _unsure(taken)
    not_applicable = len(taken.own) - answered - unsure
    return replace(month, answered=answered, not_applicable=not_applicable, open=unsure)


def _at_peak(scored: ScoredCall) -> bool:
    at = scored.started_at
    return at is not None and PEAK_HOURS[0] <= at.astimezone(SHANGHAI).hour < PEAK_HOURS[1]


def mean_wait(calls: Sequence[ScoredCall]) -> Seconds | None:
    """Mean ring to answer over the inbound calls that were answered and where it is known, in seconds."""
    waits = _waits(scored for scored in calls if _rang(scored))
    return fmean(waits) if waits else None


def _rang(scored: ScoredCall) -> bool:
    """Whether it is an inbound call that somebody answered: the calls whose ring to answer counts."""
    return scored.call.direction is Direction.INBOUND and scored.call.answered is not False


def _waits(calls: Iterable[ScoredCall]) -> list[Seconds]:
    speeds = (scored.speed_of_answer for scored in calls)
    return [speed.seconds for speed in speeds if speed is not None and speed.seconds is not None]


def _valued(
    month: CriterionMonth,
    criterion: Criterion,
    asked: Asked,
    counted: Counted,
    origin: Origin,
    weight: float,
    unheard: float = 0.0,
) -> Judged:
    indicator = INDICATORS.get(criterion.indicator)
    subject = indicator.subject if indicator else f"本月{criterion.title}"
    scored = score_item(asked.scorecard, criterion, counted.value, subject)
    month = replace(month, value=counted.value, counted=Tally(counted.count, counted.of), sentence=scored.reason)
    return once(month, criterion, asked, scored, weight, origin, unheard)


def _sampled(
    month: CriterionMonth,
    criterion: Criterion,
    formula: Errors,
    sample: Sample,
    asked: Asked,
    taken: Taken,
    weight: float,
) -> Judged:
    """``抽查10条`` over all calls, or over all tickets where a feed counts the errors."""
    if criterion.answered_by[0] == "feed":
        tickets = asked.errors_per_ticket()
        if tickets is None:
            return _untold(month, criterion, asked)
        counts, origin = [(ticket, "", float(count)) for ticket, count in tickets], Origin.FEED
        doubts: tuple[Doubt, ...] = ()
        unheard = 0.0
    else:
        answers = _countable(taken.own)
        counts = [(s.call.id, _stratum(s), float(a.outcome is Outcome.NOT_MET)) for s, a in answers]
        doubts = tuple(Doubt(float(a.outcome is Outcome.NOT_MET), 1.0, a.confidence, s.call.id) for s, a in answers)
        origin, unheard = Origin.CALLS, _unheard(taken)
        month = _answered(month, taken, len(counts))
    if not counts:
        return without(month, criterion, _why_none(taken), "没有可抽查的")
    units = [Unit(*count) for count in counts]
    errors = sum(count for _, _, count in counts)
    revision = asked.scorecard.revision
    seed = f"{asked.whose.id or asked.whose.kind}|{asked.month}|{asked.scorecard.name}-{revision}"
    points = asked.scorecard.points_of[criterion.id]
    sampled = score_sample(formula, points, units, sample, seed, criterion.title)
    low, high = sampled.low, sampled.high
    if doubts:
        fewest, most = interval(doubts)
        ends = [_sample_ends(formula, points, len(units), sample, count) for count in (ceil(most), floor(fewest))]
        low, high = min(low, ends[0][0]), max(high, ends[1][1])
    month = replace(month, value=errors, counted=Tally(errors, float(len(units))), sentence=sampled.scored.reason)
    month = replace(month, drawn=sampled.drawn)
    judged = once(month, criterion, asked, sampled.scored, weight, origin, unheard)
    times = factor(month, asked, weight)
    left = 0 if origin is Origin.FEED else _unsure(taken)
    return Judged(replace(judged.month, low=low * times, high=high * times, open=left))


def _sample_ends(formula: Errors, points: float, of: int, sample: Sample, count: int) -> tuple[float, float]:
    """The least and most points of a sample when `count` of so many units have an error."""
    errors = [float(number < count) for number in range(of)]
    if sample.mode == "draw":
        return spread(errors, sample.size, lambda drawn: formula.left(points, drawn))
    units = [Unit(str(number), "", each) for number, each in enumerate(errors)]
    awarded = score_sample(formula, points, units, sample, "", "").scored.tally.awarded
    return awarded, awarded


def _stratum(scored: ScoredCall) -> str:
    """Calls of one queue, direction and third of the day are drawn in proportion."""
    at = scored.started_at
    third = "" if at is None else str(at.astimezone(SHANGHAI).hour // 8)
    return f"{scored.call.queue or ''}|{scored.call.direction}|{third}"


def _unheard(taken: Taken) -> float:
    """The share of the calls that was too badly heard to count into a value; 0 without calls."""
    return (taken.num_poor + _unsure(taken)) / max(1, len(taken.own) + taken.num_poor)


def _why_none(taken: Taken) -> Origin:
    """Why calls give no value."""
    if _unsure(taken) or (taken.num_poor and not taken.own):
        return Origin.LOW_QUALITY
    return Origin.NOT_APPLICABLE if taken.own else Origin.NO_CALLS


def _untold(month: CriterionMonth, criterion: Criterion, asked: Asked) -> Judged:
    """No value from a feed: the feed is missing, or has nothing of theirs."""
    if asked.measures(criterion.indicator):
        return without(month, criterion, Origin.NOT_APPLICABLE, "本月没有相关记录，不适用")
    return without(month, criterion, Origin.NO_FEED, "没有外部数据")
