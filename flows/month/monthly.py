"""The month: every agent's calls and values added up, tried or closed, kept, and written as a workbook."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path

from prefect import flow
from rich.console import Console
from rich.progress import track

from flows.month.ledgers import settle
from flows.policy.lists import standard_of
from flows.policy.rules import covers, search_digest
from flows.policy.standards import checked_standard, unknown_items
from flows.settings import load_settings
from pipeline.call import SHANGHAI
from pipeline.errors import ConfigurationError
from pipeline.evaluation import Evaluation
from pipeline.indicators import Feeds
from pipeline.month import plan
from pipeline.month.assessment import AgentMonth, ScoredCall, assess, assess_teams, whole_line
from pipeline.month.assessment.asked import in_scope
from pipeline.month.assessment.closing import Closing, State
from pipeline.month.assessment.periods import PeriodResult, months_of, total
from pipeline.month.ledger import propose
from pipeline.month.ledger.entries import MACHINE
from pipeline.month.plan_edits import edited
from pipeline.month.workbook import MonthReport, write_month
from pipeline.review.overlay import counted_in_month
from pipeline.review.replay import replayed
from pipeline.scorecard import Scorecard, bundled_scorecards
from pipeline.scorecard.lint import describe, refuse
from pipeline.store import Store
from pipeline.validation.learning.registry import FLAG, SHADOW, Stage

LEAST = 1e-6
"""Points that differ by less are the same."""


@flow(name="callqa-monthly", validate_parameters=False)
def monthly(
    store_url: str,
    month: str | None = None,
    out: Path | str | None = None,
    standard: str = "kf01",
    feeds: Path | str | None = None,
    close_by: str = "",
    reason: str = "",
) -> MonthReport:
    """Assess a month: a trial, or, with `close_by`, its closing; the workbook is written if `out` is given.

    Parameters
    ----------
    month : str | None
        ``YYYY-MM``, cut in Asia/Shanghai; None for last month.
    standard : str
        Name of a shipped standard, or a file.
    feeds : Path | str | None
        Folder of tables from outside.
    close_by, reason : str
        Who closes the month, and, after it was reopened, why.

    Raises
    ------
    PolicyError
        If the standard has an error.
    ConfigurationError
        If the month is no month, or neither calls nor feeds tell of it, or a feed is wrong.
    StoreError
        If the month is closed already, with other figures.
    """
    month = checked(month or last_month(datetime.now(SHANGHAI)))
    card, notices = checked_standard(standard)
    refuse(card, notices)
    given = Feeds.read(Path(feeds) if feeds else None)
    with Store.open(store_url, create=False) as store:
        if given.memberships:
            store.save_roster(given.memberships, close_by or MACHINE)  # the review desk shows by team
        if close_by:
            check_demotions(store, month, card)
        calls = tuple(call for call in judged_calls(store, card, month) if in_scope(card, call.call, given))
        rows = assess(month, card, calls, given)
        teams = assess_teams(month, card, calls, given)
        if not rows:
            raise ConfigurationError(
                f"the store holds no calls of {month}, and no feed tells of it; "
                "`callqa export calls` lists what it holds"
            )
        closing = Closing(
            month=month,
            standard=card.name,
            revision=card.revision,
            digest=card.digest,
            by=close_by,
            reason=reason,
            at=datetime.now(UTC),
            feeds=tuple(sorted(given.digests.items())),
            notices=(
                *undecided_disputes(store, month, card),
                *unknown_items(card, given.items(month)),
                *describe(notices),
            ),
        )
        closing = _keep(store, closing, (*rows, *teams), card)
        if closing.id:
            store.save_plan(closing.id, [row for own in drafted(card, rows).values() for row in own])
        report = report_of(store, card, closing, rows, teams, calls, whole_line(month, card, calls, given))
    if out is not None:
        write_month(Path(out), report)
    return report


def judged_calls(store: Store, card: Scorecard, month: str) -> Iterator[ScoredCall]:
    """Every call of a month as the card judges it: its stored evaluation, or its stored findings judged now.

    What people said of a call stands over either.

    Raises
    ------
    ConfigurationError
        If findings would have to be judged that were made with other phrase lists than those of today.
    """
    stake = {asked.criterion.id: asked.stake for asked in card.asked}
    check = cache(partial(check_search, store, month, card))
    for agent_id in track(store.agents_of(month), description="考核", transient=True, console=Console(stderr=True)):
        yield from _judged_calls_of(store, card, month, agent_id, stake, check)


def judged_calls_of(store: Store, card: Scorecard, month: str, agent_id: str | None) -> tuple[ScoredCall, ...]:
    """The same of one agent; None for calls without one."""
    stake = {asked.criterion.id: asked.stake for asked in card.asked}
    return tuple(_judged_calls_of(store, card, month, agent_id, stake, partial(check_search, store, month, card)))


def _judged_calls_of(
    store: Store,
    card: Scorecard,
    month: str,
    agent_id: str | None,
    stake: Mapping[str, float],
    check: Callable[[], None],
) -> Iterator[ScoredCall]:
    calls = tuple(store.scored_calls(month, card.name, card.revision, agent_id))
    others = {
        s.call.id: s.evaluation for s in calls if s.evaluation is not None and not _is_by(s.evaluation, card, stake)
    }
    if others:
        check()
    said = store.counting_of_month(month, agent_id)
    heard = store.heard_findings(month, agent_id) if others else ()
    again = {
        h.call.id: replayed(h, f, card, others[h.call.id].lexicons, said.get(h.call.id, ()))
        for h, f in heard
        if h.call.id in others
    }
    by_people = {s.call.id: s for s in calls if s.call.id in said and s.call.id not in again and s.answers}
    for call_id, hearing in store.hearings_without_turns(list(by_people)).items():
        again[call_id] = counted_in_month(by_people[call_id], hearing, card, said[call_id])
    yield from (again.get(scored.call.id, scored) for scored in calls)


def check_search(store: Store, month: str, card: Scorecard) -> None:
    """Refuse to judge stored findings by rules that may ask for phrases which nobody listened for.

    Raises
    ------
    ConfigurationError
        If some calls of the month were searched with other phrase lists than those of today.
    """
    wanted = search_digest(card, load_settings(), store)
    if not all(covers(searched, wanted) for searched in store.searched_by(month)):
        raise ConfigurationError(
            f"some calls of {month} were searched with other phrase lists, rules, classifiers or demotions, or "
            f"another CALLQA_COMPANIES, than now: run `callqa rescore --scorecard {_as_option(card)}` first"
        )


def check_demotions(store: Store, month: str, card: Scorecard) -> None:
    """Refuse to close a month in which something still costs or gives points that was demoted since.

    Raises
    ------
    ConfigurationError
        Naming what it is, and how the calls are judged again.
    """
    demoted = store.demoted()
    stage = {each.version: each.stage for each in store.classifiers()}
    counting = {
        f"{detector}/{term}"
        for detector, term, version in store.counted_in(month)
        if (stage[version] is Stage.FLAG if version in stage else (detector, term) in demoted)
        and detector not in (FLAG, SHADOW)
    }
    if counting:
        raise ConfigurationError(
            f"{month} 的评分仍计入已降级的 {'、'.join(sorted(counting))}，不能关账；"
            f"请先重新评分：callqa rescore --scorecard {_as_option(card)}"
        )


def undecided_disputes(store: Store, month: str, card: Scorecard) -> tuple[str, ...]:
    """A sentence that so many disputes about the month still wait for a ruling; none where none do.

    Closing is not refused: the date is fixed, and a ruling after it is a reason to reopen.
    """
    count = store.undecided_disputes(month, card.name)
    if not count:
        return ()
    return (f"有 {count} 件申诉未决：{month} 关账后若改判，须重开本月再关账才计入。",)


def _as_option(card: Scorecard) -> str:
    """What names the card on the command line."""
    return card.name if card.name in bundled_scorecards() else str(card.path)


def _is_by(evaluation: Evaluation, card: Scorecard, stake: Mapping[str, float]) -> bool:
    """Whether the card as it is now made the evaluation: a file may have been edited under the same revision.

    Parameters
    ----------
    stake : mapping
        The points that a call can have of each criterion, in the card's order.
    """
    if (evaluation.scorecard, evaluation.revision) != (card.name, card.revision):
        return False
    answers = evaluation.answers
    return not answers or (
        [answer.criterion_id for answer in answers] == list(stake)
        and all(abs(a.tally.possible - stake[a.criterion_id]) < LEAST for a in answers if a.tally.possible)
    )


def _keep(store: Store, closing: Closing, rows: tuple[AgentMonth, ...], card: Scorecard) -> Closing:
    """The closing or trial under which the rows are kept; closing the same figures twice changes nothing."""
    standing = store.closing(closing.month, closing.standard)
    same = standing is not None and _rows_of(store, standing) == rows
    if standing is not None and same:
        closing = standing
    elif closing.by:
        store.close_month(closing, rows)
        closing = store.closing(closing.month, closing.standard) or closing
    else:
        store.save_trial(closing, rows)
    if closing.state is State.CLOSED:
        settle(store, card)
    return closing


def _rows_of(store: Store, closing: Closing) -> tuple[AgentMonth, ...]:
    return tuple(row for of, row in store.shown_months(closing.month) if of.id == closing.id)


def drafted(card: Scorecard, rows: Iterable[AgentMonth]) -> dict[str, tuple[plan.PlanRow, ...]]:
    """The improvement plan of each agent, as it is drafted."""
    return {row.agent_id: plan.draft(card, row) for row in rows if row.agent_id is not None}


def report_of(
    store: Store,
    card: Scorecard,
    closing: Closing,
    rows: tuple[AgentMonth, ...],
    teams: tuple[AgentMonth, ...],
    calls: tuple[ScoredCall, ...],
    line: AgentMonth,
) -> MonthReport:
    """A month as it is handed out: the rows with what stands behind them, plans as people left them."""
    month, standing = closing.month, store.standing_months(card.name)
    history = defaultdict[str, list[AgentMonth]](list)
    for row in standing:
        if row.month < month and row.agent_id is not None:
            history[row.agent_id].append(row)
    months = [*(row for row in standing if row.month != month), *(row for row in rows if row.agent_id is not None)]
    due = [row for row in rows if row.agent_id is not None]
    written = store.plan_edits(month, card.name)
    plans = {agent: edited(own, written) for agent, own in drafted(card, rows).items()}
    before, earlier = month_before(month), defaultdict[str, list[plan.PlanRow]](list)
    for planned in edited(store.plans(before, card.name), store.plan_edits(before, card.name)):
        earlier[planned.agent_id or ""].append(planned)
    standing_now = store.closing(month, card.name)
    differs = standing_now is not None and standing_now.id != closing.id
    notices = closing.notices
    if differs and standing_now is not None:
        changed = sum(was != now for was, now in zip(_rows_of(store, standing_now), (*rows, *teams), strict=False))
        by = f"{standing_now.by} {standing_now.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        notices = (f"本月已由 {by} 关账；现在重算，有 {changed} 行与关账时不同。正式结果以关账为准。", *notices)
    return MonthReport(
        month=month,
        scorecard=card,
        months=rows,
        calls=calls,
        teams=teams,
        line=line,
        history={agent: tuple(own) for agent, own in history.items()},
        notices=notices,
        closing=closing,
        earlier=tuple(c for c in store.closings(month) if c.standard == card.name and c.id < closing.id),
        plans=plans,
        plan_results={
            row.agent_id: plan.review(earlier[row.agent_id], row)
            for row in due
            if row.agent_id is not None and row.agent_id in earlier
        },
        proposals=tuple(p for p in propose(card, months, store.ledger(card.name)) if p.month == month),
    )


def reopen_month(store_url: str, month: str, standard: str, by: str, reason: str) -> None:
    """Reopen a closed month; the closing is kept, and stands no longer.

    Raises
    ------
    StoreError
        If it is not closed, or no reason is given.
    """
    card = standard_of(standard, load_settings())
    with Store.open(store_url, create=False) as store:
        store.reopen_month(checked(month), card.name, by, reason)


def period_results(store_url: str, period: str, standard: str) -> tuple[tuple[str, PeriodResult], ...]:
    """Each agent, each team and the whole line over the closed months of a quarter or a year, each with its name.

    Raises
    ------
    ConfigurationError
        If it is no period, or none of its months is closed.
    """
    card = standard_of(standard, load_settings())
    try:
        months = months_of(period)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    with Store.open(store_url, create=False) as store:
        rows = [
            row
            for closing, row in store.shown_months()
            if closing.state is State.CLOSED and closing.standard == card.name and row.month in months
        ]
    if not rows:
        raise ConfigurationError(
            f"no month of {period} is closed by {card.name}; close one: callqa month {months[0]} --close --by NAME"
        )
    agents = defaultdict[str, list[AgentMonth]](list)
    teams = defaultdict[str, list[AgentMonth]](list)
    for row in rows:
        if row.agent_id is not None:
            agents[row.agent_id].append(row)
        elif row.team is not None:
            teams[row.team].append(row)
    line = [row for row in rows if row.agent_id is not None or row.team is None]
    named = {agent: f"{agent} {own[-1].agent_name or ''}".strip() for agent, own in agents.items()}
    return (
        *((named[agent], total(own, period, card)) for agent, own in sorted(agents.items())),
        *((team, total(own, period, card)) for team, own in sorted(teams.items())),
        ("合计", total(line, period, card)),
    )


def checked(month: str) -> str:
    """The month, when it is one."""
    if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", month):
        raise ConfigurationError(f"{month!r} is not a month; write it like 2026-10")
    return month


def last_month(today: datetime) -> str:
    """The month before the one of `today`.

    Examples
    --------
    >>> last_month(datetime(2026, 1, 15))
    '2025-12'
    """
    return (today.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")


def month_before(month: str) -> str:
    """The month before.

    Examples
    --------
    >>> month_before("2026-01")
    '2025-12'
    """
    return last_month(datetime.strptime(month, "%Y-%m"))
