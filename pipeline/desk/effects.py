"""What people's answers on one call do to its agent's month.

Knows the two months that are compared; how they are made is in `flows.desk.server`.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.month.assessment import AgentMonth


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

    @property
    def reopening(self) -> str:
        """How what changes a closed month comes to count, in Chinese; empty where nothing is closed or changes."""
        if not self.closed or self.before == self.after:
            return ""
        month, standard = self.after.month, self.after.scorecard
        reopen = f"callqa month {month} --standard {standard} --reopen --by 姓名 --reason 原因"
        return f"{month} 已关账，已定的结果不变；要计入，请先重开（{reopen}），再重新关账。"
