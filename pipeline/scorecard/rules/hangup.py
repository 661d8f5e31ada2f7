"""``hangup``: the customer hung up first."""

from __future__ import annotations

from typing import ClassVar, Literal

from pipeline.findings.detectors.hangup import HANGUP
from pipeline.hearing.turns import Role
from pipeline.scorecard.rules.rule import Rule
from pipeline.scorecard.rules.verdict import ELSEWHERE, PLEASE_LISTEN, Case, Verdict
from pipeline.timeline import place


class Hangup(Rule):
    """By the call record, else by the busy tone or a dead line at the end; not applicable where none tells."""

    sentence: ClassVar[str] = "客户先收线 {kept} 通、坐席先收线 {lost} 通"

    kind: Literal["hangup"]

    def decide(self, title: str, case: Case) -> Verdict:
        """Met where the customer hung up first, not met where the agent did by the record.

        A tone, or silence, that says that it was the agent is evidence, not proof: that is left to a person.

        Examples
        --------
        >>> from pipeline.hearing.dialogue import hearing_of
        >>> from pipeline.findings.titles import shipped_titles
        >>> case = Case.of(hearing_of(['坐席：您好']), (), shipped_titles())
        >>> rule = Hangup(kind="hangup")
        >>> rule.decide("要点", case)
        Verdict(share=None, evidence=(), reasons=(), confidence=1.0, unsure=False)
        """
        if case.lacks(("closing",)):
            return ELSEWHERE
        by = case.hearing.call.hangup_by
        if by in ("agent", "customer"):
            return Verdict(1.0) if by == "customer" else Verdict(0.0, (), (f"{title}：话单显示坐席先挂机",))
        heard = case.of_term(HANGUP.name, "first")
        if by or not heard:
            return Verdict(None)
        finding = case.findings[heard[0]]
        if finding.role is Role.CUSTOMER:
            return Verdict(1.0, heard, (), finding.confidence)
        silent = f"从 {place(finding.span.start)} 起坐席一侧没有了线路声"
        sign = "坐席一侧是忙音" if case.hearing.hung_up else silent
        why = f"{title}：话单没有写谁先挂机，录音结尾{sign}，可能是坐席先挂机，{PLEASE_LISTEN}"
        return Verdict(None, heard, (why,), unsure=True)

    @property
    def may_not_arise(self) -> bool:
        """True: not every record tells."""
        return True
