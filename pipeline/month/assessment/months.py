"""A month assessed: every agent's criteria, counts, interval and grade.

Knows how calls and values add up; not how a call is judged (`evaluation`) nor what a sheet looks like (`workbook`).
Points and counts are added first and divided last, so a month is never a mean of percents.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from pipeline.call import Status
from pipeline.errors import ConfigurationError
from pipeline.evaluation import Answer, Outcome
from pipeline.indicators import Feeds
from pipeline.month.assessment.agent_month import AgentMonth
from pipeline.month.assessment.calls import UNASSIGNED, ScoredCall, by_agent, sort_calls
from pipeline.month.assessment.chance import reach, widened
from pipeline.month.assessment.criteria import (
    CallAnswer,
    CriterionCalls,
    CriterionResult,
    ScoringTask,
    low_quality,
)
from pipeline.month.assessment.formulas import judge_formula, mean_wait
from pipeline.month.assessment.grades import GradeBasis, grade_of
from pipeline.month.assessment.incidents import incidents
from pipeline.month.assessment.interval import interval
from pipeline.month.assessment.levels import judge_levels, weight_of_month
from pipeline.month.assessment.month_card import NO_FEEDS, Assessee, MonthCard, days_of
from pipeline.scorecard import Criterion, Scorecard, shown
from pipeline.scorecard.rules import Rings
from pipeline.tally import Tally


def assess(
    month: str, scorecard: Scorecard, calls: Iterable[ScoredCall], feeds: Feeds = NO_FEEDS
) -> tuple[AgentMonth, ...]:
    """One `AgentMonth` for each agent, by agent id; the calls without an agent come last, as one row.

    Parameters
    ----------
    month : str
        ``YYYY-MM`` in Asia/Shanghai.
    calls : Iterable[ScoredCall]
        Every call of the month, in any order. A call whose record gives no instant counts where it is given.
    feeds : Feeds
        Agents of the scorecard that only a feed knows have a month too.

    Raises
    ------
    ConfigurationError
        If a call was evaluated by another scorecard or revision: points of two scorecards do not add up.
    ValueError
        If a call is of another month, or its answers are not those of the scorecard.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> assess("2026-07", find_scorecard("kf01"), [])
    ()
    """
    taken = dict(by_agent(calls))
    agents = sorted({agent for agent in taken if agent is not None} | feed_agents(month, scorecard, feeds))
    rows = [assess_one(month, scorecard, taken.get(agent, ()), feeds, Assessee("agent", agent)) for agent in agents]
    if None in taken:
        rows.append(assess_one(month, scorecard, taken[None], feeds, Assessee("nobody")))
    return tuple(rows)


def assess_teams(
    month: str, scorecard: Scorecard, calls: Iterable[ScoredCall], feeds: Feeds
) -> tuple[AgentMonth, ...]:
    """The month of each team of the roster, by name; a call counts for the agent's team on its day.

    Note
    ----
    What a person gave an agent is no value of the team: these criteria wait for a person in a team's month.
    """
    taken = defaultdict[str, list[ScoredCall]](list)
    for agent in feed_agents(month, scorecard, feeds):
        for name in _teams_of(agent, month, feeds):
            if not scorecard.applies_to.teams or name in scorecard.applies_to.teams:
                taken[name] = []
    for scored in calls:
        day = scored.call.day or last_day(month)
        team = feeds.team(scored.call.agent_id, day) if scored.call.agent_id else None
        if team is not None:
            taken[team].append(scored)
    return tuple(assess_one(month, scorecard, taken[t], feeds, Assessee("team", t)) for t in sorted(taken))


def feed_agents(month: str, scorecard: Scorecard, feeds: Feeds) -> set[str]:
    """The agents whom feeds know and for whom the scorecard is; no feed tells who served a queue.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> feed_agents("2026-07", find_scorecard("kf01"), NO_FEEDS)
    set()
    """
    scope = scorecard.applies_to
    agents = set() if scope.queues else set(feeds.agents(month))
    return {agent for agent in agents if not scope.teams or _teams_of(agent, month, feeds) & set(scope.teams)}


def _teams_of(agent_id: str, month: str, feeds: Feeds) -> set[str]:
    """The teams that an agent was in on some day of the month."""
    return {team for day in days_of(month) if (team := feeds.team(agent_id, day)) is not None}


def whole_line(
    month: str, scorecard: Scorecard, calls: Iterable[ScoredCall], feeds: Feeds = NO_FEEDS
) -> AgentMonth:
    """The month over all calls at once, whoever took them; raises what `assess` raises.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> line = whole_line("2026-07", find_scorecard("kf01"), [])
    >>> line.agent_name, line.calls, line.score
    ('合计', 0, None)
    """
    return assess_one(month, scorecard, tuple(calls), feeds, Assessee("line"))


def assess_one(
    month: str, scorecard: Scorecard, calls: Sequence[ScoredCall], feeds: Feeds, whose: Assessee
) -> AgentMonth:
    """The month of one agent, one team, or the whole line, from the calls that are theirs.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> row = assess_one("2026-07", find_scorecard("kf01"), [], NO_FEEDS, Assessee("agent", "1001"))
    >>> row.agent_id, row.score, {origin.title: points for origin, points in row.origins.items()}
    ('1001', None, {'没有通话': 35.0, '缺外部数据': 25.0, '待人工': 40.0})
    """
    own = sort_calls(calls)
    for scored in own:
        _check(scored, month, scorecard)
    card = MonthCard(scorecard, month, feeds, whose)
    judged = _judge(card, own)
    ring_items = {
        c.id for c in scorecard.chosen if c.parts and all(isinstance(part.rule, Rings) for part in c.parts)
    }
    in_rings = [a.outcome for s in own for a in s.answers if a.criterion_id in ring_items and a.outcome.decided]
    vetoed = _veto(scorecard, judged)
    row = AgentMonth(
        agent_id=whose.agent_id,
        agent_name=_name(whose, own, feeds),
        month=month,
        scorecard=scorecard.name,
        revision=scorecard.revision,
        evaluated=sum(scored.status is Status.EVALUATED for scored in own),
        unscorable=sum(scored.status is Status.UNSCORABLE for scored in own),
        failed=sum(scored.status is Status.FAILED for scored in own),
        criteria=tuple(each.month for each in judged),
        speed_of_answer_s=mean_wait(own),
        within_three_rings=Tally(in_rings.count(Outcome.MET), len(in_rings)),
        banned_wording=sum(scored.banned_wording for scored in own),
        apologies_owed=sum(scored.apology_owed for scored in own),
        apologies_given=sum(scored.apology_given for scored in own),
        team=feeds.team(whose.agent_id, last_day(month)) if whose.agent_id else whose.team,
        qualitative=_qualitative(card),
        vetoed=vetoed,
        incidents=incidents(scorecard, own, vetoed) if whose.agent_id else (),
    )
    return grade_month(_with_interval(row, scorecard, judged), scorecard)


def grade_month(row: AgentMonth, scorecard: Scorecard) -> AgentMonth:
    """The month with its grade, or with why it has none.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> card = find_scorecard("jiazheng")
    >>> row = whole_line("2026-07", card, [])
    >>> grade_month(row, card).undecided
    '没有可计分的项目，不定级'
    """
    part = scorecard.qualitative
    waits = part is not None and part.on and row.qualitative is None and row.agent_id is not None
    waits_for = f"{part.title}（{shown(part.points)} 分）" if part is not None and waits else ""
    low, high = row.ends(scorecard.few_calls)
    few = row.evaluated if row.heard not in (None, (low, high)) else None  # they widen it
    basis = GradeBasis(row.score, low, high, row.scored_share, bool(row.vetoed), waits_for, few)
    grade, undecided = grade_of(scorecard, basis)
    return replace(row, grade=grade, undecided=undecided)


def last_day(month: str) -> date:
    """The last day of a month, ``YYYY-MM``.

    Examples
    --------
    >>> last_day("2028-02")
    datetime.date(2028, 2, 29)
    """
    return max(days_of(month))


def _judge(card: MonthCard, own: Sequence[ScoredCall]) -> list[CriterionResult]:
    answers = [{answer.criterion_id: answer for answer in scored.answers} for scored in own]
    exempt = [card.exempt(scored) for scored in own]
    calls = list(zip(own, answers, exempt, strict=True))
    taken = [(criterion, _calls_of_criterion(criterion, card, calls)) for criterion in card.scorecard.chosen]
    try:
        weight = weight_of_month(card, taken)
        return [
            judge_levels(task) if task.criterion.scoring is None else judge_formula(task)
            for task in (ScoringTask(criterion, card, each, weight) for criterion, each in taken)
        ]
    except ConfigurationError as error:
        raise ConfigurationError(f"{card.month}, {card.whose.id or card.whose.kind}: {error}") from error


def _calls_of_criterion(
    criterion: Criterion, card: MonthCard, calls: Sequence[tuple[ScoredCall, dict[str, Answer], dict[str, str]]]
) -> CriterionCalls:
    """The calls as one criterion sees them; each comes with its answers and with what it is exempt from."""
    asked_of = [scored for scored, _, spared in calls if criterion.id not in spared]
    return CriterionCalls(
        own=tuple(
            CallAnswer(
                scored,
                None if criterion.id in spared else given[criterion.id],
                card.scale(criterion.id, scored),
            )
            for scored, given, spared in calls
            if scored.status is Status.EVALUATED
        ),
        timed=tuple(asked_of),
        num_poor=sum(map(low_quality, asked_of)),
    )


def _with_interval(row: AgentMonth, scorecard: Scorecard, judged: Sequence[CriterionResult]) -> AgentMonth:
    """The month with the ends of its score: doubts of one call go together, values of the month add up.

    A veto that is in doubt reaches from nothing to what the month would have without it.
    """
    score = row.unrounded
    if score is None:
        return row
    doubts = [doubt for each in judged for doubt in each.doubts]
    low, high = interval(doubts)
    rest = row.tally.awarded - sum(doubt.awarded for doubt in doubts)
    spread = [each.month for each in judged if not each.doubts]
    low += rest - sum(month.tally.awarded - month.low for month in spread)
    high += rest + sum(month.high - month.tally.awarded for month in spread)
    possible = row.tally.possible
    free = replace(row, vetoed="")
    least, most = (free.score_of(Tally(max(0.0, end), possible)) or 0.0 for end in (low, high))
    vetoing = list(_vetoing(scorecard, judged))
    if any(each.failed or (each.month.tally.possible and each.month.low == 0) for each in vetoing):
        least = 0.0
    if any(each.failed and each.month.high == 0 for each in vetoing):
        most = 0.0
    heard = min(score, least), max(score, min(100.0, most))
    wide = _by_chance(row, low, high, judged)
    ends = [row.score_of(Tally(max(0.0, end), possible)) or 0.0 for end in wide]
    return replace(row, low=min(heard[0], ends[0]), high=max(heard[1], min(100.0, ends[1])), heard=heard)


def _by_chance(row: AgentMonth, low: float, high: float, judged: Sequence[CriterionResult]) -> tuple[float, float]:
    """The ends of the points as they would be had as many other calls been taken."""
    calls: defaultdict[str, Tally] = defaultdict(Tally)
    for each in judged:
        for call_id, tally in each.by_call:
            calls[call_id] += tally
    of_calls = reach(calls.values())
    return widened(low, row.tally.awarded, high, [(of_calls, of_calls), *(each.reach for each in judged)])


def _qualitative(card: MonthCard) -> tuple[float, float] | None:
    part = card.scorecard.qualitative
    if part is None or not part.on:
        return None
    given = card.person_value(part.id)
    if given is None:
        return None
    if not isinstance(given, int | float) or not 0 <= given <= part.points:
        raise ConfigurationError(
            f"{card.month}, {card.whose.id}: {part.id}: {given!r} is not a number from 0 to {part.points:g}"
        )
    return given, part.formulas


def _vetoing(scorecard: Scorecard, judged: Sequence[CriterionResult]) -> Iterator[CriterionResult]:
    """The auto-fail criteria that fail a month; those judged by call fail their calls."""
    for criterion, each in zip(scorecard.chosen, judged, strict=True):
        if criterion.auto_fail and not criterion.by_call:
            yield each


def _veto(scorecard: Scorecard, judged: Sequence[CriterionResult]) -> str:
    """The auto-fail criterion of the month of which nothing was met."""
    return next((each.month.title for each in _vetoing(scorecard, judged) if each.failed), "")


def _name(whose: Assessee, calls: Sequence[ScoredCall], feeds: Feeds) -> str | None:
    """The agent's name as the roster or the latest record that has one gives it."""
    if whose.kind != "agent":
        return {"team": whose.id, "line": "合计"}.get(whose.kind, UNASSIGNED)
    named = next((scored.call.agent_name for scored in reversed(calls) if scored.call.agent_name), None)
    return feeds.name(whose.id or "") or named


def _check(scored: ScoredCall, month: str, scorecard: Scorecard) -> None:
    """Refuse a call that would make the sums wrong."""
    call, evaluation = scored.call, scored.evaluation
    if call.month not in (month, None):
        raise ValueError(f"call {call.id} is of {call.month}, not of {month}")
    if scored.status is not Status.EVALUATED:
        return
    if evaluation is None:
        raise ValueError(f"call {call.id} is evaluated but has no evaluation")
    if (evaluation.scorecard, evaluation.revision) != (scorecard.name, scorecard.revision):
        raise ConfigurationError(
            f"call {call.id} was evaluated by {evaluation.scorecard} revision {evaluation.revision}, the month "
            f"asks for {scorecard.name} revision {scorecard.revision}: "
            f"run `callqa rescore --scorecard {scorecard.name}`"
        )
    answered = sorted(answer.criterion_id for answer in evaluation.answers)
    if answered != sorted(criterion.id for criterion in scorecard.chosen):
        raise ValueError(f"call {call.id} does not answer each criterion of {scorecard.name} once: {answered}")
