"""``judged``: what a language model says of the item, once it has passed the gate and a person let it count."""

from __future__ import annotations

from typing import ClassVar, Literal

from pipeline.findings.finding import JUDGED
from pipeline.scorecard.rules.rule import Rule
from pipeline.scorecard.rules.verdict import PLEASE_LISTEN, Case, Verdict
from pipeline.timeline import place

SHARES = {"符合": 1.0, "部分符合": 0.5, "不符合": 0.0}


class JudgedItem(Rule):
    """Met, partly or not as a live judge says; where none is live or it could not tell, a person listens."""

    sentence: ClassVar[str] = "大模型判定符合 {kept} 通、不符合 {lost} 通"

    kind: Literal["judged"]

    def decide(self, title: str, case: Case) -> Verdict:
        """The verdict of the judge of this item, as sure as the words are, and as the gate lets it be.

        Examples
        --------
        >>> from pipeline.hearing.dialogue import hearing_of
        >>> from pipeline.findings.titles import shipped_titles
        >>> case = Case.of(hearing_of(['坐席：您好']), (), shipped_titles())
        >>> JudgedItem(kind="judged").decide("复述", case).reasons
        ('复述：大模型没有给出判定，请人工复核',)
        """
        found = case.of_term(JUDGED, case.item)
        if not found:
            return Verdict(None, reasons=(f"{title}：大模型没有给出判定，{PLEASE_LISTEN}",), unsure=True)
        said = [case.findings[n] for n in found]
        share = SHARES[str(said[0].value)]
        where = "、".join(f"{place(each.span.start)} “{each.quote}”" for each in said if each.quote)
        reason = f"{title}：大模型判定{said[0].value}" + (f"，依据 {where}" if where else "")
        return Verdict(share, found, () if share == 1.0 else (reason,), min(each.confidence for each in said))

    @property
    def evidence_of(self) -> str:
        """The detector of what a live judge says."""
        return JUDGED
