"""Figures of the detectors of words: phrases, banned wording, apologies, complaints, against the truth.

Knows findings and truth; whether the words behind them were heard right is measured in `stages`, what is timed
rather than said in `timing`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain

from rapidfuzz import fuzz

from pipeline.findings import Finding
from pipeline.hearing.turns import Role
from pipeline.lexicon.phonetics import listen
from pipeline.validation.accuracy.figures import Case, Measure, Operator, Retrieval, pair_up
from pipeline.validation.accuracy.truth import REACH, Line, Trial

LEAST_REQUIRED, LEAST_BANNED, LEAST_APOLOGY, LEAST_COMPLAINT = 0.96, 0.92, 0.95, 0.95
MOST_IN_CUSTOMERS_WORDS = MOST_TRAPS = 0
ALIKE = 0.7
"""Likeness from which a quote sounds like the words of a trap."""
NO_APOLOGY = ("", "social", "perfunctory", "negated", "quoted")
"""Classes of apology words that discharge nothing."""


def detections(trials: Sequence[Trial]) -> Iterator[Operator | Measure]:
    """Every figure of the words; calls that nobody answered are among them, so that nothing is found there.

    The cases of single phrases and of apologies by duty are those of the operators above them.
    """
    yield required(trials)
    for term in dict.fromkeys(chain.from_iterable(trial.truth.required for trial in trials)):
        yield _operator(f"required_{term}", f"required {term}", trials, partial(_term, term=term), None)
    yield _operator("banned_calls", "calls with banned wording", trials, _any_banned, LEAST_BANNED)
    yield banned(trials)
    yield apology(trials)
    yield _operator("apology_given", "apology owed and given", trials, partial(_duty, given=True), LEAST_APOLOGY)
    yield _operator("apology_withheld", "apology owed, not given", trials, partial(_duty, given=False), None)
    yield complaint(trials)
    yield from _suspected_too([trial.affirmed for trial in trials])
    yield from _fallen_for(trials)


def required(trials: Sequence[Trial]) -> Operator:
    """Required phrases, term by term: whether a call in which one is said is one in which it was found."""
    return _operator("required", "required phrases", trials, _required, LEAST_REQUIRED, listed=True)


def banned(trials: Sequence[Trial]) -> Operator:
    """Banned wording, one by one."""
    return _operator("banned", "banned wording, one by one", trials, _banned, LEAST_BANNED, listed=True)


def apology(trials: Sequence[Trial]) -> Operator:
    """Calls with a sincere apology.

    Examples
    --------
    >>> apology([]).f1.value is None
    True
    """
    return _operator("apology", "sincere apology", trials, _apology, LEAST_APOLOGY, listed=True)


def complaint(trials: Sequence[Trial]) -> Operator:
    """Calls with a complaint."""
    return _operator("complaint", "complaint", trials, _complaint, LEAST_COMPLAINT, listed=True)


def _suspected_too(trials: Sequence[Trial]) -> Iterator[Operator]:
    """The same of what is named together with what is only suspected, which costs nothing: no floors."""
    for name, title, count in (
        ("required", "required", _required),
        ("banned", "banned", _banned),
        ("apology", "apology", _apology),
        ("complaint", "complaint", _complaint),
    ):
        yield _operator(f"{name}_suspected", f"{title}, or suspected", trials, count, None)


def _operator(
    name: str,
    title: str,
    trials: Sequence[Trial],
    count: Callable[[Trial], Retrieval],
    at_least: float | None,
    *,
    listed: bool = False,
) -> Operator:
    return Operator(name, title, tuple(map(count, trials)), at_least, listed)


def _fallen_for(trials: Sequence[Trial]) -> Iterator[Measure]:
    not_the_agents = tuple(chain.from_iterable(map(_in_customers_words, trials)))
    yield Measure(
        "detect",
        "in_customers_words",
        "agent violations found in the customer's words",
        "count",
        len(not_the_agents),
        at_most=MOST_IN_CUSTOMERS_WORDS,
        cases=not_the_agents,
    )
    fallen_for = tuple(chain.from_iterable(map(_traps, trials)))
    num_traps = sum(len(line.traps) for trial in trials for line in trial.truth.lines)
    yield Measure(
        "detect",
        "traps",
        "planted traps fallen for",
        "share",
        len(fallen_for),
        num_traps,
        at_most=MOST_TRAPS,
        cases=fallen_for,
    )


def likeness(quote: str, wording: str) -> float:
    """The likeness in sound of the shorter text to some part of the longer one, 0..1, tones aside.

    Examples
    --------
    >>> likeness("这个不规我管", "不归我管"), likeness("抱歉", "道歉")
    (1.0, 0.6666666666666667)
    """
    return fuzz.partial_ratio(listen(quote).syllables.tolist(), listen(wording).syllables.tolist()) / 100


def _required(trial: Trial) -> Retrieval:
    return Retrieval.sum(_term(trial, term) for term in trial.truth.required)


def _term(trial: Trial, term: str) -> Retrieval:
    if term not in trial.truth.required:
        return Retrieval()
    phrase = trial.truth.required[term]
    found = [f for f in trial.findings("required_phrase") if f.term == term]
    return _in_call(trial, term, phrase.present, map(trial.truth.line, phrase.lines), found)


def _any_banned(trial: Trial) -> Retrieval:
    banned = trial.truth.banned
    lines = (trial.truth.line(wording.line) for wording in banned)
    return _in_call(trial, "banned_wording", bool(banned), lines, trial.findings("banned_wording", Role.AGENT))


def _apology(trial: Trial) -> Retrieval:
    lines = (x for x in trial.truth.lines if x.role is Role.AGENT and x.apology not in NO_APOLOGY)
    return _in_call(trial, "sincere", trial.truth.apology_present, lines, _sincere(trial))


def _sincere(trial: Trial) -> list[Finding]:
    return [finding for finding in trial.findings("apology") if finding.term == "sincere"]


def _duty(trial: Trial, given: bool) -> Retrieval:
    """Whether a call with a complaint, to which an apology was `given` or not, was taken for such a one.

    Where the apology is missing there is nothing to listen to but the complaint.
    """
    truth = trial.truth
    is_so = truth.complaint_made and truth.apology_present is given
    complaints = trial.findings("complaint")
    seen = complaints if bool(_sincere(trial)) is given else ()
    return _in_call(trial, "given" if given else "withheld", is_so, map(truth.line, truth.complaint_lines), seen)


def _complaint(trial: Trial) -> Retrieval:
    lines = map(trial.truth.line, trial.truth.complaint_lines)
    return _in_call(trial, "complaint", trial.truth.complaint_made, lines, trial.findings("complaint"))


def _in_call(trial: Trial, term: str, is_said: bool, lines: Iterable[Line], found: Sequence[Finding]) -> Retrieval:
    """Whether a call in which something is said, in the `lines`, is one in which it was found."""
    if is_said and found:
        return Retrieval(found=1)
    if is_said:
        return Retrieval(missed=(_miss(trial, term, next(iter(lines), None)),))
    return Retrieval(false_alarms=tuple(_false_alarm(trial, finding) for finding in found[:1]))


def _banned(trial: Trial) -> Retrieval:
    """Wording by wording: a finding by the agent finds one wording, on or within `REACH` of whose line it lies.

    Where several lie on one line, each finding goes to the wording that it sounds most like. A finding on no such
    line is a false alarm; one on it that is left over is neither.
    """
    findings = trial.findings("banned_wording", Role.AGENT)
    pairs = [
        (likeness(finding.quote, banned.wording), n, m)
        for n, banned in enumerate(trial.truth.banned)
        for m, finding in enumerate(findings)
        if finding.span.gap(trial.truth.line(banned.line).span) <= REACH
    ]
    found = pair_up(pairs)
    on_lines = {m for _, _, m in pairs}
    return Retrieval(
        len(found),
        tuple(
            _miss(trial, banned.wording, trial.truth.line(banned.line))
            for n, banned in enumerate(trial.truth.banned)
            if n not in found
        ),
        tuple(_false_alarm(trial, finding) for m, finding in enumerate(findings) if m not in on_lines),
    )


def _in_customers_words(trial: Trial) -> Iterator[Case]:
    for finding in trial.findings("banned_wording", Role.AGENT):
        speaking = {line.role for line in _lines_at(trial, finding)}
        if Role.CUSTOMER in speaking and Role.AGENT not in speaking:
            yield _false_alarm(trial, finding)


def _traps(trial: Trial) -> Iterator[Case]:
    """The traps for which a detector fell: something found for or against the agent, there and like the trap.

    What lies where the agent talks too is taken for the agent's, unless the trap itself is.
    """
    findings = [f for d in ("required_phrase", "banned_wording", "apology") for f in trial.findings(d, Role.AGENT)]
    for line in trial.truth.lines:
        for trap in line.traps:
            caught = [
                finding
                for finding in findings
                if line in (speaking := _lines_at(trial, finding))
                and (line.role is Role.AGENT or all(other.role is not Role.AGENT for other in speaking))
                and likeness(finding.quote, trap.text) >= ALIKE
            ]
            yield from (_false_alarm(trial, finding) for finding in caught[:1])


def _miss(trial: Trial, term: str, line: Line | None) -> Case:
    if line is None:
        return Case(trial.call_id, "missed", term)
    said = f"{line.speaker}: {line.text}"
    return Case(trial.call_id, "missed", term, line.start, said, trial.heard_words(line.span))


def _false_alarm(trial: Trial, finding: Finding) -> Case:
    said, heard = trial.true_words(finding.span), f"{finding.role}: {finding.quote}"
    return Case(trial.call_id, "false_alarm", finding.term, finding.span.start, said, heard)


def _lines_at(trial: Trial, finding: Finding) -> list[Line]:
    return [line for line in trial.truth.lines if finding.span.middle in line.span]
