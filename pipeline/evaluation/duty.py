"""Conditional duties: something happened that asks for an answer, which came in time, too late, or never."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from pipeline.evaluation.verdict import Heard, Verdict, undecided
from pipeline.findings import Finding
from pipeline.findings.silence import ANYTHING, UNCLEAR, USUALLY_SAID, silent
from pipeline.hearing.turns import Role
from pipeline.scorecard import Rule
from pipeline.timeline import place
from pipeline.titles import shown_cause, shown_term


def duty(title: str, rule: Rule, heard: Heard) -> Verdict:
    """Whether a duty was done; of several triggers the first asks for all, or each for itself (`every`).

    Note
    ----
    Without a trigger it does not apply. With `every`, the share is of the duties that can be decided; where one
    cannot be and the others were all done, nobody can tell.
    """
    triggers = [n for n, f in enumerate(heard.findings) if any(sought.names(f) for sought in rule.trigger)]
    if not triggers:
        return Verdict(None)
    verdicts = [_owed(title, rule, heard, n) for n in (triggers if rule.every else triggers[:1])]
    if len(verdicts) == 1:
        return verdicts[0]
    decided = [v for v in verdicts if v.share is not None]
    unsure = [v for v in verdicts if v.unsure]
    if unsure and all(v.share for v in decided):
        return unsure[0]
    return Verdict(
        sum(v.share or 0.0 for v in decided) / len(decided),
        tuple(dict.fromkeys(n for v in decided for n in v.evidence)),
        tuple(reason for v in decided for reason in v.reasons),
        prod(v.confidence for v in decided),
    )


def _owed(title: str, rule: Rule, heard: Heard, trigger: int) -> Verdict:
    """What became of the duty that one finding asks for."""
    findings, cause = heard.findings, heard.findings[trigger]
    given = [
        n
        for n, f in enumerate(findings)
        if f.detector == rule.detector and f.role is Role.AGENT and _since(f, cause, rule.turns_before)
    ]
    in_time = [n for n in given if findings[n].term in rule.terms and _in_time(findings[n], cause, rule)]
    too_early = _first(rule, findings, cause)
    done = next((n for n in in_time if too_early is None or findings[n].span < findings[too_early].span), None)
    if done is not None:
        return Verdict(1.0, (trigger, done), (), findings[done].confidence)
    if not in_time and (unclear := _unclear(rule, findings, cause)):
        return undecided(title, heard, unclear, [shown_term(term) for term in rule.terms])
    what, wanted = shown_cause(cause.detector, cause.term), "、".join(shown_term(term) for term in rule.terms)
    if in_time and too_early is not None:
        said = findings[too_early]
        reason = f"{title}：{what}后未先{wanted}，{place(said.span.start)} 就“{said.quote}”"
        confidence = cause.confidence * said.confidence * findings[in_time[0]].confidence
        return Verdict(0.0, (trigger, too_early, in_time[0]), (reason,), confidence)
    within = f" {rule.within_turns} 个话轮内" if rule.within_turns else ""
    within += f" {rule.within_seconds:g} 秒内" if rule.within_seconds else ""
    instead = f"，只有 {place(findings[given[0]].span.start)} “{findings[given[0]].quote}”" if given else ""
    reason = f"{title}：{place(cause.span.start)} {what}后{within}未听到{wanted}{instead}"
    confidence = cause.confidence * silent(heard.hearing.quality, USUALLY_SAID)
    return Verdict(0.0, (trigger, *given), (reason,), confidence)


def _since(finding: Finding, cause: Finding, turns_before: int | None) -> bool:
    """Whether it was said after the trigger, or so few turns before that it counts."""
    if finding.span.start >= cause.span.start:
        return True
    if turns_before is None or finding.turn_index is None or cause.turn_index is None:
        return False
    return cause.turn_index - finding.turn_index <= turns_before


def _in_time(finding: Finding, cause: Finding, rule: Rule) -> bool:
    late = finding.span.start - cause.span.end
    if rule.within_seconds is not None and late > rule.within_seconds:
        return False
    turn, owed_in = finding.turn_index, cause.turn_index
    return rule.within_turns is None or turn is None or owed_in is None or turn - owed_in <= rule.within_turns


def _first(rule: Rule, findings: Sequence[Finding], cause: Finding) -> int | None:
    """The first thing after the trigger that the agent should have said only later."""
    return next(
        (
            n
            for n, f in enumerate(findings)
            if f.span.start >= cause.span.start
            and f.role is Role.AGENT
            and any(sought.names(f) for sought in rule.before)
        ),
        None,
    )


def _unclear(rule: Rule, findings: Sequence[Finding], cause: Finding) -> tuple[int, ...]:
    """Where the agent may have done it, and nobody can make it out."""
    terms = (*rule.terms, ANYTHING)
    return tuple(
        n
        for n, f in enumerate(findings)
        if f.detector == UNCLEAR
        and f.term in terms
        and f.role is not Role.CUSTOMER
        and f.span.end > cause.span.start
        and _in_time(f, cause, rule)
    )
