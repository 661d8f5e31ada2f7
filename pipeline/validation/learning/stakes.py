"""Months that were closed on findings which are no longer trusted: who had points at stake on them.

Knows what an answer stakes on its evidence; not which months there are (`store`), nor what is then done about them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pipeline.evaluation import VETO, Answer, Outcome


@dataclass(frozen=True, slots=True)
class MonthAtStake:
    """One agent in one closed month whose points rest on such findings.

    Parameters
    ----------
    month : str
        ``YYYY-MM``.
    calls : int
        Calls with points that rest on them.
    lost, given : float | None
        Points withheld and awarded by the answers that rest on them; None where the month was computed from stored
        findings by a scorecard whose answers are not kept call by call.
    """

    month: str
    standard: str
    revision: int
    agent_id: str | None
    calls: int
    lost: float | None
    given: float | None


def points_at_stake(answers: Sequence[Answer], positions: Collection[int]) -> tuple[float, float] | None:
    """The points lost and given in a call by answers that rest on the findings at these positions; None for none.

    An answer that is scored once a month has no points of its own and gives (0, 0). Where the findings took the
    whole call by an auto-fail criterion, everything that was lost by it counts.

    Examples
    --------
    >>> from pipeline.tally import Tally
    >>> lost = Answer("A", Outcome.NOT_MET, "不符合", Tally(0, 15), (2,), ())
    >>> kept = Answer("B", Outcome.MET, "符合", Tally(5, 5), (4,), ())
    >>> points_at_stake([lost, kept], {2}), points_at_stake([lost, kept], {7})
    ((15, 0), None)
    """
    resting = [answer for answer in answers if set(answer.findings) & set(positions)]
    if not resting:
        return None
    vetoed = any(a.outcome is Outcome.NOT_MET and not _voided(a) for a in resting)
    if vetoed:
        resting += [answer for answer in answers if _voided(answer) and answer not in resting]
    lost = sum(max(0.0, answer.tally.possible - answer.tally.awarded) for answer in resting)
    return lost, sum(answer.tally.awarded for answer in resting)


def _voided(answer: Answer) -> bool:
    return any(reason.startswith(VETO) for reason in answer.reasons)
