"""Figures of the detectors of times: interruptions, holds, silences, who hung up, against the truth.

Knows findings and truth. A call whose truth file does not tell of such things is not measured for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pipeline.findings import Finding
from pipeline.hearing.turns import Role
from pipeline.timeline import Span
from pipeline.validation.accuracy.figures import Case, Operator, Retrieval, pair_up
from pipeline.validation.accuracy.truth import REACH, ROLES, Trial

LEAST_INTERRUPTIONS = LEAST_HOLDS = 0.85
DEAD_AIR = "dead_air"
NOT_SHOWN = "none"
"""The evidence of a recording that cannot show who hung up."""


def timings(trials: Sequence[Trial]) -> Iterator[Operator]:
    """Every figure of what is timed; an event and the call that has it are counted apart."""
    by_role = {role: [_interruptions(trial, role) for trial in trials] for role in (Role.AGENT, Role.CUSTOMER)}
    both = [agent + customer for agent, customer in zip(*by_role.values(), strict=True)]
    in_calls = [_call(agent) + _call(customer) for agent, customer in zip(*by_role.values(), strict=True)]
    yield _by_call("interruption_calls", "calls with an interruption", in_calls, LEAST_INTERRUPTIONS)
    for role, events in by_role.items():
        yield _by_call(f"interruption_calls_{role}", f"interruption by the {role}", map(_call, events))
    yield Operator("interruptions", "interruptions, one by one", tuple(both), LEAST_INTERRUPTIONS)
    holds = [_holds(trial) for trial in trials]
    yield _by_call("hold_calls", "calls with a hold", map(_call, holds), LEAST_HOLDS)
    yield Operator("holds", "holds, one by one", tuple(holds), LEAST_HOLDS)
    silences = [_silences(trial) for trial in trials]
    yield _by_call("silence_calls", "calls with dead air", map(_call, silences))
    yield Operator("silences", "dead air, one by one", tuple(silences))
    yield Operator("hangup", "who hung up", tuple(map(_hangup, trials)))


def match_events(trial: Trial, term: str, true: Sequence[Span], findings: Sequence[Finding]) -> Retrieval:
    """The events found: a finding on a true span or within `REACH` of it finds one, the most overlapping first.

    A second finding on one event is a false alarm: it would count twice.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> def found(start, end):
    ...     return Finding("C1", "hold", "hold", None, Role.AGENT, Span(start, end), "", None, 0.9, "1")
    >>> trial = SimpleNamespace(call_id="C1", true_words=lambda span: "", heard_words=lambda span: "")
    >>> events = match_events(trial, "hold", [Span(10, 20), Span(50, 60)], [found(11, 19), found(80, 90)])
    >>> events.found, len(events.missed), len(events.false_alarms)
    (1, 1, 1)
    """
    near = [
        (span.overlap(finding.span) - span.gap(finding.span), n, m)
        for n, span in enumerate(true)
        for m, finding in enumerate(findings)
        if span.gap(finding.span) <= REACH
    ]
    finds = pair_up(near)
    return Retrieval(
        len(finds),
        tuple(_miss(trial, term, span) for n, span in enumerate(true) if n not in finds),
        tuple(_false_alarm(trial, term, f) for m, f in enumerate(findings) if m not in finds.values()),
    )


def _by_call(name: str, title: str, by_call: Iterable[Retrieval], at_least: float | None = None) -> Operator:
    return Operator(name, title, tuple(by_call), at_least, listed=False)  # the cases stand with the events


def _call(events: Retrieval) -> Retrieval:
    """Whether a call that has such an event is one in which any was found; which one does not matter."""
    if events.num_true:
        return Retrieval(found=1) if events.num_claimed else Retrieval(missed=events.missed[:1])
    return Retrieval(false_alarms=events.false_alarms[:1])


def _interruptions(trial: Trial, role: Role) -> Retrieval:
    if trial.truth.overlaps is None:
        return Retrieval()
    true = [o.span for o in trial.truth.overlaps if o.kind == "interruption" and ROLES[o.by] is role]
    return match_events(trial, f"by {role}", true, trial.findings("interruption", role))


def _holds(trial: Trial) -> Retrieval:
    """Where a customer is asked to wait without music, the truth may call it dead air: there, neither counts."""
    if trial.truth.holds is None:
        return Retrieval()
    quiet = [silence.span for silence in trial.truth.silences or ()]
    true = [hold.span for hold in trial.truth.holds]
    return match_events(trial, "hold", true, _but_on(quiet, true, trial.findings("hold")))


def _silences(trial: Trial) -> Retrieval:
    """Dead air; a silence in a hold is none, and one too short for the truth to tell of counts neither way.

    A finding of the term ``hold`` claims no dead air: it is excused.
    """
    silences = trial.truth.silences
    if silences is None:
        return Retrieval()
    true = [silence.span for silence in silences if silence.kind == DEAD_AIR]
    excused = [silence.span for silence in silences if silence.kind != DEAD_AIR]
    excused += [hold.span for hold in trial.truth.holds or ()]
    unexcused = [f for f in trial.findings("silence") if f.term != "hold"]
    long = [finding for finding in unexcused if finding.span.duration >= trial.truth.silence_min]
    return match_events(trial, DEAD_AIR, true, _but_on(excused, true, long))


def _but_on(others: Sequence[Span], true: Sequence[Span], findings: Sequence[Finding]) -> list[Finding]:
    """The findings without those that lie on another thing, and on nothing true."""
    return [
        finding
        for finding in findings
        if any(span.overlap(finding.span) for span in true)
        or not any(span.overlap(finding.span) for span in others)
    ]


def _hangup(trial: Trial) -> Retrieval:
    truth = trial.truth
    if truth.hung_up_first is None or truth.hangup_evidence == NOT_SHOWN:
        return Retrieval()
    findings = trial.findings("hangup")
    if any(finding.role is ROLES[truth.hung_up_first] for finding in findings):
        return Retrieval(found=1)
    missed = Case(trial.call_id, "missed", f"by {truth.hung_up_first}")
    return Retrieval(0, (missed,), tuple(_false_alarm(trial, f"by {f.role}", f) for f in findings[:1]))


def _miss(trial: Trial, term: str, span: Span) -> Case:
    return Case(trial.call_id, "missed", term, span.start, trial.true_words(span), trial.heard_words(span))


def _false_alarm(trial: Trial, term: str, finding: Finding) -> Case:
    heard = f"{finding.span.duration:.1f} s"
    return Case(trial.call_id, "false_alarm", term, finding.span.start, trial.true_words(finding.span), heard)
