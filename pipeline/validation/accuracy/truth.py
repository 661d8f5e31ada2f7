"""The truth of a call: the ``*.truth.json`` files, checked at the door, and a call held against its truth.

Knows the fields that are measured; other fields of a truth file are left alone. What an older file does not tell
(who talks over whom, holds, silences, who hung up) is None, and its call is not measured for that.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pydantic import TypeAdapter, ValidationError

from pipeline.audio.speed_of_answer import SpeedOfAnswer
from pipeline.call import Direction
from pipeline.errors import ConfigurationError
from pipeline.evaluation.result import CallResult
from pipeline.findings import Finding
from pipeline.findings.suspicion import affirmed, filed_under
from pipeline.hearing import Hearing
from pipeline.hearing.turns import Role, Turn
from pipeline.timeline import Seconds, Span

REACH: Seconds = 0.5
"""The distance from a line at which a word or a finding still belongs to it: word times are no better."""

ROLES = {"agent": Role.AGENT, "customer": Role.CUSTOMER, "ivr": Role.SYSTEM}
"""The role that is right for each speaker."""


@dataclass(frozen=True, slots=True)
class Trap:
    """Words in a line that look like a violation, or like a duty done, and are none."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """The words of one speaker in one go. `apology` is the class of an apology in it, empty without one."""

    index: int
    speaker: Literal["agent", "customer", "ivr"]
    start: Seconds
    end: Seconds
    text: str
    traps: tuple[Trap, ...] = ()
    apology: str = ""

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"line {self.index} ends before it starts")

    @property
    def span(self) -> Span:
        """The time at which it is said, in seconds of the recording."""
        return Span(self.start, self.end)

    @property
    def role(self) -> Role:
        """The role that is right for its speaker; an announcement machine is `UNKNOWN`."""
        return ROLES[self.speaker]


@dataclass(frozen=True, slots=True)
class TrueRinging:
    """The ringing in a recording; `kind` is ``tone`` for the ring-back tone."""

    recorded: bool
    kind: str
    rings_counted: int | None


@dataclass(frozen=True, slots=True)
class RequiredPhrase:
    """Whether the agent says a required phrase, and the indices of the lines with it."""

    present: bool
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BannedWording:
    """One banned wording of the agent, and the index of the line with it."""

    line: int
    wording: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a call in which something goes on, in seconds of the recording."""

    start: Seconds
    end: Seconds

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"what starts at {self.start} s ends before it starts")

    @property
    def span(self) -> Span:
        """Where it is."""
        return Span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Overlap(Stretch):
    """One speaker, `by`, talks while the other does: an ``interruption``, or a ``backchannel`` of 嗯 and 好."""

    by: Literal["agent", "customer"]
    kind: str


@dataclass(frozen=True, slots=True)
class Silence(Stretch):
    """Nobody speaks: ``dead_air``, or ``hold_music`` in a hold."""

    kind: str


@dataclass(frozen=True, slots=True)
class TrueAgent:
    """Who answers the call."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class Truth:
    """The truth of one intelligible call, an unanswered one included.

    Parameters
    ----------
    scenario : str
        What kind of call it is; empty where the file does not tell.
    overlaps, holds, silences : tuple | None
        None where the file does not tell; silences are those of at least `silence_min` seconds.
    hung_up_first : str | None
        None where the file does not tell, or nobody was there to hang up.
    hangup_evidence : str | None
        How the recording shows it; ``none`` where it cannot.
    company : str
        How the company calls itself; empty where the file does not tell.
    """

    call_id: str
    direction: Direction
    answered: bool
    layout: Literal["stereo", "mono", "dual_mono"]
    ringback: TrueRinging
    ring_to_answer_seconds: Seconds | None
    required: dict[str, RequiredPhrase]
    banned: tuple[BannedWording, ...]
    apology_present: bool
    complaint_made: bool
    complaint_lines: tuple[int, ...]
    lines: tuple[Line, ...]
    scenario: str = ""
    overlaps: tuple[Overlap, ...] | None = None
    holds: tuple[Stretch, ...] | None = None
    silences: tuple[Silence, ...] | None = None
    silence_min: Seconds = 3.0
    hung_up_first: Literal["agent", "customer"] | None = None
    hangup_evidence: str | None = None
    company: str = ""
    agent: TrueAgent | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """How company and agent are called; those that the file tells."""
        return tuple(name for name in (self.company, self.agent.name if self.agent else "") if name)

    def __post_init__(self) -> None:
        known = {line.index for line in self.lines}
        named = {n for phrase in self.required.values() for n in phrase.lines}
        named |= {wording.line for wording in self.banned} | {*self.complaint_lines}
        if strange := sorted(named - known):
            raise ValueError(f"line {strange[0]} is named but is not among the lines")

    def line(self, index: int) -> Line:
        """The line of that index."""
        return next(line for line in self.lines if line.index == index)

    def lines_near(self, instant: Seconds) -> tuple[Line, ...]:
        """The lines that cover an instant, else the nearest ones within `REACH`; none when nobody speaks there.

        Examples
        --------
        >>> lines = (Line(0, "agent", 1.0, 2.0, "您好"), Line(1, "customer", 5.0, 6.0, "你好"))
        >>> ringing = TrueRinging(recorded=True, kind="tone", rings_counted=2)
        >>> truth = Truth("C1", Direction.INBOUND, True, "stereo", ringing, 9.0, {}, (), False, False, (), lines)
        >>> [line.text for line in truth.lines_near(2.3)], truth.lines_near(3.5)
        (['您好'], ())
        """
        point = Span(instant, instant)
        nearest = min((line.span.gap(point) for line in self.lines), default=REACH)
        return tuple(line for line in self.lines if line.span.gap(point) == nearest <= REACH)


@dataclass(frozen=True, slots=True)
class BadInput:
    """A recording that nothing can be heard in; only how the call ended is measured."""

    call_id: str
    bad_input: str


AnyTruth: TypeAlias = Truth | BadInput
_TRUTH, _BAD_INPUT = TypeAdapter[AnyTruth](Truth), TypeAdapter[AnyTruth](BadInput)


@dataclass(frozen=True, slots=True)
class Trial:
    """One call: what is true of it, what was heard, None when nothing was, and what was found."""

    truth: Truth
    hearing: Hearing | None
    found: tuple[Finding, ...]

    @staticmethod
    def of(truth: Truth, result: CallResult | None) -> Trial:
        """A call held against what the store has of it, which may be nothing."""
        return Trial(truth, result.hearing, result.findings) if result else Trial(truth, None, ())

    def with_findings(self, found: Iterable[Finding]) -> Trial:
        """The same call with other findings."""
        return replace(self, found=tuple(found))

    @property
    def affirmed(self) -> Trial:
        """The same call as it would be if a person said yes to everything that is suspected of it."""
        return self.with_findings(affirmed(f) if filed_under(f) else f for f in self.found)

    @property
    def call_id(self) -> str:
        """The call's id."""
        return self.truth.call_id

    @property
    def turns(self) -> tuple[Turn, ...]:
        """What was heard; nothing for a call that is not there or stopped before."""
        return self.hearing.turns if self.hearing else ()

    @property
    def speed_of_answer(self) -> SpeedOfAnswer | None:
        """Ring to answer; None for a call that is not there or was not heard."""
        return self.hearing.speed_of_answer if self.hearing else None

    def findings(self, detector: str, role: Role | None = None) -> tuple[Finding, ...]:
        """The findings of a detector, those of one role if given.

        Examples
        --------
        >>> ringing = TrueRinging(recorded=True, kind="tone", rings_counted=2)
        >>> truth = Truth("C1", Direction.INBOUND, True, "stereo", ringing, 9.0, {}, (), False, False, (), ())
        >>> found = Finding("C1", "apology", "sincere", 0, Role.AGENT, Span(1.0, 2.0), "抱歉", None, 0.9, "1")
        >>> trial = Trial(truth, None, (found,))
        >>> len(trial.findings("apology")), len(trial.findings("apology", Role.CUSTOMER))
        (1, 0)
        """
        return tuple(f for f in self.found if f.detector == detector and role in (None, f.role))

    def words_of(self, role: Role) -> tuple[str, str]:
        """The words that a role says by the truth, and those heard from it."""
        said = " ".join(line.text for line in self.truth.lines if line.role is role)
        return said, " ".join(turn.text for turn in self.turns if turn.role is role)

    def true_words(self, span: Span) -> str:
        """The true words at a span, each with who says them.

        Examples
        --------
        >>> lines = (Line(0, "agent", 1.0, 2.0, "您好"), Line(1, "customer", 5.0, 6.0, "你好"))
        >>> ringing = TrueRinging(recorded=True, kind="tone", rings_counted=2)
        >>> truth = Truth("C1", Direction.INBOUND, True, "stereo", ringing, 9.0, {}, (), False, False, (), lines)
        >>> Trial(truth, None, ()).true_words(Span(1.5, 3.0))
        'agent: 您好'
        """
        return " / ".join(f"{line.speaker}: {line.text}" for line in self.truth.lines if line.span.overlap(span))

    def heard_words(self, span: Span) -> str:
        """The words heard at a span, each with the role to which they were given."""
        wide = Span(span.start - REACH, span.end + REACH)
        texts = [(t.role, "".join(w.text for w in t.words if w.span.middle in wide)) for t in self.turns]
        return " / ".join(f"{role}: {text}" for role, text in texts if text)


def read_truths(folder: Path) -> tuple[AnyTruth, ...]:
    """The truth files of a folder, by name.

    Raises
    ------
    ConfigurationError
        If there are none, two tell of one call, or one is not readable, not JSON or lacks a field.
    """
    if not folder.is_dir():
        raise ConfigurationError(f"{folder}: there is no such folder; give the folder of the truth files")
    truths: dict[str, AnyTruth] = {}
    for path in sorted(folder.glob("*.truth.json")):
        truth = _read(path)
        if truth.call_id in truths:
            raise ConfigurationError(f"{path}: call {truth.call_id} has another truth file: keep one of the two")
        truths[truth.call_id] = truth
    if not truths:
        raise ConfigurationError(f"{folder}: holds no *.truth.json; give the folder of the truth files")
    return tuple(truths.values())


def _read(path: Path) -> AnyTruth:
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: is not UTF-8; save it as UTF-8") from None
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"{path}:{error.lineno}: is not valid JSON: {error.msg}") from None
    is_bad_input = isinstance(document, dict) and document.get("bad_input")
    try:
        return (_BAD_INPUT if is_bad_input else _TRUTH).validate_python(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the file"
        problem = first["msg"].removeprefix("Value error, ")
        raise ConfigurationError(f"{path}: {where}: {problem}") from None
