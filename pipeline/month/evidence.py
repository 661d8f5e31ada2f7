"""The policy of what findings say of an agent, whatever the scorecard: `evidence.yaml`.

Knows which findings speak for the agent, which tell of the customer, and which owe and give an apology; not what
they are worth (`scorecard`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.findings import Finding
from pipeline.hearing.turns import Role
from pipeline.policy.load import load_policy

Name: TypeAlias = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    """A part of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Sign(_Part):
    """The findings that count for one thing: of a detector, by a role, of one term or of any."""

    detector: Name
    role: Role
    term: str = ""

    def names(self, finding: Finding) -> bool:
        """Whether the finding is one of them.

        Examples
        --------
        >>> from pipeline.timeline import Span
        >>> sign = Sign(detector="apology", role=Role.AGENT, term="sincere")
        >>> found = Finding("C1", "apology", "sincere", 2, Role.AGENT, Span(9.0, 10.0), "非常抱歉", None, 0.9, "1")
        >>> sign.names(found), Sign(detector="complaint", role=Role.CUSTOMER).names(found)
        (True, False)
        """
        return (finding.detector, finding.role) == (self.detector, self.role) and self.term in ("", finding.term)


class ApologyPolicy(_Part):
    """The findings that owe an apology, and those that give it."""

    owed: Annotated[tuple[Sign, ...], Field(min_length=1)]
    given: Annotated[tuple[Sign, ...], Field(min_length=1)]


class EvidencePolicy(_Part):
    """The policy of what findings say of an agent.

    Parameters
    ----------
    credit : tuple of str
        Detectors of what an agent should say: evidence for the agent, also where the answer as a whole lost points.
    cause : tuple of str
        Detectors of why a criterion applied at all.
    """

    name: Name
    revision: Annotated[int, Field(ge=1)]
    credit: tuple[Name, ...]
    cause: tuple[Name, ...]
    apology: ApologyPolicy

    @model_validator(mode="after")
    def _apart(self) -> EvidencePolicy:
        if both := sorted(set(self.credit) & set(self.cause)):
            raise ValueError(f"{', '.join(both)} is both to the agent's credit and of the customer: choose one")
        return self

    def apology_owed(self, findings: Sequence[Finding]) -> bool:
        """Whether the findings of a call owe an apology.

        Examples
        --------
        >>> from pipeline.timeline import Span
        >>> angry = Finding("C1", "complaint", "complaint", 1, Role.CUSTOMER, Span(5, 6), "", None, 0.9, "1")
        >>> bundled_evidence().apology_owed([angry]), bundled_evidence().apology_owed([])
        (True, False)
        """
        return any(sign.names(finding) for finding in findings for sign in self.apology.owed)

    def apology_given(self, findings: Sequence[Finding]) -> bool:
        """Whether one is owed and given at or after the start of the first finding that owes it.

        Examples
        --------
        >>> from pipeline.timeline import Span
        >>> def found(detector, term, role, start):
        ...     return Finding("C1", detector, term, 0, role, Span(start, start + 1), "", None, 0.9, "1")
        >>> complaint = found("complaint", "complaint", Role.CUSTOMER, 10.0)
        >>> sorry, too_soon = (found("apology", "sincere", Role.AGENT, start) for start in (12.0, 3.0))
        >>> policy = bundled_evidence()
        >>> policy.apology_given([complaint, sorry]), policy.apology_given([too_soon, complaint])
        (True, False)
        """
        owing = [f.span.start for f in findings if any(sign.names(f) for sign in self.apology.owed)]
        since = min(owing, default=float("inf"))
        giving = (f for f in findings if any(sign.names(f) for sign in self.apology.given))
        return any(finding.span.start >= since for finding in giving)


def load_evidence(path: Traversable | Path) -> EvidencePolicy:
    """The policy of a file.

    Raises
    ------
    PolicyError
        With file and line.
    """
    return load_policy(path, EvidencePolicy)[0]


@cache
def bundled_evidence() -> EvidencePolicy:
    """The policy that comes with callqa."""
    return load_evidence(files("pipeline.policy") / "evidence.yaml")
