"""Proposals: the consequences that follow from the months as they stand, with their evidence.

Knows the rules of a scorecard's consequences; not what was proposed before (`changes`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import floor

from pipeline.month.assessment.agent_month import AgentMonth
from pipeline.month.assessment.periods import months_of, next_period
from pipeline.month.ledger.entries import Entry, Evidence, entries_in_force
from pipeline.month.ledger.standings import LINE, Standing, period_title, standings, unit_standings
from pipeline.scorecard import Consequence, Event, Scorecard, Trigger, shown
from pipeline.tally import rounded

LENGTHS = {"month": 1, "quarter": 3, "year": 12}
UNITS = {"month": "个月", "quarter": "个季度", "year": "年"}
CURRENT = {"month": "当月", "quarter": "当季", "year": "当年"}
LISTED = 5
"""Places of an event that a proposal names."""
RANKING = {"month": "月度", "quarter": "季度", "year": "年度"}


@dataclass(frozen=True, slots=True)
class Proposal:
    """One consequence for one agent; without effect until a person signs it.

    Parameters
    ----------
    month : str
        The month, quarter or year for which it is; of a streak the last one.
    condition : str
        What was fulfilled, in Chinese: ``连续 3 个月优秀``.
    pay : str
        What hangs on it, in Chinese; empty where no money does.
    sentence : str
        The evidence in Chinese, ending in the condition.
    flag : bool
        Whether it is a flag, which two people must sign.
    """

    agent_id: str
    agent_name: str | None
    month: str
    standard: str
    consequence_id: str
    title: str
    condition: str
    pay: str
    evidence: tuple[Evidence, ...]
    sentence: str
    flag: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """Agent, month and consequence: what is proposed once."""
        return self.agent_id, self.month, self.consequence_id


def propose(card: Scorecard, months: Sequence[AgentMonth], ledger: Sequence[Entry]) -> tuple[Proposal, ...]:
    """The proposals that follow from the months as they stand, by period, agent and the order of the scorecard.

    Parameters
    ----------
    months : sequence of AgentMonth
        The standing closed months of all agents and teams since the first one; of each and month the last closing.
    ledger : sequence of Entry
        Read for flags, looks and the signatures on which ``after`` waits; what was proposed before is not asked.

    Note
    ----
    - A result without a grade (no score, too little scored, an interval over a grade line that nobody has looked
      at) proposes nothing and breaks a streak; so does a month, quarter or year in which the agent has no result.
    - A streak is made of periods that follow each other in the calendar. It is proposed once, when it reaches its
      length, and again only after it was broken. A rule of one month, such as a bonus, is proposed for each.
    - ``after: X`` counts only periods that lie after the earliest one for which X is signed for this agent.
    - Quarters and years count when they are over; see `standings`, also for flags and looks.
    - An event is proposed for the month in which it happened, whatever the grade, and rests on its places alone.
    - A consequence of a team or its head follows from the team's months, that of the head of all (`LINE`) from
      what all add up to; the unit stands in the place of the agent.
    - A top share of the n agents who are ranked in a period is floor(n x share) places, at least one. All who
      share the score of the last place are proposed, and their sentences say that a person must choose.
    - A consequence is proposed for periods whose last month was assessed by the card's own revision; the months
      before may be of earlier ones. A new revision says nothing about the months of an old one.

    Examples
    --------
    >>> from pipeline.month.assessment.agent_month import CriterionMonth
    >>> from pipeline.scorecard import find_scorecard
    >>> from pipeline.tally import NOTHING, Tally
    >>> card = find_scorecard("jiazheng")
    >>> part = CriterionMonth("A", "", 100, Tally(95, 100), 1, 0, 0)
    >>> def month(name):
    ...     return AgentMonth(
    ...         "1001", "林", name, card.name, card.revision, 1, 0, 0, (part,), None, NOTHING, 0, 0, 0, grade="优秀"
    ...     )
    >>> [(p.month, p.title, p.condition) for p in propose(card, [month("2026-07")], ledger=[])[:2]]
    [('2026-07', '额外绩效奖金（如当月工资的10%）', '当月优秀'), ('2026-07', '颁发“月度明星客服”证书', '当月优秀')]
    """
    results = standings(card, months, ledger)
    revisions = revision_by_month(card, months)
    signed = [e for e in entries_in_force(ledger) if e.kind == "proposal" and e.standard == card.name]
    order = {consequence.id: number for number, consequence in enumerate(card.consequences)}
    units = unit_standings(card, months) if any(each.whom != "agent" for each in card.consequences) else ()
    found: list[Proposal] = []
    for consequence in card.consequences:
        if consequence.when.person:
            continue  # nothing is there to follow from
        if consequence.when.event is not None:
            found += _happened(card, consequence, months)
        else:
            of = {"agent": results, "team": [u for u in units if u.agent_id != LINE], "head": units}
            found += _follow(card, consequence, of[consequence.whom], signed)
    due = (p for p in found if revisions[months_of(p.month)[-1]] == card.revision)
    return tuple(sorted(due, key=lambda p: (months_of(p.month)[-1], p.month, p.agent_id, order[p.consequence_id])))


def revision_by_month(card: Scorecard, months: Sequence[AgentMonth]) -> dict[str, int]:
    """The revision of the scorecard by which each closed month was assessed; the latest where there are several.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> from pipeline.tally import NOTHING
    >>> row = AgentMonth("1001", "林", "2026-07", "kf01", 2, 0, 0, 0, (), None, NOTHING, 0, 0, 0)
    >>> revision_by_month(find_scorecard("kf01"), [row])
    {'2026-07': 2}
    """
    own = sorted((month.month, month.revision) for month in months if month.scorecard == card.name)
    return dict(own)


def condition(card: Scorecard, consequence: Consequence) -> str:
    """The condition of a consequence in Chinese.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> card = find_scorecard("jiazheng")
    >>> [condition(card, consequence) for consequence in card.consequences[:4]]
    ['当月优秀', '当月合格', '当月不合格', '当月优秀']
    """
    when = consequence.when
    if when.event is not None or when.person:
        return _told(card, when.event) if when.event else "由人提出"
    if when.top is not None:
        return f"{RANKING[when.period]}前 {shown(100 * when.top)}%"
    kind, length = _streak(when)
    streak = f"连续 {length} {UNITS[kind]}{when.grade}" if length > 1 else f"{CURRENT[kind]}{when.grade}"
    titles = {each.id: each.title for each in card.consequences}
    return f"{titles.get(when.after, when.after)}签字后{streak}" if when.after else streak


def _told(card: Scorecard, event: Event) -> str:
    """An event in a few Chinese words."""
    if event.criterion:
        what = f"“{card.criterion(event.criterion).title}”不符合"
    else:
        what = f"出现{'、'.join(event.terms) or card.titles.detector(event.detector)}"
    return f"当月{what}" + (f" {event.times} 次及以上" if event.times > 1 else "")


def _streak(when: Trigger) -> tuple[str, int]:
    """The kind of period that is counted, and how many in a row."""
    return ("quarter", when.quarters) if when.quarters else (when.period, when.months)


def _follow(
    card: Scorecard, consequence: Consequence, results: Sequence[Standing], signed: Sequence[Entry]
) -> Iterator[Proposal]:
    when = consequence.when
    kind, length = _streak(when)
    own = [result for result in results if len(months_of(result.period)) == LENGTHS[kind]]
    if when.top is not None:
        for period in sorted({result.period for result in own}):
            yield from _top(card, consequence, [result for result in own if result.period == period], when.top)
        return
    for agent_id, group in groupby(own, key=lambda result: result.agent_id):
        before = [e for e in signed if e.agent_id == agent_id and e.consequence_id == when.after]
        if when.after and not before:
            continue
        first = min(before, key=lambda entry: months_of(entry.month)[-1], default=None)
        since = months_of(first.month)[-1] if first else ""
        later = [result for result in group if months_of(result.period)[0] > since]
        waited = f"，{period_title(first.month)} 已签字“{first.title}”" if first else ""
        for run in _runs(later, when.grade, length):
            told = "、".join(result.sentence for result in run)
            yield _proposal(card, consequence, run, f"{told}{waited}，{condition(card, consequence)}")


def _runs(results: Sequence[Standing], grade: str, length: int) -> Iterator[tuple[Standing, ...]]:
    """Each streak of a grade at the moment when it reaches its length; `results` of one agent, in order."""
    run: list[Standing] = []
    for result in results:
        if run and (result.grade != grade or next_period(run[-1].period) != result.period):
            run = []
        if result.grade != grade:
            continue
        run.append(result)
        if len(run) == length or length == 1:
            yield tuple(run[-length:])


def _top(
    card: Scorecard, consequence: Consequence, results: Sequence[Standing], share: float
) -> Iterator[Proposal]:
    ranked = [(result.score, result) for result in results if result.ranked and result.score is not None]
    places = max(1, floor(round(len(ranked) * share, 9)))
    rivals = sorted(
        ((score, result) for score, result in ranked if not result.flagged),
        key=lambda pair: (-pair[0], pair[1].agent_id),
    )
    if not rivals:
        return
    border = rivals[min(places, len(rivals)) - 1][0]
    chosen = [(score, result) for score, result in rivals if score >= border]
    best_below = max((_end(result.high, score) for score, result in rivals if score < border), default=0.0)
    for score, result in chosen:
        rank = 1 + sum(other > score for other, _ in rivals)
        said = f"{result.sentence}，{len(ranked)} 人中第 {rank} 名，{condition(card, consequence)}（{places} 人）"
        equal = [other.agent_id for points, other in chosen if points == border and other is not result]
        if score == border and len(chosen) > places:
            said += f"；与 {'、'.join(equal)} 同分，超出名额，须由人选定"
        if _end(result.low, score) < best_below:
            said += "；分数区间与未入选者重叠，签字前须核对"
        yield _proposal(card, consequence, (result,), said)


def _end(end: float | None, score: float) -> float:
    return score if end is None else rounded(end)


def _proposal(card: Scorecard, consequence: Consequence, run: Sequence[Standing], sentence: str) -> Proposal:
    return Proposal(
        agent_id=run[-1].agent_id,
        agent_name=run[-1].agent_name,
        month=run[-1].period,
        standard=card.name,
        consequence_id=consequence.id,
        title=consequence.title,
        condition=condition(card, consequence),
        pay=consequence.pay,
        evidence=tuple(result.evidence for result in run),
        sentence=sentence,
    )


def _happened(card: Scorecard, consequence: Consequence, months: Sequence[AgentMonth]) -> Iterator[Proposal]:
    """A proposal for each agent's month in which the event of the consequence happened often enough."""
    times = consequence.when.event.times if consequence.when.event else 0
    for month in months:
        places = tuple(each.place for each in month.incidents if each.consequence_id == consequence.id)
        if month.agent_id is None or month.scorecard != card.name or not places or len(places) < times:
            continue
        told = "、".join(places[:LISTED]) + (f" 等 {len(places)} 处" if len(places) > LISTED else "")
        yield Proposal(
            agent_id=month.agent_id,
            agent_name=month.agent_name,
            month=month.month,
            standard=card.name,
            consequence_id=consequence.id,
            title=consequence.title,
            condition=condition(card, consequence),
            pay=consequence.pay,
            evidence=(Evidence(month.month, None, None, places),),
            sentence=f"{month.month} {told}，{condition(card, consequence)}",
            flag=consequence.flag,
        )
