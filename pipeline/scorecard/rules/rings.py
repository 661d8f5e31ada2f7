"""``rings``: an inbound call was answered within so many rings."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from pipeline.audio.speed_of_answer import rings_by
from pipeline.call import Direction
from pipeline.scorecard.rules.rule import Clock, Rule
from pipeline.scorecard.rules.verdict import ELSEWHERE, Case, Verdict
from pipeline.timeline import place


class Rings(Rule):
    """At most `at_most` rings, heard or by the record; inbound calls only."""

    needs: ClassVar[tuple[str, ...]] = ("at_most",)
    sentence: ClassVar[str] = "按时接听 {kept} 通、超时 {lost} 通"

    kind: Literal["rings"]
    at_most: Annotated[int, Field(ge=0)] = 0

    def decide(self, title: str, case: Case) -> Verdict:
        """By the rings in the recording, else by the seconds in the record; not applicable where nothing tells.

        Examples
        --------
        >>> from pipeline.hearing.dialogue import hearing_of
        >>> from pipeline.findings.titles import shipped_titles
        >>> case = Case.of(hearing_of(['坐席：您好']), (), shipped_titles())
        >>> rule = Rings(kind="rings", at_most=3)
        >>> rule.decide("要点", case).reasons
        ('要点：录音没有铃声，话单也没有振铃和接听时间，无法判断',)
        """
        hearing, most = case.hearing, self.at_most
        speed = hearing.speed_of_answer
        if hearing.call.direction is not Direction.INBOUND:
            return Verdict(None)
        if case.lacks(("opening",)):
            return ELSEWHERE
        rings = speed.rings
        if rings is None:
            rings = None if speed.by_record is None else rings_by(speed.by_record)
        if rings is None:
            return Verdict(None, (), (f"{title}：录音没有铃声，话单也没有振铃和接听时间，无法判断",))
        evidence = tuple(n for n, f in enumerate(case.findings) if f.detector == "ringing")
        if rings <= most:
            return Verdict(1.0, evidence)
        if speed.rings is not None:
            rung = f"{place(hearing.ringback.bursts[0].start)} 起录音中响铃 {rings} 声"
        else:
            rung = f"话单振铃 {speed.by_record:g} 秒，合 {rings} 声"
        return Verdict(0.0, evidence, (f"{title}：{rung}，超过 {most} 声",))

    @property
    def may_not_arise(self) -> bool:
        """True: outbound calls do not ring here."""
        return True

    @property
    def clock(self) -> Clock:
        """The rings before the answer.

        Examples
        --------
        >>> Rings(kind="rings", at_most=3).clock
        Clock(concept='响应', clock='rings', line='（≤3 声铃响）')
        """
        return Clock("响应", "rings", f"（≤{self.at_most} 声铃响）")
