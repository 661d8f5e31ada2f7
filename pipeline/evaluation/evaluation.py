"""One call judged by one scorecard: an answer to each criterion, with points and the reason for each point lost.

Knows findings and rules; never audio. What is missing is decided here, not in the detectors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

from pipeline.call import Status
from pipeline.enums import TitledEnum
from pipeline.findings import Finding
from pipeline.hearing import Hearing, Quality
from pipeline.hearing.doubts import REVIEWED
from pipeline.scorecard import AnsweredBy, CallCriterion, QualityGate, Scorecard
from pipeline.scorecard.rules import Case, Verdict
from pipeline.tally import NOTHING, Tally


class Outcome(TitledEnum):
    """The outcome of a criterion; the title is shown where no level says it."""

    MET = "met", "符合"
    PARTLY_MET = "partly_met", "部分符合"
    NOT_MET = "not_met", "不符合"
    NOT_APPLICABLE = "not_applicable", "不适用"
    UNSURE = "unsure", "听不清，待复核"  # applies, but cannot be made out in the transcript; waits for a person
    NEEDS_FEED = "needs_feed", "缺外部数据"  # waits for an outside feed
    NEEDS_PERSON = "needs_person", "待人工"  # waits for a person's judgement
    COUNTED = "counted", "计入月度指标"  # counts into a value of the whole month

    @property
    def decided(self) -> bool:
        """Whether the criterion was met, partly or not: the only outcomes that can carry points.

        Examples
        --------
        >>> [outcome.value for outcome in Outcome if outcome.decided]
        ['met', 'partly_met', 'not_met']
        """
        return self in (Outcome.MET, Outcome.PARTLY_MET, Outcome.NOT_MET)

    @classmethod
    def left_to(cls, source: AnsweredBy) -> Outcome:
        """The outcome of a criterion of which a single call tells nothing, by who will.

        Examples
        --------
        >>> Outcome.left_to("feed").title
        '缺外部数据'
        """
        return {"calls": cls.COUNTED, "feed": cls.NEEDS_FEED, "person": cls.NEEDS_PERSON}[source]


VETO = "一票否决"
"""The word that reasons begin with where an auto-fail criterion left nothing of a call."""


HANDED_OVER = "话单显示先后有几位坐席接听，录音只有一段，请核对哪些话是本坐席说的"


@dataclass(frozen=True, slots=True)
class Answer:
    """The judgement on one criterion of one call.

    Parameters
    ----------
    level : str | None
        The level's name on the scorecard (符合, 基本符合 …); None when no points are at stake.
    tally : Tally
        Points; ``Tally(0, 0)`` for not applicable and open criteria, which so leave the denominator, and for what a
        formula scores once a month.
    findings : tuple[int, ...]
        The evidence: positions in the call's list of findings.
    reasons : tuple[str, ...]
        In Chinese, a sentence for each point lost or left open.
    source : str
        ``machine`` or ``person``.
    confidence : float
        Probability that the answer is right, 0..1: of what was heard, by whom, and of what was not heard.
    """

    criterion_id: str
    outcome: Outcome
    level: str | None
    tally: Tally
    findings: tuple[int, ...]
    reasons: tuple[str, ...]
    source: str = "machine"
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Override:
    """The decision of a person on one criterion, in place of what the rules say; it is certain.

    Parameters
    ----------
    outcome : Outcome
        One that a call can be given.
    level : str | None
        The level's name on the scorecard; None where the criterion has none.
    share : float | None
        Of the criterion's points, 0..1, where points are at stake and no level tells.
    reason : str
        In Chinese, who decided it and why.
    """

    outcome: Outcome
    level: str | None = None
    share: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One call judged by one revision of one scorecard.

    `lexicons` is the hash of the lexicons in force. `review` names, in Chinese, why a person should look.
    An unscorable call has no answers.
    """

    call_id: str
    agent_id: str | None
    scorecard: str
    revision: int
    lexicons: str
    status: Status
    answers: tuple[Answer, ...]
    review: tuple[str, ...] = ()

    @property
    def tally(self) -> Tally:
        """Points over all answers."""
        return Tally.sum(answer.tally for answer in self.answers)

    @property
    def score(self) -> float | None:
        """Percent of the points that were possible, 0..100; None when none were."""
        share = self.tally.share
        return None if share is None else 100 * share


def evaluate(
    hearing: Hearing,
    findings: Sequence[Finding],
    scorecard: Scorecard,
    lexicons: str,
    overrides: Mapping[str, Override] | None = None,
) -> Evaluation:
    """The call judged by the scorecard; an answer to each of its chosen criteria.

    Parameters
    ----------
    hearing : Hearing
        The turns are not looked at, so a hearing without them will do.
    findings : sequence of Finding
        All findings of the call that nobody denies; answers refer to their positions.
    lexicons : str
        Hash of the lexicons that found them.
    overrides : mapping | None
        What people decided, by criterion.

    Raises
    ------
    ValueError
        If a person answered what a call is not asked.

    Note
    ----
    A rule that something must be absent would pass on an empty transcript; a call that was not heard well enough
    (`scorecard.quality`) is unscorable and gets no points either way, whatever people answered.

    A rule that cannot be decided (`Outcome.UNSURE`) gives no points either way: its weight leaves the criterion,
    and the call goes to review.

    An auto-fail criterion (一票否决) that is not met leaves nothing of the call: every answer loses its points, and
    says why. A person's answer to it takes the call, or gives it back.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> from pipeline.scorecard import find_scorecard
    >>> call = hearing_of(["坐席：您好请讲"])
    >>> [a.outcome.title for a in evaluate(call, (), find_scorecard("kf01"), "").answers[2:4]]
    ['不适用', '部分符合']
    """
    poor = _too_poor(hearing.quality, scorecard.quality)
    answers: tuple[Answer, ...] = ()
    doubts: tuple[str, ...] = ()
    if not poor:
        answers, doubts = _before_veto(hearing, findings, scorecard, overrides or {})
        answers = _after_veto(answers, scorecard)
    return Evaluation(
        call_id=hearing.call.id,
        agent_id=hearing.call.agent_id,
        scorecard=scorecard.name,
        revision=scorecard.revision,
        lexicons=lexicons,
        status=Status.UNSCORABLE if poor else Status.EVALUATED,
        answers=answers,
        review=poor or (*_review(hearing, scorecard), *doubts),
    )


def answers_before_veto(
    hearing: Hearing,
    findings: Sequence[Finding],
    scorecard: Scorecard,
    overrides: Mapping[str, Override] | None = None,
) -> tuple[Answer, ...]:
    """The answer to each chosen criterion for itself, before an auto-fail takes the call; see `evaluate`.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> from pipeline.scorecard import find_scorecard
    >>> card = find_scorecard("kf01")
    >>> answers_before_veto(hearing_of(["坐席：您好请讲"]), (), card)[7].reasons
    ('询问其他需要：未听到询问其他需要',)
    """
    return _before_veto(hearing, findings, scorecard, overrides or {})[0]


def _before_veto(
    hearing: Hearing, findings: Sequence[Finding], scorecard: Scorecard, overrides: Mapping[str, Override]
) -> tuple[tuple[Answer, ...], tuple[str, ...]]:
    """The answers before an auto-fail, and why some are left to a person."""
    case = Case.of(hearing, findings, scorecard.titles)
    answers: list[Answer] = []
    unsure: list[str] = []
    for question in scorecard.call_criteria:
        verdicts = [rule.decide(title, case) for title, rule, _ in question.rules]
        answer, override = _answer(question, verdicts, scorecard), overrides.get(question.criterion.id)
        if override is None:
            unsure += [reason for verdict in verdicts if verdict.unsure for reason in verdict.reasons]
        answers.append(answer if override is None else _overridden(question, override, answer, scorecard))
    if foreign := sorted(set(overrides) - {answer.criterion_id for answer in answers}):
        raise ValueError(f"{scorecard.name} asks no {', '.join(foreign)}: a person's answer to it counts nowhere")
    return tuple(answers), tuple(unsure)


def _after_veto(answers: tuple[Answer, ...], scorecard: Scorecard) -> tuple[Answer, ...]:
    """The answers as the first auto-fail criterion that is not met leaves them."""
    for question, answer in zip(scorecard.call_criteria, answers, strict=True):
        if question.criterion.auto_fail and question.criterion.by_call and answer.outcome is Outcome.NOT_MET:
            why = f"{VETO}：{question.criterion.title}"
            return tuple(a if a is answer else _voided(a, why, answer.confidence, scorecard) for a in answers)
    return answers


def _overridden(question: CallCriterion, override: Override, machine: Answer, scorecard: Scorecard) -> Answer:
    """The person's answer, with the points that the machine would have given for it."""
    criterion = question.criterion
    if not question.rules:
        raise ValueError(f"{criterion.id} is not asked of a call: see `CallCriterion.rules`")
    agrees = override.outcome is machine.outcome and override.level == machine.level
    reasons = (override.reason, *(machine.reasons if agrees else ()))
    level, tally = None, NOTHING
    if override.outcome is not Outcome.NOT_APPLICABLE and criterion.scoring is None:
        level = override.level
        possible = question.stake
        worth = dict(scorecard.levels)[level] if level else override.share or 0.0
        tally = Tally(possible * worth, 0.0 if criterion.bonus else possible)
    return Answer(criterion.id, override.outcome, level, tally, machine.findings, reasons, "person", 1.0)


def _voided(answer: Answer, why: str, confidence: float, scorecard: Scorecard) -> Answer:
    """The answer without its points, as sure as the veto is."""
    if not answer.tally.possible and not answer.tally.awarded:
        return answer
    worst = scorecard.levels[-1][0] if answer.level else None
    nothing = Tally(0.0, answer.tally.possible)
    reasons = (why, *answer.reasons)
    return replace(
        answer, outcome=Outcome.NOT_MET, level=worst, tally=nothing, reasons=reasons, confidence=confidence
    )


def _too_poor(quality: Quality, gate: QualityGate) -> tuple[str, ...]:
    """Why the call cannot be scored, in Chinese; empty when it can."""
    if quality.agent_seconds < gate.agent_speech_seconds:
        return (f"坐席话音只有 {quality.agent_seconds:.1f} 秒，不足 {gate.agent_speech_seconds:g} 秒",)
    if quality.coverage < gate.coverage:
        return (f"有人说话的时间只转写出 {quality.coverage:.0%}，不足 {gate.coverage:.0%}",)
    if quality.word_confidence < gate.word_confidence:
        return (f"转写把握度 {quality.word_confidence:.2f}，低于 {gate.word_confidence:g}",)
    return ()


def _review(hearing: Hearing, scorecard: Scorecard) -> tuple[str, ...]:
    doubt = (role_doubt(hearing.quality),) if hearing.quality.role_confidence < scorecard.review_below else ()
    told = tuple(notice.problem for notice in hearing.notices if notice.kind in REVIEWED)
    return (*doubt, *told, *((HANDED_OVER,) if hearing.call.handed_over else ()))


def role_doubt(quality: Quality) -> str:
    """The sentence that asks a person to check who is the agent; `counterfactual` says what hangs on it.

    Examples
    --------
    >>> from pipeline.hearing import Quality
    >>> role_doubt(Quality(40.0, 39.0, 0.9, 0.62, 20.0))
    '坐席与客户的区分把握只有 62%，请人工核对角色'
    """
    return f"坐席与客户的区分把握只有 {quality.role_confidence:.0%}，请人工核对角色"


def _answer(question: CallCriterion, verdicts: Sequence[Verdict], scorecard: Scorecard) -> Answer:
    criterion = question.criterion
    if not question.rules:
        note = (criterion.note,) if criterion.note else ()
        return Answer(criterion.id, Outcome.left_to(question.source), None, NOTHING, (), note)
    evidence = tuple(dict.fromkeys(n for verdict in verdicts for n in verdict.evidence))
    reasons = tuple(reason for verdict in verdicts for reason in verdict.reasons)
    weighed = [(weight, verdict) for (_, _, weight), verdict in zip(question.rules, verdicts, strict=True)]
    decided = [(weight, v.share) for weight, v in weighed if v.share is not None]
    unsure = any(verdict.unsure for verdict in verdicts)
    if not decided:
        outcome = Outcome.UNSURE if unsure else Outcome.NOT_APPLICABLE
        return Answer(criterion.id, outcome, None, NOTHING, evidence, reasons)
    confidence = prod(verdict.confidence for verdict in verdicts)
    whole = sum(weight for weight, _ in decided)
    met = sum(weight * share for weight, share in decided) / whole
    if criterion.scoring is not None:
        # One part that is not met is enough for "not met"; all that were made out are not enough for "met".
        outcome = Outcome.NOT_MET if met < 1.0 else Outcome.UNSURE if unsure else Outcome.MET
        return Answer(criterion.id, outcome, None, NOTHING, evidence, reasons, confidence=confidence)
    level: str | None = None
    if criterion.graded == "whole":
        level, worth = scorecard.level(met)
    else:
        worth = sum(weight * scorecard.level(share)[1] for weight, share in decided) / whole
    outcome = Outcome.MET if worth == 1.0 else Outcome.PARTLY_MET if worth > 0 else Outcome.NOT_MET
    # What does not apply leaves its points to the other parts; what cannot be made out takes them with it.
    possible = question.points * sum(weight for weight, verdict in weighed if not verdict.unsure)
    tally = Tally(possible * worth, 0.0 if criterion.bonus else possible)
    return Answer(criterion.id, outcome, level, tally, evidence, reasons, confidence=confidence)
