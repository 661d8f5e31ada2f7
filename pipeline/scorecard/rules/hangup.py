"""``hangup``: the customer hung up first."""

from __future__ import annotations

from typing import ClassVar, Literal

from pipeline.scorecard.rules.rule import CallFacts, Rule
from pipeline.scorecard.rules.verdict import Case, Verdict


class Hangup(Rule):
    """By the call record; not applicable where it does not tell."""

    sentence: ClassVar[str] = "客户先收线 {kept} 通、坐席先收线 {lost} 通"

    kind: Literal["hangup"]

    def decide(self, title: str, case: Case) -> Verdict:
        """Met where the customer hung up first, not met where the agent did.

        Examples
        --------
        >>> from pipeline.hearing.dialogue import hearing_of
        >>> from pipeline.findings.titles import shipped_titles
        >>> case = Case.of(hearing_of(['坐席：您好']), (), shipped_titles())
        >>> rule = Hangup(kind="hangup")
        >>> rule.decide("要点", case)
        Verdict(share=None, evidence=(), reasons=(), confidence=1.0, unsure=False)
        """
        by = case.hearing.call.hangup_by
        if by not in ("agent", "customer"):
            return Verdict(None)
        return Verdict(1.0) if by == "customer" else Verdict(0.0, (), (f"{title}：话单显示坐席先挂机",))

    def applies(self, facts: CallFacts) -> bool:
        """Whether the record tells who hung up."""
        return facts.call.hangup_by in ("agent", "customer")

    @property
    def may_not_arise(self) -> bool:
        """True: not every record tells."""
        return True
