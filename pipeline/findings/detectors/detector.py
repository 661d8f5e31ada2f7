"""A detector: what it is called, what it can find, and how; and the measurements that it makes.

Knows how a measurement becomes a finding; not what any one detector listens for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from pipeline.errors import ConfigurationError
from pipeline.findings.finding import Finding
from pipeline.findings.thresholds import Thresholds
from pipeline.hearing import Hearing
from pipeline.hearing.turns import Role, Turn
from pipeline.timeline import Span
from pipeline.titles import Declaration

VERSION = "measures-3"
"""Of the detectors that come with callqa, all together."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """A stretch of a call with a quantity that was measured there.

    Parameters
    ----------
    term : str
        One of those that the detector declares.
    value : float
        In the unit of the detector; a finding keeps it to a thousandth.
    role : Role
        Whose doing it is; unknown where it is nobody's.
    turn : Turn | None
        In which it lies.
    quote : str
        What was said there.
    confidence : float | None
        0..1; None for as sure as the role is, by `turn` or by the whole call, and certain where there is no role.
    """

    term: str
    span: Span
    value: float
    role: Role = Role.UNKNOWN
    turn: Turn | None = None
    quote: str = ""
    confidence: float | None = None


Detect: TypeAlias = Callable[[Hearing, Sequence[Finding]], Iterable[Measurement]]
"""From a hearing, and the findings of the lexicons in it, to measurements."""


@dataclass(frozen=True)
class Detector:
    """One thing that every call is listened for, beside the phrases of the lexicons.

    Parameters
    ----------
    name : str
        By which findings and scorecards name it, such as ``speech_rate``.
    title : str
        What a reader calls it, in Chinese.
    unit : str
        Of the values that it measures, in Chinese, such as 秒; empty for a share.
    terms : mapping of str to str
        All that it can find, each with its title in Chinese.
    detect : callable
        The measurements of one call; it reports only what is there, never what is missing.
    version : str
        Kept with every finding; another one tells that the same call may yield other findings.
    tuned : callable | None
        From thresholds to `detect` by them, where it has some.
    """

    name: str
    title: str
    unit: str
    terms: Mapping[str, str]
    detect: Detect
    version: str = "1"
    tuned: Callable[[Thresholds], Detect] | None = None

    def by(self, thresholds: Thresholds) -> Detector:
        """The same detector by other thresholds; itself where it has none, or they are those that come with callqa.

        Examples
        --------
        >>> from pipeline.findings.detectors.silence import SILENCE
        >>> from pipeline.findings.thresholds import Silence
        >>> SILENCE.by(Thresholds()) is SILENCE, SILENCE.by(Thresholds(silence=Silence(dead_air_s=5))).version
        (True, 'measures-3+27e1d75d')
        """
        if self.tuned is None or not thresholds.version:
            return self
        version = f"{self.version}+{thresholds.version}"
        return replace(self, detect=self.tuned(thresholds), version=version)

    @property
    def declaration(self) -> Declaration:
        """Its title, its unit and the title of each term."""
        return Declaration(self.name, self.title, self.terms, self.unit)

    def findings(self, hearing: Hearing, phrases: Sequence[Finding] = ()) -> Iterator[Finding]:
        """The findings of one call, in the order in which they are measured.

        Parameters
        ----------
        phrases : sequence of Finding
            Those of the lexicons in the same call.

        Raises
        ------
        ConfigurationError
            If it finds a term that it does not declare: nobody could show it.

        Examples
        --------
        >>> from pipeline.hearing.dialogue import hearing_of
        >>> def turns(hearing, phrases):
        ...     yield Measurement("turns", hearing.turns[0].span, float(len(hearing.turns)))
        >>> counter = Detector("turns", "话轮数", "个", {"turns": "整通"}, turns)
        >>> [(f.detector, f.term, f.value) for f in counter.findings(hearing_of("坐席：您好"))]
        [('turns', 'turns', 1.0)]
        """
        for one in self.detect(hearing, phrases):
            if one.term not in self.terms:
                raise ConfigurationError(
                    f"detector {self.name} finds {one.term!r}, which it does not declare; add it to its terms: "
                    f"{', '.join(self.terms)}"
                )
            by_role = one.turn.confidence if one.turn else hearing.quality.role_confidence
            sure = 1.0 if one.role is Role.UNKNOWN else by_role
            yield Finding(
                call_id=hearing.call.id,
                detector=self.name,
                term=one.term,
                turn_index=one.turn.index if one.turn else None,
                role=one.role,
                span=one.span,
                quote=one.quote,
                value=round(one.value, 3),
                confidence=sure if one.confidence is None else one.confidence,
                detector_version=self.version,
            )
