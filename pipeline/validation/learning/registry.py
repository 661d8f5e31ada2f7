"""Classifiers under governance: which versions there are, what each may do, and which phrases may cost nothing.

Knows stages and who set them; not how a classifier is trained (`models`), nor when it may go live (`gate`).
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from pipeline.enums import TitledEnum
from pipeline.findings import Finding
from pipeline.findings.suspicion import as_flag

GATE = "gate"
"""The name in which a term is demoted without a person. Nothing is restored in it."""

Term: TypeAlias = tuple[str, str]
"""A detector and one of its terms."""


class Stage(TitledEnum):
    """The stage of a version of a classifier: what it may do."""

    DRAFT = "draft", "草稿"  # runs beside the live one, and is reported
    SHADOW = "shadow", "影子运行"  # the same, and a person has said that it is to go live
    LIVE = "live", "在用"  # its findings count
    FLAG = "flag", "只提示不扣分"  # demoted: its findings are shown in review and cost nothing
    RETIRED = "retired", "停用"  # does not run


@dataclass(frozen=True, slots=True)
class StageChange:
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
class ClassifierVersion:
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
    last: StageChange

    @property
    def stage(self) -> Stage:
        """What it may do now."""
        return self.last.stage


@dataclass(frozen=True, slots=True)
class Demotion:
    """A term of a lexicon or rulebook that costs nothing from then on, or, restored, counts again.

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
    """The criterion of labels on one term of a lexicon or rulebook: whether the finding is right there.

    Examples
    --------
    >>> phrase_criterion("banned_wording", "不归我管")
    'banned_wording/不归我管'
    """
    return f"{detector}/{term}"


def flag_demoted(findings: Iterable[Finding], demoted: Set[Term]) -> tuple[Finding, ...]:
    """The findings, those of demoted terms as flags: they cost nothing, and a person sees them in review.

    A flag's term names the detector as well, so that it still tells whose it was.

    Examples
    --------
    >>> from pipeline.hearing.turns import Role
    >>> from pipeline.timeline import Span
    >>> found = Finding("C1", "banned_wording", "不归我管", 0, Role.AGENT, Span(1, 2), "", None, 0.9, "1")
    >>> [(f.detector, f.term) for f in flag_demoted([found], {("banned_wording", "不归我管")})]
    [('flag', 'banned_wording/不归我管')]
    """
    return tuple(as_flag(f) if (f.detector, f.term) in demoted else f for f in findings)
