"""Suspicions: what a model makes out of the meaning of a turn, beyond every phrase list. Detector ``flag``.

Knows what may be suspected, of whom, and what it becomes once a person says yes; not how it is recognised.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.findings.finding import FLAG, Finding
from pipeline.hearing.turns import Role
from pipeline.policy.load import load_policy

FAULTS = "banned_wording"
"""The detector of what an agent must not say: its suspicions are kinds of one thing."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Suspicion(_Shape):
    """One thing that may be suspected of a turn.

    `means` is the sentence a reviewer judges by; `detector` and `term` are what it is filed under once it counts.
    """

    name: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    title: str
    means: str
    role: Literal["agent", "customer"]
    detector: str
    term: str

    @property
    def speaker(self) -> Role:
        """Whose turns are judged."""
        return Role(self.role)

    @property
    def is_fault(self) -> bool:
        """Whether it is a kind of fault of an agent's language."""
        return self.detector == FAULTS


class SuspicionsFile(_Shape):
    """The file as it is written."""

    revision: Annotated[int, Field(ge=1)]
    suspicions: Annotated[tuple[Suspicion, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [each.name for each in self.suspicions]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{twice[0]} stands twice")
        return self


@cache
def suspicions() -> dict[str, Suspicion]:
    """Everything that may be suspected, by name, in the order of the file.

    Examples
    --------
    >>> suspicions()["shirking"].title, suspicions()["complaint"].speaker
    ('推诿', <Role.CUSTOMER: 'customer'>)
    """
    file = load_policy(files("pipeline.policy") / "suspicions.yaml", SuspicionsFile)[0]
    return {each.name: each for each in file.suspicions}


def suspected_of(finding: Finding) -> Suspicion | None:
    """What a finding suspects; None where it is no suspicion.

    Examples
    --------
    >>> from pipeline.timeline import Span
    >>> found = Finding("C1", "flag", "shirking", 0, Role.AGENT, Span(1, 2), "那您找物业去", "", 0.8, "1")
    >>> suspected_of(found).term
    '推诿'
    """
    return suspicions().get(finding.term) if finding.detector == FLAG else None


def as_flag(finding: Finding) -> Finding:
    """The finding of a term as its flag, which costs nothing, and tells whose it was (`filed_under`).

    Examples
    --------
    >>> from pipeline.timeline import Span
    >>> found = Finding("C1", "banned_wording", "不归我管", 0, Role.AGENT, Span(1, 2), "", None, 0.9, "1")
    >>> as_flag(found).detector, as_flag(found).term
    ('flag', 'banned_wording/不归我管')
    """
    return replace(finding, detector=FLAG, term=f"{finding.detector}/{finding.term}")


def doubted(finding: Finding, probability: float, by: str) -> Finding:
    """A listed finding as the flag of its term: a second opinion gives it so little that a person decides.

    Parameters
    ----------
    probability : float
        That it is meant, 0..1.
    by : str
        The version of what doubts it.

    Examples
    --------
    >>> from pipeline.timeline import Span
    >>> found = Finding("C1", "banned_wording", "不行", 0, Role.AGENT, Span(1, 2), "不行", None, 0.9, "own-1-f00d")
    >>> flag = doubted(found, 0.3, "bundled-beef")
    >>> flag.term, flag.confidence, flag.detector_version, is_doubted(flag), is_doubted(found)
    ('banned_wording/不行', 0.3, 'own-1-f00d+bundled-beef', True, False)
    """
    return replace(
        as_flag(finding),
        confidence=min(finding.confidence, probability),
        detector_version=f"{finding.detector_version}+{by}",
    )


def is_doubted(finding: Finding) -> bool:
    """Whether a flag is a listed finding that a second opinion doubts; not that of a term that was demoted."""
    return finding.detector == FLAG and "/" in finding.term and "+" in finding.detector_version


def filed_under(finding: Finding) -> tuple[str, str] | None:
    """The detector and the term under which a flag counts once it is affirmed; None for what is no flag.

    A suspicion's are those of the file; a term that was demoted has its own, which the flag names.

    Examples
    --------
    >>> from pipeline.timeline import Span
    >>> demoted = Finding("C1", "flag", "banned_wording/不归我管", 0, Role.AGENT, Span(1, 2), "", None, 0.9, "1")
    >>> filed_under(demoted), filed_under(replace(demoted, term="shirking"))
    (('banned_wording', '不归我管'), ('banned_wording', '推诿'))
    """
    if meant := suspected_of(finding):
        return meant.detector, meant.term
    detector, slash, term = finding.term.partition("/")
    return (detector, term) if finding.detector == FLAG and slash else None


def affirmed(finding: Finding) -> Finding:
    """A suspicion that a person says is so: it counts as what it is, with certainty.

    Raises
    ------
    ValueError
        If the finding is no suspicion.

    Examples
    --------
    >>> from pipeline.timeline import Span
    >>> found = Finding("C1", "flag", "shirking", 0, Role.AGENT, Span(1, 2), "那您找物业去", "", 0.8, "1")
    >>> sure = affirmed(found)
    >>> sure.detector, sure.term, sure.confidence
    ('banned_wording', '推诿', 1.0)
    """
    meant = filed_under(finding)
    if meant is None:
        raise ValueError(f"{finding.detector}/{finding.term} is no suspicion")
    detector, term = meant
    return replace(finding, detector=detector, term=term, confidence=1.0)
