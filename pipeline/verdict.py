"""What a rule says of one call: met, not met or not applicable, with the evidence, the reason and the doubt.

Knows rules and findings; not what they are worth (`evaluation`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from pipeline.call import Direction
from pipeline.findings import Finding
from pipeline.hearing import Hearing
from pipeline.ringing import rings_by
from pipeline.scorecard import Rule
from pipeline.timeline import place
from pipeline.turns import Role

USUALLY_SAID, RARELY_SAID = 0.5, 0.02
"""How often a required phrase, and a banned one, is said at all: what silence is weighed against."""

TERMS = {
    "greeting": "问候语",
    "company": "单位名称",
    "staff_id": "工号或姓名",
    "offer_help": "询问需求（有什么可以帮到您）",
    "anything_else": "询问其他需要",
    "thanks": "感谢来电",
    "goodbye": "道别语",
    "sincere": "真诚致歉",
    "soothing": "共情安抚",
    "apology": "致歉安抚",
    "offer": "主动推荐",
}
"""What a manager reads for the terms of the bundled lexicons; other terms are shown as they are."""

DUTIES = {"complaint": "客户投诉"}
"""What a manager reads for the trigger of a duty."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule decided.

    Parameters
    ----------
    share : float | None
        How much of it was met, 0..1; None when it does not apply.
    evidence : tuple[int, ...]
        Positions in the call's findings.
    reasons : tuple[str, ...]
        In Chinese, why something was not met.
    confidence : float
        Probability that this is right, 0..1.
    """

    share: float | None
    evidence: tuple[int, ...] = ()
    reasons: tuple[str, ...] = ()
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Heard:
    """A hearing with its findings; `first` is the position of the first finding of each detector and term."""

    hearing: Hearing
    findings: Sequence[Finding]
    first: Mapping[tuple[str, str], int]

    @staticmethod
    def of(hearing: Hearing, findings: Sequence[Finding]) -> Heard:
        """The two together, indexed."""
        first: dict[tuple[str, str], int] = {}
        for n, finding in enumerate(findings):
            first.setdefault((finding.detector, finding.term), n)
        return Heard(hearing, findings, first)


def decide(title: str, rule: Rule, heard: Heard) -> Verdict:
    """What a rule says of one call.

    Parameters
    ----------
    title : str
        What the rule is called in a reason.
    """
    match rule.kind:
        case "heard":
            return _heard(title, rule, heard)
        case "absent":
            return _absent(title, rule, heard.hearing, heard.findings)
        case "duty":
            return _duty(title, rule, heard.hearing, heard.findings)
        case "rings":
            return _rings(title, rule, heard.hearing, heard.findings)
        case "hangup":
            return _hangup(title, heard.hearing)


def _silent(hearing: Hearing, said: float) -> float:
    """Probability that what was not heard was not said either, by Bayes' rule.

    Parameters
    ----------
    said : float
        How often it is said at all, 0..1.
    """
    quality = hearing.quality
    missed = 1.0 - quality.word_confidence * quality.coverage
    unheard = said * missed
    return quality.role_confidence * (1.0 - said) / (unheard + 1.0 - said)


def _heard(title: str, rule: Rule, heard: Heard) -> Verdict:
    hearing, findings = heard.hearing, heard.findings
    spared = rule.inbound_only if hearing.call.direction is Direction.OUTBOUND else ()
    asked = [term for term in rule.terms if term not in spared]
    if not asked:
        return Verdict(None)
    first = {term: heard.first.get((rule.detector, term)) for term in asked}
    missing = tuple(f"{title}：未听到{TERMS.get(term, term)}" for term, n in first.items() if n is None)
    evidence = tuple(n for n in first.values() if n is not None)
    confidence = prod(findings[n].confidence for n in evidence)
    if missing:
        confidence *= _silent(hearing, USUALLY_SAID) ** len(missing)
    return Verdict(len(evidence) / len(asked), evidence, missing, confidence)


def _absent(title: str, rule: Rule, hearing: Hearing, findings: Sequence[Finding]) -> Verdict:
    unwanted = rule.terms
    found = tuple(
        n for n, f in enumerate(findings) if f.detector == rule.detector and (not unwanted or f.term in unwanted)
    )
    if len(found) <= rule.at_most:
        return Verdict(1.0, found, (), _silent(hearing, RARELY_SAID))
    reasons = tuple(
        f"{title}：{place(findings[n].span.start)} “{findings[n].quote}”（禁语：{findings[n].term}）" for n in found
    )
    # It stands as long as one more than allowed was really said: all but the surest of these may be wrong.
    sure = sorted((findings[n].confidence for n in found), reverse=True)[: rule.at_most + 1]
    return Verdict(0.0, found, reasons, prod(sure))


def _duty(title: str, rule: Rule, hearing: Hearing, findings: Sequence[Finding]) -> Verdict:
    trigger = next((n for n, f in enumerate(findings) if f.detector == rule.trigger), None)
    if trigger is None:
        return Verdict(None)
    owed_at, owed_in = findings[trigger].span.start, findings[trigger].turn_index
    given = [
        n
        for n, f in enumerate(findings)
        if f.detector == rule.detector and f.role is Role.AGENT and f.span.start >= owed_at
    ]
    in_time = [n for n in given if _within(findings[n].turn_index, owed_in, rule.within_turns)]
    discharged = next((n for n in in_time if findings[n].term in rule.terms), None)
    if discharged is not None:
        return Verdict(1.0, (trigger, discharged), (), findings[discharged].confidence)
    wanted = "、".join(TERMS.get(term, term) for term in rule.terms)
    within = f" {rule.within_turns} 个话轮内" if rule.within_turns else ""
    instead = f"，只有 {place(findings[given[0]].span.start)} “{findings[given[0]].quote}”" if given else ""
    confidence = findings[trigger].confidence * _silent(hearing, USUALLY_SAID)
    what = DUTIES.get(rule.trigger, rule.trigger)
    reason = f"{title}：{place(owed_at)} {what}后{within}未听到{wanted}{instead}"
    return Verdict(0.0, (trigger, *given), (reason,), confidence)


def _within(turn: int | None, owed_in: int | None, most: int | None) -> bool:
    return most is None or turn is None or owed_in is None or turn - owed_in <= most


def _rings(title: str, rule: Rule, hearing: Hearing, findings: Sequence[Finding]) -> Verdict:
    speed, most = hearing.speed_of_answer, rule.at_most
    if hearing.call.direction is not Direction.INBOUND:
        return Verdict(None)
    rings = speed.rings
    if rings is None:
        rings = None if speed.by_record is None else rings_by(speed.by_record)
    if rings is None:
        return Verdict(None, (), (f"{title}：录音没有铃声，话单也没有振铃和接听时间，无法判断",))
    evidence = tuple(n for n, f in enumerate(findings) if f.detector == "ringing")
    if rings <= most:
        return Verdict(1.0, evidence)
    heard = (
        f"录音中响铃 {rings} 声" if speed.rings is not None else f"话单振铃 {speed.by_record:g} 秒，合 {rings} 声"
    )
    at = f"{place(hearing.ringback.bursts[0].start)} 起" if speed.rings is not None else ""
    return Verdict(0.0, evidence, (f"{title}：{at}{heard}，超过 {most} 声",))


def _hangup(title: str, hearing: Hearing) -> Verdict:
    by = hearing.call.hangup_by
    if by not in ("agent", "customer"):
        return Verdict(None)
    return Verdict(1.0) if by == "customer" else Verdict(0.0, (), (f"{title}：话单显示坐席先挂机",))
