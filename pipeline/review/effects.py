"""What people's answers on one call do to its agent's month.

Knows the two months that are compared; how they are made is in `flows.review`.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.assessment import AgentMonth


@dataclass(frozen=True, slots=True)
class Effect:
    """An agent's month by one scorecard, without and with what is said of one call.

    Parameters
    ----------
    title : str
        The scorecard's.
    before, after : AgentMonth
        Computed from the calls as they are now, without what feeds tell where none are at hand.
    closed : bool
        Whether the month is closed: then neither is what is paid by, until it is reopened.
    """

    title: str
    before: AgentMonth
    after: AgentMonth
    closed: bool

    @property
    def gained(self) -> float | None:
        """By how many points the score changes; None where one of the two has none."""
        if self.before.score is None or self.after.score is None:
            return None
        return self.after.score - self.before.score
