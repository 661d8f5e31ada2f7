"""Coaching: proposals from a month, what people do with them, and whether it helped.

Knows which month, scorecard and calls are needed; what they say is in `pipeline.month.coaching`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from flows.month.calls import scored_calls_of
from flows.month.periods import valid_month
from flows.policy.revisions import scorecard_of_month, standard_name
from flows.settings import load_settings
from pipeline.call import SHANGHAI
from pipeline.errors import ConfigurationError
from pipeline.indicators import Feeds
from pipeline.month.assessment import AgentMonth, ScoredCall, assess
from pipeline.month.assessment.calls import sort_calls
from pipeline.month.assessment.closing import Closing, ClosingState
from pipeline.month.assessment.month_card import Assessee, MonthCard
from pipeline.month.coaching import (
    Act,
    ActKind,
    Effect,
    Listening,
    Proposal,
    Task,
    bundled_coaching,
    effect,
    proposal_for,
    proposals,
)
from pipeline.month.coaching.effect import CAUTION, shares
from pipeline.month.coaching.proposals import points_in
from pipeline.month.coaching.task import same_need
from pipeline.month.ratings import with_ratings
from pipeline.month.workbook.wording import person
from pipeline.scorecard import Scorecard
from pipeline.store import Store
from pipeline.tally import shown
from pipeline.timeline import place


@dataclass(frozen=True, slots=True)
class Asked:
    """Which proposals are wanted: of a month by a scorecard, of one agent or of all."""

    month: str
    standard: str
    feeds: Path | None = None
    agent_id: str = ""


def plan(store_url: str, asked: Asked, by: str = "", *, take: bool = False) -> Iterator[RenderableType]:
    """The proposals of a month as a table; with `by` they are kept, and with `take` taken on as well.

    Raises
    ------
    ConfigurationError
        In Chinese: the month was not assessed, or by another file; the agent is not in it.
    """
    with Store.open(store_url, create=False) as store:
        closing, made, names = _proposals(store, asked)
        known = store.coaching.tasks()
        if by:
            now = datetime.now(UTC)
            due = now.astimezone(SHANGHAI).date() + timedelta(days=bundled_coaching().due_days)
            acts = [Act(ActKind.PROPOSED, by, now, due=due, proposal=each) for each in made]
            written = store.coaching.propose(acts, by if take else "")
    state = "已关账" if closing.state is ClosingState.CLOSED else "试算，未关账，得分还会变"
    yield Text(f"{closing.month} {closing.standard} 第{closing.revision}版（{state}）")
    if not made:
        yield Text("没有可提的辅导任务：没有项失分到下限，或失分的项没有可听的通话。")
        return
    table = Table("坐席", "项目", "当月失分", "听哪里", "备注", title="辅导任务建议")
    for each in made:
        before = next((task for task in known if same_need(task, each)), None)
        remark = f"已有任务 {before.id}（{before.state.title}），不再提" if before else ""
        who = Text(person(each.agent_id, names.get(each.agent_id)))
        table.add_row(who, _item(each), _lost(each), _listen(each.calls), Text(remark))
    yield table
    if by:
        yield Text(f"写入 {len(written)} 项" + ("".join(f"\n{_told(task)}" for task in written)))


def act(
    store_url: str, task_id: int, kind: ActKind, by: str, note: str = "", due: date | None = None, coach: str = ""
) -> str:
    """A sentence in Chinese that tells what a task has become after an act.

    Raises
    ------
    ConfigurationError
        In Chinese: there is no such task, the act cannot follow, or who and why are wanting.
    """
    try:
        said = Act(kind, by, datetime.now(UTC), note, task_id, due, coach)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    with Store.open(store_url, create=False) as store:
        return _told(store.coaching.add(said))


def show_tasks(store_url: str, agent_id: str = "", *, only_open: bool = False) -> Iterator[RenderableType]:
    """The tasks as a table, in the order proposed."""
    with Store.open(store_url, create=False) as store:
        tasks = [task for task in store.coaching.tasks(agent_id or None) if task.open or not only_open]
    if not tasks:
        yield Text("没有辅导任务。")
        return
    today = datetime.now(SHANGHAI).date()
    table = Table("编号", "坐席", "月份", "项目", "听哪里", "状态", "辅导人", "期限", "说明", title="辅导任务")
    for task in tasks:
        proposal, last = task.proposal, task.acts[-1]
        table.add_row(
            str(task.id),
            Text(proposal.agent_id),
            proposal.month,
            _item(proposal),
            _listen(proposal.calls),
            task.state.title,
            Text(task.coach or "—"),
            f"{task.due or '—'}{'（逾期）' if task.overdue(today) else ''}",
            Text(last.note),
        )
    yield table


def check(store_url: str, task_id: int, standard: str = "", feeds: Path | None = None) -> Iterator[RenderableType]:
    """Whether a task helped, in Chinese.

    Parameters
    ----------
    standard : str
        The file of the scorecard, where it is neither shipped nor released nor kept with a closing.

    Raises
    ------
    ConfigurationError
        In Chinese: there is no such task, nobody took it on, or the item is worded otherwise by now.
    """
    given = Feeds.read(feeds)
    with Store.open(store_url, create=False) as store:
        task = next((each for each in store.coaching.tasks() if each.id == task_id), None)
        if task is None:
            raise ConfigurationError(f"没有编号为 {task_id} 的辅导任务；callqa coaching list 列出全部")
        proposal = task.proposal
        card = scorecard_of_month(store, standard or proposal.standard, proposal.month, load_settings())
        if reworded := wording(task, card):
            raise ConfigurationError(f"{reworded}；请用当时的文件：--standard 文件.yaml")
        yield Text(f"任务 {task.id}：{proposal.agent_id} {proposal.criterion_id} {proposal.title}")
        yield from _show_effect(effect_of(store, task, card, given), proposal.points)


def effect_of(store: Store, task: Task, card: Scorecard, feeds: Feeds) -> Effect:
    """What changed between the calls of the task's month and the first ones after it was taken on.

    Both are judged by the card of the month; calls after the task was taken on are never among those before.

    Raises
    ------
    ConfigurationError
        In Chinese, if nobody took the task on.
    """
    proposal, policy = task.proposal, bundled_coaching()
    if task.taken is None:
        raise ConfigurationError(f"任务 {task.id} 还没有人接手，没有可复查的通话")
    since = task.taken.at
    months = store.calls.months(proposal.agent_id)
    first = since.astimezone(SHANGHAI).strftime("%Y-%m")
    old = _of_item(store, card, proposal, proposal.month, feeds)
    before = [each for each in old if each.started_at is not None and each.started_at < since]
    after: list[ScoredCall] = []
    for month in sorted(each for each in months if each >= first):
        new = _of_item(store, card, proposal, month, feeds)
        after += [each for each in new if each.started_at is not None and each.started_at > since]
        if len(after) >= proposal.recheck:
            break
    own = shares(before, proposal.criterion_id, policy)
    return effect(own, shares(after[: proposal.recheck], proposal.criterion_id, policy), proposal.recheck, policy)


def _of_item(store: Store, card: Scorecard, proposal: Proposal, month: str, feeds: Feeds) -> tuple[ScoredCall, ...]:
    """The agent's calls of a month in which the item has points, in order of time."""
    calls = _asked(store, card, month, proposal.agent_id, feeds)
    return tuple(
        scored
        for scored, exempt in calls
        if proposal.criterion_id not in exempt and points_in(scored, proposal.criterion_id) is not None
    )


def _asked(
    store: Store, card: Scorecard, month: str, agent_id: str, feeds: Feeds
) -> list[tuple[ScoredCall, frozenset[str]]]:
    """An agent's calls of a month in order of time, each with the criteria that it is exempt from."""
    own = MonthCard(card, month, feeds, Assessee("agent", agent_id))
    calls = sort_calls(scored_calls_of(store, card, month, agent_id, feeds))
    return [(scored, frozenset(own.exempt(scored))) for scored in calls]


def _proposals(store: Store, asked: Asked) -> tuple[Closing, tuple[Proposal, ...], dict[str, str]]:
    """The closing or trial, the proposals from it, and the names of its agents."""
    settings, month, feeds = load_settings(), valid_month(asked.month), Feeds.read(asked.feeds)
    card = scorecard_of_month(store, asked.standard, month, settings)
    name = standard_name(asked.standard, settings)
    rows = [(closing, row) for closing, row in store.months.shown(month) if closing.standard in (name, card.name)]
    rows = [(closing, row) for closing, row in rows if row.agent_id is not None]
    again = f"callqa month {month} --standard {asked.standard}"
    if not rows:
        raise ConfigurationError(f"{month} 还没有按 {card.name} 算过；请先试算或关账：{again}")
    closing = rows[0][0]
    if closing.digest not in ("", card.digest):
        raise ConfigurationError(f"{month} 上次是按另一份 {card.name} 算的；请重新试算：{again}")
    chosen = [row for _, row in rows if asked.agent_id in ("", row.agent_id)]
    if not chosen:
        raise ConfigurationError(f"{month} 的结果里没有坐席 {asked.agent_id}")
    names = {row.agent_id: row.agent_name or "" for row in chosen if row.agent_id}
    return closing, tuple(_of_agents(store, card, chosen, feeds)), names


def _of_agents(store: Store, card: Scorecard, rows: Sequence[AgentMonth], feeds: Feeds) -> Iterator[Proposal]:
    for row in rows:
        calls = _asked(store, card, row.month, row.agent_id or "", feeds)
        yield from proposals(row, card, calls, bundled_coaching())


def wording(task: Task, card: Scorecard) -> str:
    """Why calls cannot be compared by a card that words the item otherwise, in Chinese; empty where they can."""
    proposal = task.proposal
    worded = {criterion.id: criterion.digest for criterion in card.criteria}.get(proposal.criterion_id)
    if worded == proposal.criterion_digest:
        return ""
    return (
        f"任务 {task.id} 的 {proposal.criterion_id} {proposal.title} 在 {card.name} 第{card.revision}版里"
        "已不是提出任务时的写法，前后不能相比"
    )


def lost_item(
    store: Store, card: Scorecard, month: str, agent_id: str, criterion_id: str, feeds: Feeds, first: str = ""
) -> Proposal:
    """What an agent should work on for one item of a month, as its calls are judged now.

    Parameters
    ----------
    first : str
        The call to listen to before others.

    Raises
    ------
    ConfigurationError
        In Chinese: the agent has no calls there, or none of them lost points of the item.
    """
    calls = _asked(store, card, month, agent_id, feeds)
    rated = with_ratings(feeds, card, month, store.ratings.of_month(month, card.name))
    rows = assess(month, card, [scored for scored, _ in calls], rated)
    row = next((each for each in rows if each.agent_id == agent_id), None)
    item = next((each for each in row.criteria if each.criterion_id == criterion_id), None) if row else None
    made = proposal_for(row, card, item, calls, bundled_coaching(), first) if row and item else None
    if made is None:
        raise ConfigurationError(
            f"{agent_id} 在 {month} 没有通话在 {criterion_id} 这一项失分，没有可听的，不能提辅导任务"
        )
    return made


def _show_effect(found: Effect, points: float) -> Iterator[RenderableType]:
    num_apart = found.found - found.num_after
    if found.before is not None and found.after is not None:
        yield Text(
            f"同类通话得分率：辅导前 {_percent(found.before)}（{found.num_before} 通），"
            f"辅导后 {_percent(found.after)}（{found.num_after} 通）"
        )
        yield Text(
            f"相差 {100 * (found.after - found.before):+.1f} 个百分点，"
            f"{100 * found.level:g}% 区间 {100 * found.low:+.1f} 至 {100 * found.high:+.1f}"
            f"（满分 {shown(points)}，合 {points * (found.after - found.before):+.2f} 分）"
        )
    if found.raw_before is not None and found.raw_after is not None:
        yield Text(
            f"不分类别：辅导前 {_percent(found.raw_before)}（{found.all_before} 通），"
            f"辅导后 {_percent(found.raw_after)}（{found.found} 通）；通话种类不同，不能直接相比"
        )
    if num_apart:
        yield Text(f"辅导后有 {num_apart} 通，辅导前没有同类通话（队列、时长、有无投诉），没有计入")
    yield Text(f"结论：{found.verdict}")
    yield Text(CAUTION)


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _item(proposal: Proposal) -> Text:
    return Text(f"{proposal.criterion_id} {proposal.title}")


def _lost(proposal: Proposal) -> str:
    return f"{shown(proposal.lost)} / {shown(proposal.points)}"


def _listen(calls: Sequence[Listening]) -> Text:
    where = (f"{each.call_id} {'整通' if each.at is None else place(each.at)}" for each in calls)
    return Text("\n".join(where))


def _told(task: Task) -> str:
    due = f"，期限 {task.due}" if task.open else ""
    proposal = task.proposal
    return f"任务 {task.id}：{proposal.agent_id} {proposal.criterion_id} {proposal.title}，{task.state.title}{due}"
