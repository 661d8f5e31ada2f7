"""A call that was heard, judged: from its turns alone, no audio, no model that listens.

Knows the order in which a call is searched and judged; how it was heard is in `night`.
"""

from __future__ import annotations

from flows.policy.rules import Rules
from models.classifiers import classified
from pipeline.call import Status
from pipeline.evaluation import Evaluation, evaluate
from pipeline.evaluation.counterfactual import tried_both_ways
from pipeline.evaluation.result import CallResult
from pipeline.findings import Finding
from pipeline.findings.detectors import compose, facts
from pipeline.hearing import Hearing
from pipeline.hearing.roles import why_these_roles
from pipeline.validation.learning.registry import flagged


def judged(hearing: Hearing, rules: Rules, fingerprint: str) -> CallResult:
    """The result of a call that was heard: evaluated, or unscorable with the reason."""
    reason, problem = silence_of(hearing)
    if reason:
        return CallResult(
            hearing.call,
            Status.UNSCORABLE,
            "transcribe",
            reason,
            problem,
            fingerprint,
            recording=hearing.recording,
            hearing=hearing,
        )
    findings, evaluation = judge(hearing, rules)
    poor = evaluation.status is Status.UNSCORABLE
    return CallResult(
        hearing.call,
        evaluation.status,
        "evaluate" if poor else "",
        "poor_transcript" if poor else "",
        "；".join(evaluation.review) if poor else "",
        fingerprint,
        recording=hearing.recording,
        hearing=hearing,
        findings=findings,
        evaluation=evaluation,
    )


def judge(hearing: Hearing, rules: Rules) -> tuple[tuple[Finding, ...], Evaluation]:
    """Findings and evaluation of a call, from what was heard alone: no audio, no model.

    Where the roles are in doubt, it is judged with agent and customer swapped as well, to say what hangs on them.
    """
    findings, evaluation = _judged_as(hearing, rules)
    if hearing.quality.role_confidence < rules.scorecard.review_below:
        why = why_these_roles(hearing, rules.role_wording)
        evaluation = tried_both_ways(
            hearing, evaluation, rules.scorecard, lambda other: _judged_as(other, rules)[1], why
        )
    return findings, evaluation


def _judged_as(hearing: Hearing, rules: Rules) -> tuple[tuple[Finding, ...], Evaluation]:
    """Findings and evaluation with the roles as they stand."""
    said = flagged(facts(hearing, rules.lexicons), rules.demoted)
    said += tuple(classified(hearing, rules.classifiers, said))
    findings = flagged(compose(hearing, said, rules.rulebooks), rules.demoted)
    return findings, evaluate(hearing, findings, rules.scorecard, rules.digest)


def silence_of(hearing: Hearing) -> tuple[str, str]:
    """Reason and sentence when there is no talk to judge; two empty strings when there is."""
    rings = hearing.ringback.rings
    if hearing.call.answered is False:
        return "no_answer", f"无人接听（话单无接听时间，录音中响铃 {rings} 声）"
    if hearing.turns:
        return "", ""
    if rings:
        return "no_answer", f"无人接听：录音中只有 {rings} 声铃声，没有人说话"
    return "no_speech", "录音中没有人说话（静音或只有音乐），请检查录音设备"
