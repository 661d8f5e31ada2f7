"""The disagreement of a classifier that is not live with what is live: the same calls, both opinions.

Knows findings of both; neither how they were made, nor who is right: that is for a person to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from pipeline.findings import Finding
from pipeline.findings.finding import FLAG, SHADOW
from pipeline.validation.learning.registry import Term

Place: TypeAlias = tuple[str, int]
"""A call and the index of a turn in it."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """The findings of a version that is not live, beside what was live, in turns.

    Parameters
    ----------
    calls : int
        Calls that both looked at.
    both : int
        Turns in which both found it.
    only_shadow, only_live : tuple of Place
        Turns in which one of them did.
    """

    criterion: str
    version: str
    calls: int
    both: int
    only_shadow: tuple[Place, ...]
    only_live: tuple[Place, ...]


def disagreement(
    criterion: str, version: str, live: Term, findings: Mapping[str, Sequence[Finding]]
) -> Disagreement:
    """The disagreement of a version with what is live.

    Parameters
    ----------
    live : pair of str
        Detector and term under which phrases and the live classifier file what counts.
    findings : mapping
        All findings of each call that both looked at, by call id.

    Examples
    --------
    >>> from pipeline.hearing.turns import Role
    >>> from pipeline.timeline import Span
    >>> def found(detector, term, turn, version):
    ...     return Finding("C1", detector, term, turn, Role.CUSTOMER, Span(0, 1), "", None, 0.9, version)
    >>> both = [found(SHADOW, "complaint", 3, "v2"), found("complaint", "complaint", 5, "v1")]
    >>> apart = disagreement("complaint", "v2", ("complaint", "complaint"), {"C1": both})
    >>> apart.only_shadow, apart.only_live, apart.both
    ((('C1', 3),), (('C1', 5),), 0)
    """
    shadow, counting = set[Place](), set[Place]()
    for call_id, found in findings.items():
        for finding in found:
            if finding.turn_index is None:
                continue
            if finding.detector in (SHADOW, FLAG) and finding.detector_version == version:
                shadow.add((call_id, finding.turn_index))
            elif (finding.detector, finding.term) == live:
                counting.add((call_id, finding.turn_index))
    return Disagreement(
        criterion,
        version,
        len(findings),
        len(shadow & counting),
        tuple(sorted(shadow - counting)),
        tuple(sorted(counting - shadow)),
    )
