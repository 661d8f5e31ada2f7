"""The same month under two scorecards: whose score, grade, bonus or consequence changes.

Knows two results; not how they were computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pipeline.month.assessment.agent_month import AgentMonth
from pipeline.scorecard import Scorecard, shown
from pipeline.tally import NOTHING

NOT_ASKED = "不在此标准的适用范围内"
"""The reason why somebody has no month under one of the two scorecards."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One agent's month before and after.

    Parameters
    ----------
    before, after : AgentMonth
        By the scorecard in force, and by the one that is tried.
    pays : tuple of str
        What the grade pays before and after, in Chinese; empty where nothing is proposed.
    lost, gained : tuple of str
        Titles of consequences that no longer, or newly, follow.
    """

    before: AgentMonth
    after: AgentMonth
    pays: tuple[str, str] = ("", "")
    lost: tuple[str, ...] = ()
    gained: tuple[str, ...] = ()

    @property
    def score_changed(self) -> bool:
        """Whether the score differs as it is shown, or appears or vanishes.

        Examples
        --------
        >>> row = AgentMonth("1001", "林", "2026-07", "kf01", 1, 0, 0, 0, (), None, NOTHING, 0, 0, 0)
        >>> Difference(row, row).score_changed
        False
        """
        one, other = self.before.score, self.after.score
        if one is None or other is None:
            return one is not other
        return shown(one) != shown(other)

    @property
    def grade_changed(self) -> bool:
        """Whether the grade differs, or whether one is given at all.

        Examples
        --------
        >>> from dataclasses import replace
        >>> row = AgentMonth("1001", "林", "2026-07", "kf01", 1, 0, 0, 0, (), None, NOTHING, 0, 0, 0, grade="优秀")
        >>> Difference(row, replace(row, grade="合格")).grade_changed
        True
        """
        return self.before.grade != self.after.grade

    @property
    def bonus_changed(self) -> bool:
        """Whether another bonus would be proposed.

        Examples
        --------
        >>> row = AgentMonth("1001", "林", "2026-07", "kf01", 1, 0, 0, 0, (), None, NOTHING, 0, 0, 0)
        >>> Difference(row, row, pays=("绩效奖金基数×1.2", "")).bonus_changed
        True
        """
        return self.pays[0] != self.pays[1]

    @property
    def changed(self) -> bool:
        """Whether anything differs that reaches the agent.

        Examples
        --------
        >>> row = AgentMonth("1001", "林", "2026-07", "kf01", 1, 0, 0, 0, (), None, NOTHING, 0, 0, 0)
        >>> Difference(row, row).changed, Difference(row, row, lost=("月度明星客服",)).changed
        (False, True)
        """
        return any((self.score_changed, self.grade_changed, self.bonus_changed, self.lost, self.gained))


def pay_of_grade(scorecard: Scorecard, grade: str | None) -> str:
    """What a grade of one month pays, in Chinese; empty where the scorecard says nothing of it.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> card = find_scorecard("jiazheng")
    >>> pay_of_grade(card, "不合格"), pay_of_grade(card, None)
    ('绩效奖金基数×1，减当月工资的5%', '')
    """
    said = [
        each.pay
        for each in scorecard.consequences
        if each.pays and each.whom == "agent" and grade is not None and each.when.grade == grade
        if each.when.months == 1 and each.when.quarters is None and not each.when.after
    ]
    return "；".join(said)


def compare(
    standards: tuple[Scorecard, Scorecard],
    before: Iterable[AgentMonth],
    after: Iterable[AgentMonth],
    consequences: tuple[Mapping[str, frozenset[str]], Mapping[str, frozenset[str]]],
) -> Iterator[Difference]:
    """The difference of every agent of either side, by id; the row without an agent last.

    Parameters
    ----------
    standards : tuple of Scorecard
        The one in force, and the one that is tried.
    consequences : tuple of mappings
        Titles proposed for each agent, before and after.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> card = find_scorecard("kf01")
    >>> row = AgentMonth("1001", "林", "2026-07", "kf01", 1, 0, 0, 0, (), None, NOTHING, 0, 0, 0)
    >>> (only,) = compare((card, card), [row], [], ({"1001": frozenset({"奖金"})}, {}))
    >>> only.lost, only.after.undecided
    (('奖金',), '不在此标准的适用范围内')
    """
    earlier = {row.agent_id: row for row in before}
    later = {row.agent_id: row for row in after}
    for agent in sorted(earlier.keys() | later.keys(), key=lambda agent: (agent is None, agent or "")):
        known = (earlier | later)[agent]
        was, becomes = (
            side.get(agent) or _no_month(known, card)
            for side, card in zip((earlier, later), standards, strict=True)
        )
        proposed = [side.get(agent or "", frozenset()) for side in consequences]
        yield Difference(
            was,
            becomes,
            (pay_of_grade(standards[0], was.grade), pay_of_grade(standards[1], becomes.grade)),
            tuple(sorted(proposed[0] - proposed[1])),
            tuple(sorted(proposed[1] - proposed[0])),
        )


def _no_month(known: AgentMonth, scorecard: Scorecard) -> AgentMonth:
    """The month of somebody whom a scorecard does not ask anything."""
    return AgentMonth(
        agent_id=known.agent_id,
        agent_name=known.agent_name,
        month=known.month,
        scorecard=scorecard.name,
        revision=scorecard.revision,
        evaluated=0,
        unscorable=0,
        failed=0,
        criteria=(),
        speed_of_answer_s=None,
        within_three_rings=NOTHING,
        banned_wording=0,
        apologies_owed=0,
        apologies_given=0,
        team=known.team,
        undecided=NOT_ASKED,
    )
