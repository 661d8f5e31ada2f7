"""Figures of the stages before detection: endings of calls, ringing, characters transcribed, roles attributed.

Knows hearings and truth; findings are measured in `detection`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from statistics import median

from pipeline.call import Direction, Status
from pipeline.evaluation.result import CallResult
from pipeline.hearing.turns import Role, Turn
from pipeline.timeline import Seconds
from pipeline.validation.accuracy.characters import edits, plain
from pipeline.validation.accuracy.figures import Case, Measure
from pipeline.validation.accuracy.truth import AnyTruth, BadInput, Trial

MOST_CER = 0.23
LEAST_ROLES_STEREO, LEAST_ROLES_MONO = 0.99, 0.97
LEAST_RINGS_EXACT = 0.95
MOST_RING_ERROR: Seconds = 0.3

NOTHING = "nothing"
"""Stands in a case for what the store does not have."""


@dataclass(frozen=True, slots=True)
class _RingToAnswer:
    """The true time from the first ring to the agent's first word, and the one from the audio, in seconds."""

    call_id: str
    direction: Direction
    true: Seconds
    heard: Seconds | None

    @property
    def error(self) -> Seconds:
        """How far apart they are, to the millisecond of the truth; infinite where none was measured."""
        return inf if self.heard is None else round(abs(self.heard - self.true), 3)

    @property
    def case(self) -> Case:
        heard = NOTHING if self.heard is None else f"{self.heard:.3f} s"
        return Case(self.call_id, "wrong", "ring_to_answer", said=f"{self.true:.3f} s", heard=heard)


def ending_figures(truths: Sequence[AnyTruth], results: Mapping[str, CallResult | None]) -> Iterator[Measure]:
    """Whether every call of the truth ended somehow, and how; an ending before evaluation with its reason."""
    missing = tuple(Case(call_id, "missing") for call_id, result in results.items() if result is None)
    yield Measure(
        "fetch",
        "accounted_for",
        "calls accounted for",
        "share",
        len(results) - len(missing),
        len(results),
        at_least=1.0,
        cases=missing,
    )
    for status in Status:
        ended = [result for result in results.values() if result is not None and result.status is status]
        cases = tuple(
            Case(r.call.id, "ended", r.stage, heard=f"{r.reason}: {r.problem}")
            for r in ended
            if status is not Status.EVALUATED
        )
        yield Measure("fetch", status.value, f"calls {status.value}", "count", len(ended), cases=cases)
    spoilt = ((truth, results[truth.call_id]) for truth in truths if isinstance(truth, BadInput))
    trusted = tuple(
        Case(truth.call_id, "wrong", "evaluated", said=truth.bad_input)
        for truth, result in spoilt
        if result is not None and result.status is Status.EVALUATED
    )
    yield Measure(
        "fetch",
        "bad_input_evaluated",
        "bad recordings evaluated all the same",
        "count",
        len(trusted),
        cases=trusted,
    )


def ring_figures(trials: Sequence[Trial]) -> Iterator[Measure]:
    """Rings counted, and ring to answer from the audio.

    Notes
    -----
    Ring to answer is measured on inbound calls that were answered and have ring-back tone; a call in which the
    store has none is infinitely wrong. The percentile is one of the errors (nearest rank), not between two.
    """
    recorded = [trial for trial in trials if trial.truth.ringback.recorded]
    miscounted = tuple(_rings_case(trial) for trial in recorded if _rings_heard(trial) != _true_rings(trial))
    exact = [(_rings_heard(trial) == _true_rings(trial), 1) for trial in recorded]
    yield replace(
        Measure.share("ringing", "rings_exact", "rings counted exactly", exact),
        at_least=LEAST_RINGS_EXACT,
        cases=miscounted,
    )
    unringing = [trial for trial in trials if not trial.truth.ringback.recorded]
    invented = tuple(_rings_case(trial) for trial in unringing if _rings_heard(trial))
    yield Measure(
        "ringing",
        "rings_invented",
        "calls with rings where none is recorded",
        "count",
        len(invented),
        cases=invented,
    )
    yield from _times_to_answer(recorded)


def _times_to_answer(recorded: Sequence[Trial]) -> Iterator[Measure]:
    """Ring to answer from the audio against the true one, of calls whose ringing is recorded."""
    answered = [
        _RingToAnswer(t.call_id, t.truth.direction, t.truth.ring_to_answer_seconds, _by_audio(t))
        for t in recorded
        if t.truth.answered and t.truth.ringback.kind == "tone" and t.truth.ring_to_answer_seconds is not None
    ]
    inbound = [answer for answer in answered if answer.direction is Direction.INBOUND]
    outbound = [answer for answer in answered if answer.direction is Direction.OUTBOUND]
    errors = sorted(answer.error for answer in inbound)
    title = "ring to answer, error"
    for name, figure, most in (
        ("median", median(errors) if errors else None, None),
        ("p95", errors[-(-95 * len(errors) // 100) - 1] if errors else None, MOST_RING_ERROR),
        ("max", errors[-1] if errors else None, None),
    ):
        yield Measure("ringing", f"ring_to_answer_{name}", f"{title}, {name}", "s", figure, at_most=most)
    for name, which, answers in ("over", "inbound", inbound), ("over_outbound", "outbound", outbound):
        cases = tuple(answer.case for answer in answers if answer.error > MOST_RING_ERROR)
        yield Measure(
            "ringing",
            f"ring_to_answer_{name}",
            f"{title} over {MOST_RING_ERROR} s, {which}",
            "count",
            len(cases),
            cases=cases,
        )


def character_figures(trials: Sequence[Trial]) -> Iterator[Measure]:
    """Character error rates: what was heard from a role against what that speaker says, added over the calls.

    Text given to the role unknown, and the lines of an announcement machine, are in neither.
    """
    edited: dict[Role, list[tuple[int, int]]] = {Role.AGENT: [], Role.CUSTOMER: []}
    cases = []
    for trial in trials:
        for role, counts in edited.items():
            reference, heard = trial.words_of(role)
            errors, length = edits(reference, heard), len(plain(reference))
            counts.append((errors, length))
            if errors > MOST_CER * length:
                cases.append(Case(trial.call_id, "wrong", role, heard=f"{errors} errors in {length} characters"))
    both = zip(*edited.values(), strict=True)
    counts_of_both = [(wrong + wrong2, length + length2) for (wrong, length), (wrong2, length2) in both]
    yield replace(
        Measure.share("transcribe", "cer", "CER per speaker, with the roles found", counts_of_both),
        at_most=MOST_CER,
        cases=tuple(cases),
    )
    for role, counts in edited.items():
        yield Measure.share("transcribe", f"cer_{role}", f"CER, {role}", counts)


def role_figures(trials: Sequence[Trial]) -> Iterator[Measure]:
    """Characters under the right role: those heard while somebody speaks, whether heard right or not.

    Each word belongs to the true line that covers its middle, else to the nearest one within half a second. Where
    people talk at once either speaker is right; under an announcement only the role unknown is. Two channels with
    the same mix are mono.
    """
    off_lines = everything = 0
    for name, layouts, least in (
        ("stereo", ("stereo",), LEAST_ROLES_STEREO),
        ("mono", ("mono", "dual_mono"), LEAST_ROLES_MONO),
    ):
        by_call, cases = [], []
        for trial in trials:
            in_call = Counter[str]()
            for turn in trial.turns if trial.truth.layout in layouts else ():
                counted = _characters(trial, turn)
                in_call += counted
                off_lines += counted["off"]
                everything += counted.total()
                if counted["wrong"]:
                    cases.append(_turn_case(trial, turn, counted))
            by_call.append((in_call["right"], in_call["right"] + in_call["wrong"]))
        yield replace(
            Measure.share("attribute", f"roles_{name}", f"characters under the right role, {name}", by_call),
            at_least=least,
            cases=tuple(cases),
        )
    yield Measure(
        "attribute", "characters_off_lines", "characters where nobody speaks", "share", off_lines, everything
    )


def _true_rings(trial: Trial) -> int:
    return trial.truth.ringback.rings_counted or 0


def _rings_heard(trial: Trial) -> int | None:
    """Rings counted; None for a call that was not heard, which is another thing than no ringing."""
    return (trial.speed_of_answer.rings or 0) if trial.speed_of_answer else None


def _rings_case(trial: Trial) -> Case:
    heard = _rings_heard(trial)
    heard_as = NOTHING if heard is None else str(heard)
    return Case(trial.call_id, "wrong", "rings", said=str(_true_rings(trial)), heard=heard_as)


def _by_audio(trial: Trial) -> Seconds | None:
    return trial.speed_of_answer.by_audio if trial.speed_of_answer else None


def _characters(trial: Trial, turn: Turn) -> Counter[str]:
    """The characters of a turn that are under the ``right`` role, the ``wrong`` one, or ``off`` all lines."""
    counted = Counter[str]()
    for word in turn.words:
        speakers = {line.role for line in trial.truth.lines_near(word.span.middle)}
        verdict = "off" if not speakers else "right" if turn.role in speakers else "wrong"
        counted[verdict] += len(plain(word.text))
    return counted


def _turn_case(trial: Trial, turn: Turn, counted: Counter[str]) -> Case:
    share = f"{counted['wrong']} of {counted['right'] + counted['wrong']} characters"
    heard = f"{turn.role}: {turn.text}"
    return Case(trial.call_id, "wrong", share, turn.span.start, trial.true_words(turn.span), heard)
