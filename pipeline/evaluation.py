"""One call judged by one scorecard: an answer to each criterion, with points and the reason for each point lost.

Knows findings and rules; never audio. What is missing is decided here, not in the detectors.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.call import Direction, Status
from pipeline.findings import Finding
from pipeline.hearing import Hearing
from pipeline.ringing import rings_by
from pipeline.scorecard import Criterion, Part, QualityGate, Scorecard
from pipeline.timeline import Seconds
from pipeline.turns import Role


@dataclass(frozen=True, slots=True)
class Tally:
    """Points awarded out of points possible. Tallies are added first and divided last.

    Examples
    --------
    >>> (Tally(10, 10) + Tally(45, 90)).share
    0.55
    """

    awarded: float = 0.0
    possible: float = 0.0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.awarded + other.awarded, self.possible + other.possible)

    @property
    def share(self) -> float | None:
        """Awarded by possible, 0..1; None when nothing was possible."""
        return self.awarded / self.possible if self.possible else None

    @staticmethod
    def sum(tallies: Iterable[Tally]) -> Tally:
        """All of them added; `Tally()` for none."""
        return sum(tallies, Tally())


class Outcome(StrEnum):
    """How a criterion was answered. Only the first three carry points."""

    MET = "met"
    PARTLY_MET = "partly_met"
    NOT_MET = "not_met"
    NOT_APPLICABLE = "not_applicable"
    NEEDS_FEED = "needs_feed"  # waits for an outside feed
    NEEDS_PERSON = "needs_person"  # waits for a person's judgement


@dataclass(frozen=True, slots=True)
class Answer:
    """The judgement on one criterion of one call.

    Parameters
    ----------
    level : str | None
        The level's name on the scorecard (符合, 基本符合 …); None when no points are at stake.
    tally : Tally
        Points; ``Tally(0, 0)`` for not applicable and open items, which so leave the denominator.
    findings : tuple[int, ...]
        The evidence: positions in the call's list of findings.
    reasons : tuple[str, ...]
        In Chinese, a sentence for each point lost or left open.
    source : str
        ``machine`` or ``person``.
    """

    criterion_id: str
    outcome: Outcome
    level: str | None
    tally: Tally
    findings: tuple[int, ...]
    reasons: tuple[str, ...]
    source: str = "machine"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One call judged by one revision of one scorecard.

    `lexicons` is the hash of the phrase lists in force. `review` names, in Chinese, why a person should look.
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


TERMS = {
    "greeting": "问候语",
    "company": "单位名称",
    "staff_id": "工号或姓名",
    "offer_help": "询问需求（有什么可以帮到您）",
    "anything_else": "询问其他需要",
    "thanks": "感谢来电",
    "goodbye": "道别语",
    "sincere": "真诚致歉",
}
"""What a manager reads for the terms of the bundled lexicons; other terms are shown as they are."""


@dataclass(frozen=True, slots=True)
class _Verdict:
    """One part decided: the share of it that was met, None when it does not apply."""

    share: float | None
    evidence: tuple[int, ...] = ()
    reasons: tuple[str, ...] = ()


def evaluate(hearing: Hearing, findings: Sequence[Finding], scorecard: Scorecard, lexicons: str) -> Evaluation:
    """The call judged by the scorecard.

    Parameters
    ----------
    findings : sequence of Finding
        All findings of the call; answers refer to their positions.
    lexicons : str
        Hash of the phrase lists that found them.

    Note
    ----
    A rule that something must be absent would pass on an empty transcript; a call that was not heard well enough
    (`scorecard.quality`) is unscorable and gets no points either way.
    """
    poor = _too_poor(hearing, scorecard.quality)
    answers = () if poor else tuple(_answer(c, hearing, findings, scorecard) for c in scorecard.criteria)
    return Evaluation(
        call_id=hearing.call.id,
        agent_id=hearing.call.agent_id,
        scorecard=scorecard.name,
        revision=scorecard.revision,
        lexicons=lexicons,
        status=Status.UNSCORABLE if poor else Status.EVALUATED,
        answers=answers,
        review=poor or _review(hearing, scorecard),
    )


def place(instant: Seconds) -> str:
    """An instant of a recording as a person writes it, ``mm:ss``.

    Examples
    --------
    >>> place(75.9)
    '01:15'
    """
    return f"{int(instant) // 60:02d}:{int(instant) % 60:02d}"


def _too_poor(hearing: Hearing, gate: QualityGate) -> tuple[str, ...]:
    """Why the call cannot be scored, in Chinese; empty when it can."""
    quality = hearing.quality
    agent_seconds = sum(word.span.duration for turn in hearing.turns_of(Role.AGENT) for word in turn.words)
    if agent_seconds < gate.agent_speech_seconds:
        return (f"坐席话音只有 {agent_seconds:.1f} 秒，不足 {gate.agent_speech_seconds:g} 秒",)
    if quality.coverage < gate.coverage:
        return (f"有人说话的时间只转写出 {quality.coverage:.0%}，不足 {gate.coverage:.0%}",)
    if quality.word_confidence < gate.word_confidence:
        return (f"转写把握度 {quality.word_confidence:.2f}，低于 {gate.word_confidence:g}",)
    return ()


def _review(hearing: Hearing, scorecard: Scorecard) -> tuple[str, ...]:
    confidence = hearing.quality.role_confidence
    if confidence < scorecard.review_below:
        return (f"坐席与客户的区分把握只有 {confidence:.0%}，请人工核对角色",)
    return ()


def _answer(criterion: Criterion, hearing: Hearing, findings: Sequence[Finding], scorecard: Scorecard) -> Answer:
    if criterion.answered_by != "calls":
        feed = criterion.answered_by == "feed"
        outcome = Outcome.NEEDS_FEED if feed else Outcome.NEEDS_PERSON
        return Answer(criterion.id, outcome, None, Tally(), (), (criterion.note,) if criterion.note else ())
    verdicts = [(part, _decide(part, hearing, findings)) for part in criterion.parts]
    evidence = tuple(dict.fromkeys(n for _, verdict in verdicts for n in verdict.evidence))
    reasons = tuple(reason for _, verdict in verdicts for reason in verdict.reasons)
    met = Tally.sum(
        Tally(part.weight * verdict.share, part.weight) for part, verdict in verdicts if verdict.share is not None
    )
    if met.share is None:
        return Answer(criterion.id, Outcome.NOT_APPLICABLE, None, Tally(), evidence, reasons)
    level, worth = scorecard.level(met.share)
    outcome = Outcome.MET if worth == 1.0 else Outcome.PARTLY_MET if worth > 0 else Outcome.NOT_MET
    return Answer(
        criterion.id, outcome, level, Tally(criterion.points * worth, criterion.points), evidence, reasons
    )


def _decide(part: Part, hearing: Hearing, findings: Sequence[Finding]) -> _Verdict:
    match part.rule.kind:
        case "heard":
            return _heard(part, hearing, findings)
        case "absent":
            return _absent(part, findings)
        case "duty":
            return _duty(part, findings)
        case "rings":
            return _rings(part, hearing, findings)
        case "hangup":
            return _hangup(part, hearing)


def _heard(part: Part, hearing: Hearing, findings: Sequence[Finding]) -> _Verdict:
    rule = part.rule
    spared = rule.inbound_only if hearing.call.direction is Direction.OUTBOUND else ()
    asked = [term for term in rule.terms if term not in spared]
    if not asked:
        return _Verdict(None)
    first = {
        term: next((n for n, f in enumerate(findings) if (f.detector, f.term) == (rule.detector, term)), None)
        for term in asked
    }
    missing = tuple(f"{part.title}：未听到{TERMS.get(term, term)}" for term, n in first.items() if n is None)
    evidence = tuple(n for n in first.values() if n is not None)
    return _Verdict(len(evidence) / len(asked), evidence, missing)


def _absent(part: Part, findings: Sequence[Finding]) -> _Verdict:
    found = tuple(n for n, f in enumerate(findings) if f.detector == part.rule.detector)
    reasons = tuple(
        f"{part.title}：{place(findings[n].span.start)} “{findings[n].quote}”（禁语：{findings[n].term}）"
        for n in found
    )
    return _Verdict(0.0 if found else 1.0, found, reasons)


def _duty(part: Part, findings: Sequence[Finding]) -> _Verdict:
    rule = part.rule
    trigger = next((n for n, f in enumerate(findings) if f.detector == rule.trigger), None)
    if trigger is None:
        return _Verdict(None)
    owed_at = findings[trigger].span.start
    given = [
        n
        for n, f in enumerate(findings)
        if f.detector == rule.detector and f.role is Role.AGENT and f.span.start >= owed_at
    ]
    discharged = next((n for n in given if findings[n].term in rule.terms), None)
    if discharged is not None:
        return _Verdict(1.0, (trigger, discharged))
    wanted = "、".join(TERMS.get(term, term) for term in rule.terms)
    instead = f"，只有 {place(findings[given[0]].span.start)} “{findings[given[0]].quote}”" if given else ""
    return _Verdict(0.0, (trigger, *given), (f"{part.title}：{place(owed_at)} 客户投诉后未听到{wanted}{instead}",))


def _rings(part: Part, hearing: Hearing, findings: Sequence[Finding]) -> _Verdict:
    speed, most = hearing.speed_of_answer, part.rule.at_most
    if hearing.call.direction is not Direction.INBOUND:
        return _Verdict(None)
    rings = speed.rings
    if rings is None:
        rings = None if speed.by_record is None else rings_by(speed.by_record)
    if rings is None:
        return _Verdict(None, (), (f"{part.title}：录音没有铃声，话单也没有振铃和接听时间，无法判断",))
    evidence = tuple(n for n, f in enumerate(findings) if f.detector == "ringing")
    if rings <= most:
        return _Verdict(1.0, evidence)
    heard = (
        f"录音中响铃 {rings} 声" if speed.rings is not None else f"话单振铃 {speed.by_record:g} 秒，合 {rings} 声"
    )
    at = f"{place(hearing.ringback.bursts[0].start)} 起" if speed.rings is not None else ""
    return _Verdict(0.0, evidence, (f"{part.title}：{at}{heard}，超过 {most} 声",))


def _hangup(part: Part, hearing: Hearing) -> _Verdict:
    by = hearing.call.hangup_by
    if by not in ("agent", "customer"):
        return _Verdict(None)
    return _Verdict(1.0) if by == "customer" else _Verdict(0.0, (), (f"{part.title}：话单显示坐席先挂机",))
