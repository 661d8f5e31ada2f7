"""One call judged by one scorecard: an answer to each criterion, with points and the reason for each point lost.

Knows findings and rules; never audio. What is missing is decided here, not in the detectors.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pipeline.call import Status


@dataclass(frozen=True, slots=True)
class Tally:
    """Points awarded out of points possible. Tallies are added first and divided last.

    Examples
    --------
    >>> (Tally(10, 10) + Tally(45, 90)).share
    0.55
    """

    awarded: float = 0.0
    possible: float = 0.0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.awarded + other.awarded, self.possible + other.possible)

    @property
    def share(self) -> float | None:
        """Awarded by possible, 0..1; None when nothing was possible."""
        return self.awarded / self.possible if self.possible else None

    @staticmethod
    def sum(tallies: Iterable[Tally]) -> Tally:
        """All of them added; `Tally()` for none."""
        return sum(tallies, Tally())


class Outcome(StrEnum):
    """How a criterion was answered. Only the first three carry points."""

    MET = "met"
    PARTLY_MET = "partly_met"
    NOT_MET = "not_met"
    NOT_APPLICABLE = "not_applicable"
    NEEDS_FEED = "needs_feed"  # waits for an outside feed
    NEEDS_PERSON = "needs_person"  # waits for a person's judgement


@dataclass(frozen=True, slots=True)
class Answer:
    """The judgement on one criterion of one call.

    Parameters
    ----------
    level : str | None
        The level's name on the scorecard (符合, 基本符合 …); None when no points are at stake.
    tally : Tally
        Points; ``Tally(0, 0)`` for not applicable and open items, which so leave the denominator.
    findings : tuple[int, ...]
        The evidence: positions in the call's list of findings.
    reasons : tuple[str, ...]
        In Chinese, a sentence for each point lost or left open.
    source : str
        ``machine`` or ``person``.
    """

    criterion_id: str
    outcome: Outcome
    level: str | None
    tally: Tally
    findings: tuple[int, ...]
    reasons: tuple[str, ...]
    source: str = "machine"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One call judged by one revision of one scorecard.

    `lexicons` is the hash of the phrase lists in force. `review` names, in Chinese, why a person should look.
    An unscorable call has no answers.
    """

    call_id: str
    agent_id: str | None
    scorecard: str
    revision: int
    lexicons: str
    status: Status
    answers: tuple[Answer, ...]
    review: tuple[str, ...] = ()

    @property
    def tally(self) -> Tally:
        """Points over all answers."""
        return Tally.sum(answer.tally for answer in self.answers)

    @property
    def score(self) -> float | None:
        """Percent of the points that were possible, 0..100; None when none were."""
        share = self.tally.share
        return None if share is None else 100 * share
