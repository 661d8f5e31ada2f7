"""How each kind of rule is decided: met, not met, not applicable or unsure; with evidence, reason and doubt.

Knows rules and findings; not what they are worth (`evaluation`).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from pipeline.audio.ringing import rings_by
from pipeline.call import Direction
from pipeline.evaluation.duty import duty
from pipeline.evaluation.verdict import Heard, Verdict, undecided
from pipeline.findings import Finding
from pipeline.findings.silence import RARELY_SAID, UNCLEAR, USUALLY_SAID, silent
from pipeline.hearing import Hearing
from pipeline.scorecard import CONDITION, Rule
from pipeline.timeline import place
from pipeline.titles import shown_detector, shown_term


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
            return duty(title, rule, heard)
        case "condition":
            return _condition(title, rule, heard)
        case "rings":
            return _rings(title, rule, heard.hearing, heard.findings)
        case "hangup":
            return _hangup(title, heard.hearing)


def _heard(title: str, rule: Rule, heard: Heard) -> Verdict:
    hearing, findings = heard.hearing, heard.findings
    spared = rule.inbound_only if hearing.call.direction is Direction.OUTBOUND else ()
    asked = [term for term in rule.terms if term not in spared]
    if not asked:
        return Verdict(None)
    first = {term: heard.first.get((rule.detector, term)) for term in asked}
    missing = [term for term, n in first.items() if n is None]
    if unclear := {term: n for term in missing if (n := heard.first.get((UNCLEAR, term))) is not None}:
        return undecided(title, heard, tuple(unclear.values()), [shown_term(term) for term in unclear])
    evidence = tuple(n for n in first.values() if n is not None)
    confidence = prod(findings[n].confidence for n in evidence)
    confidence *= silent(hearing.quality, USUALLY_SAID) ** len(missing)
    reasons = tuple(f"{title}：未听到{shown_term(term)}" for term in missing)
    return Verdict(len(evidence) / len(asked), evidence, reasons, confidence)


def _absent(title: str, rule: Rule, hearing: Hearing, findings: Sequence[Finding]) -> Verdict:
    unwanted = rule.terms
    found = tuple(
        n for n, f in enumerate(findings) if f.detector == rule.detector and (not unwanted or f.term in unwanted)
    )
    if len(found) <= rule.at_most:
        return Verdict(1.0, found, (), silent(hearing.quality, RARELY_SAID))
    kind = "禁语" if rule.detector == "banned_wording" else shown_detector(rule.detector)
    reasons = tuple(
        f"{title}：{place(f.span.start)}{f' “{f.quote}”' if f.quote else ''}（{kind}：{shown_term(f.term)}）"
        for f in (findings[n] for n in found)
    )
    # It stands as long as one more than allowed was really said: all but the surest of these may be wrong.
    sure = sorted((findings[n].confidence for n in found), reverse=True)[: rule.at_most + 1]
    return Verdict(0.0, found, reasons, prod(sure))


def _condition(title: str, rule: Rule, heard: Heard) -> Verdict:
    """A condition of the scorecard's own, found when the call was searched; here it is only looked up."""
    unknown = [n for term, _ in rule.conditions() if (n := heard.first.get((UNCLEAR, term))) is not None]
    if unknown:
        return undecided(title, heard, unknown, [title])
    applies = heard.of_term(CONDITION, rule.when_term) if rule.when else ()
    if rule.when and not applies:
        return Verdict(None)
    found = heard.of_term(CONDITION, rule.term)
    evidence = tuple(dict.fromkeys((*applies[:1], *found)))
    surest = max((heard.findings[n].confidence for n in found), default=0.0)
    if rule.expect == "heard":
        if found:
            return Verdict(1.0, evidence, (), surest)
        return Verdict(0.0, evidence, (f"{title}：未听到",), silent(heard.hearing.quality, USUALLY_SAID))
    if not found:
        return Verdict(1.0, evidence, (), silent(heard.hearing.quality, RARELY_SAID))
    told = (heard.findings[n] for n in found)
    reasons = tuple(f"{title}：{place(f.span.start)} “{f.quote}”" for f in told)
    return Verdict(0.0, evidence, reasons, surest)


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
