"""The judgement of a call: from its hearing alone, no audio, no model that listens.

Knows the order in which a call is searched and judged; how it was heard is in `stages`.
"""

from __future__ import annotations

from collections.abc import Iterable

from flows.policy.policy import Policy
from models.classifiers import classifier_findings, flag_doubted, suspected
from pipeline.call import Status
from pipeline.evaluation import Evaluation, evaluate
from pipeline.evaluation.counterfactual import in_doubt, with_role_effect
from pipeline.evaluation.fingerprint import EarsVersion, Fingerprint
from pipeline.evaluation.gate import refusal
from pipeline.evaluation.result import CallResult
from pipeline.findings import Finding
from pipeline.findings.detection import compose, facts, time_key
from pipeline.hearing import Hearing
from pipeline.hearing.roles import why_these_roles
from pipeline.hearing.turns import Role
from pipeline.timeline import Seconds
from pipeline.validation.learning.opinions import key_of, opinion_findings
from pipeline.validation.learning.registry import flag_demoted

SPEECH_S: Seconds = 1.5
"""Of less than so much sound like speech nobody says that somebody spoke."""


def result_of(hearing: Hearing, policy: Policy, ears: EarsVersion) -> CallResult:
    """The result of a call that was heard: evaluated, or unscorable with the reason.

    Examples
    --------
    >>> from flows.policy.policy import policy_of
    >>> from flows.settings import Settings
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> ears = EarsVersion("base@1", "beam5", "campplus@1", "v2")
    >>> result = result_of(hearing_of("坐席：您好", "C1"), policy_of("kf01", Settings()), ears)
    >>> result.fingerprint.ears == ears
    True
    """
    fingerprint = Fingerprint(ears, policy.version)
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
    findings, evaluation = judge(hearing, policy)
    poor = evaluation.status is Status.UNSCORABLE
    return CallResult(
        hearing.call,
        evaluation.status,
        "evaluate" if poor else "",
        *(refusal(hearing, policy.scorecard.quality) if poor else ("", "")),
        fingerprint,
        recording=hearing.recording,
        hearing=hearing,
        findings=findings,
        evaluation=evaluation,
    )


def judge(hearing: Hearing, policy: Policy) -> tuple[tuple[Finding, ...], Evaluation]:
    """Findings and evaluation of a call, from its hearing alone: no audio, no model.

    Where roles are in doubt, agent and customer are swapped as well, to say which answers depend on the roles.

    Examples
    --------
    >>> from flows.policy.policy import policy_of
    >>> from flows.settings import Settings
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> findings, evaluation = judge(hearing_of("坐席：您好，有什么可以帮您", "C1"), policy_of("kf01", Settings()))
    >>> [finding.term for finding in findings if finding.detector == "required_phrase"]
    ['greeting', 'offer_help']
    """
    findings, evaluation = _judged_as(hearing, policy)
    if in_doubt(hearing, policy.scorecard):
        why = why_these_roles(hearing, policy.role_wording)
        evaluation = with_role_effect(
            hearing, evaluation, policy.scorecard, lambda other: _judged_as(other, policy)[1], why
        )
    return findings, evaluation


def _judged_as(hearing: Hearing, policy: Policy) -> tuple[tuple[Finding, ...], Evaluation]:
    """Findings and evaluation with the roles as they stand."""
    said = flag_demoted(facts(hearing, policy.lexicons, policy.thresholds), policy.demoted)
    if policy.suspects:
        said = flag_doubted(hearing, said, policy.lexicons)
    said += tuple(classifier_findings(hearing, policy.classifiers, said))
    said += tuple(opinions_on(hearing, policy))
    findings = flag_demoted(compose(hearing, said, policy.rulebooks), policy.demoted)
    if policy.suspects:
        findings = tuple(sorted((*findings, *suspected(hearing, findings)), key=time_key))
    return findings, evaluate(hearing, findings, policy.scorecard, policy.digest)


def opinions_on(hearing: Hearing, policy: Policy) -> Iterable[Finding]:
    """The findings of the judges in a call, by what they said before; none where there are no judges."""
    if policy.opinions is None or not policy.judges:
        return ()
    keys = [key_of(judge.version, hearing) for judge in policy.judges]
    return opinion_findings(hearing, policy.judges, policy.opinions(keys))


def silence_of(hearing: Hearing) -> tuple[str, str]:
    """Reason and sentence when there is no talk to judge; two empty strings when there is.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> silence_of(hearing_of("坐席：您好", "C1"))
    ('', '')
    """
    rings = hearing.ringback.rings
    if hearing.call.answered is False:
        return "no_answer", f"无人接听（话单无接听时间，录音中响铃 {rings} 声）"
    if any(turn.role is not Role.SYSTEM for turn in hearing.turns):
        return "", ""
    if hearing.turns:
        return "machine_only", "录音中只有语音播报，没有人说话"
    if hearing.quality.speech_seconds >= SPEECH_S:
        seconds = f"{hearing.quality.speech_seconds:.1f}"
        return "poor_transcript", f"录音中有 {seconds} 秒话音，但一个字也没有听出来，请人工收听"
    if rings and not hearing.call.answered:
        return "no_answer", f"无人接听：录音中只有 {rings} 声铃声，没有人说话"
    sounds = f"话单记为已接听，录音中却只有 {rings} 声铃声" if rings else "静音或只有音乐"
    return "no_speech", f"录音中没有人说话（{sounds}），请检查录音设备"
