"""Classifiers under governance: which versions there are, what each may do, and which phrases may cost nothing.

Knows stages and who set them; not how a classifier is trained (`models`), nor when it may go live (`gate`).
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from pipeline.findings import Finding

FLAG = "flag"
"""The detector of what is shown in review and costs nothing."""

SHADOW = "shadow"
"""The detector of what a classifier finds that is not live."""

GATE = "gate"
"""Who demotes without a person. Nothing is restored in this name."""

Term: TypeAlias = tuple[str, str]
"""A detector and one of its terms."""


class Stage(StrEnum):
    """What a version of a classifier may do."""

    DRAFT = "draft"  # runs beside the live one, and is reported
    SHADOW = "shadow"  # the same, and a person has said that it is to go live
    LIVE = "live"  # its findings count
    FLAG = "flag"  # demoted: its findings are shown in review and cost nothing
    RETIRED = "retired"  # does not run


@dataclass(frozen=True, slots=True)
class Staged:
    """One change of stage.

    Parameters
    ----------
    by, reason : str
        Who did it, and why; the reason may be empty.
    at : datetime
        When, timezone-aware.
    """

    criterion: str
    version: str
    stage: Stage
    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Registered:
    """A version of a classifier as it stands now.

    Parameters
    ----------
    card : str
        What it is and how it was measured, as JSON; `models` knows its fields.
    sha256 : str
        Of the artifact's bytes, which the store hands out by itself.
    registered_at, registered_by
        When, timezone-aware, and by whom it was registered.
    last : Staged
        The change that put it where it is.
    """

    criterion: str
    version: str
    card: str
    sha256: str
    registered_at: datetime
    registered_by: str
    last: Staged

    @property
    def stage(self) -> Stage:
        """What it may do now."""
        return self.last.stage


@dataclass(frozen=True, slots=True)
class Demotion:
    """A term of a phrase list or rule file that costs nothing from then on, or, restored, counts again.

    Parameters
    ----------
    restored : bool
        Whether this gives the term its weight back.
    by, reason : str
        Who did it, and why.
    """

    detector: str
    term: str
    restored: bool
    at: datetime
    by: str
    reason: str


def phrase_criterion(detector: str, term: str) -> str:
    """What a label says of one term of a phrase list or rule file: whether the finding is right there.

    Examples
    --------
    >>> phrase_criterion("banned_wording", "不归我管")
    'banned_wording/不归我管'
    """
    return f"{detector}/{term}"


def flagged(findings: Iterable[Finding], demoted: Set[Term]) -> tuple[Finding, ...]:
    """The findings, those of demoted terms as flags: they cost nothing, and a person sees them in review.

    A flag's term names the detector as well, so that it still tells whose it was.
    """
    return tuple(
        replace(f, detector=FLAG, term=phrase_criterion(f.detector, f.term))
        if (f.detector, f.term) in demoted
        else f
        for f in findings
    )
