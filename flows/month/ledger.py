"""The ledger of consequences: proposals out of closed months, and people's word on them. Only ever added to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from flows.policy.library import scorecard_of
from flows.settings import load_settings
from pipeline.errors import ConfigurationError
from pipeline.month.assessment import AgentMonth
from pipeline.month.ledger import Entry, EntryStatus, Evidence, entry_statuses, find_changes, machine_entries
from pipeline.month.ledger.changes import last_word
from pipeline.month.ledger.entries import EntryKind, EntryState
from pipeline.month.ledger.standings import grades_touched
from pipeline.scorecard import Scorecard
from pipeline.store import Store

KINDS = {"proposal": "", "flag": "诚信问题：", "looked": "人工定级："}


@dataclass(frozen=True, slots=True)
class Statement:
    """A person's word about an entry of the ledger.

    Parameters
    ----------
    kind : str
        ``signed``, ``rejected`` or ``withdrawn``.
    number : int
        The id of the entry.
    last : int | None
        The id of the last word about the entry that the person had seen, as `last_word` gives it; None to say it
        whatever was said meanwhile.
    """

    kind: EntryKind
    number: int
    by: str
    note: str = ""
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """A person's word about an agent's closed month."""

    agent_id: str
    month: str
    by: str
    note: str = ""


def show_ledger(store_url: str, scorecard: str) -> Iterator[RenderableType]:
    """Every proposal, flag and look with its state, and the changes that wait for a person."""
    card = scorecard_of(scorecard, load_settings())
    with Store.open(store_url, create=False) as store:
        ledger = store.ledger.entries(card.name)
        changes = find_changes(card, store.months.standing(card.name), ledger)
    table = Table("编号", "坐席", "月份", "建议", "依据", "状态", "签字", title=f"{card.title}　奖惩台账")
    for each in entry_statuses(ledger):
        entry = each.entry
        title = Text(f"{KINDS[entry.kind]}{entry.title or entry.note}")
        signers = "、".join(each.signers)
        row = (str(entry.id), entry.agent_id, entry.month, title, Text(entry.note), each.state.title, signers)
        table.add_row(*row)
    yield table
    for change in changes:
        yield Text(change.sentence)


def say(statement: Statement, store_url: str, scorecard: str) -> str:
    """A sentence in Chinese that tells what an entry has become after a person spoke about it.

    Raises
    ------
    ConfigurationError
        If the scorecard's ledger has no such entry, or nobody is named.
    """
    card = scorecard_of(scorecard, load_settings())
    with Store.open(store_url, create=False) as store:
        return say_in(store, card, statement)


def say_in(store: Store, card: Scorecard, statement: Statement) -> str:
    """The sentence of `say`, in a store that is open; nobody else says anything in between."""
    months, number = store.months.standing(card.name), statement.number
    others = {entry.id: entry.standard for entry in store.ledger.entries() if entry.about is None}
    unchanged = ""

    def follow(ledger: tuple[Entry, ...]) -> list[Entry]:
        nonlocal unchanged
        about = {each.entry.id: each for each in entry_statuses(ledger)}.get(number)
        if about is None:
            raise ConfigurationError(_unknown(card, number, others))
        if statement.last is not None and last_word(ledger, number) != statement.last:
            raise ConfigurationError(f"{number} 刚刚有人处理过，您的操作没有生效；请核对后再签")
        figures = _figures_now(card, months, ledger, about)
        signers = "、".join(about.signers)
        if statement.kind == "rejected" and about.state is EntryState.EFFECTIVE:
            raise ConfigurationError(
                f"{number} 已由 {signers} 签字生效；要撤回请用 callqa ledger withdraw {number}"
            )
        unchanged = f"{number} 早已由 {signers} 签字生效，没有改动"
        if statement.kind == "signed" and about.state is EntryState.EFFECTIVE and not figures:
            return []
        unchanged, entry = "", about.entry
        remark = Remark(entry.agent_id, entry.month, statement.by, statement.note)
        return [_entry(card, statement.kind, remark, number, entry.title, figures)]

    store.ledger.extend(card.name, follow)
    if unchanged:
        return unchanged
    settle(store, card)
    statuses = entry_statuses(store.ledger.entries(card.name))
    state, entry = next((each.state, each.entry) for each in statuses if each.entry.id == number)
    return f"{number} {entry.agent_id} {entry.month} {entry.title or entry.note}：{state.title}"


def _unknown(card: Scorecard, number: int, others: Mapping[int, str]) -> str:
    of = f"; {number} is of {others[number]}: add --standard" if number in others else "; see `callqa ledger list`"
    return f"the ledger of {card.name} has no proposal, flag or look {number}{of}"


def raise_flag(remark: Remark, store_url: str, scorecard: str) -> str:
    """A sentence in Chinese after an agent's month was called dishonest; the flag waits for two signatures."""
    card = scorecard_of(scorecard, load_settings())
    with Store.open(store_url, create=False) as store:
        number = flag_in(store, card, remark)
    return f"已记录 {number}：须两人签字后生效（callqa ledger sign {number} --by 姓名）"


def flag_in(store: Store, card: Scorecard, remark: Remark) -> int:
    """The number of the flag that was raised, in a store that is open; the month need not be closed.

    Raises
    ------
    ConfigurationError
        If nothing of the agent's month is known, or nobody is named.
    """
    rated = {act.agent_id for act in store.ratings.of_month(remark.month, card.name)}
    if remark.agent_id not in rated | set(store.calls.agents(remark.month)):
        _result(store, card, remark)
    (entry,) = store.ledger.append([_entry(card, "flag", remark)])
    return entry.id


def propose_by_person(remark: Remark, consequence_id: str, store_url: str, scorecard: str) -> str:
    """A sentence in Chinese after a person proposed a consequence that no score and no call tells.

    Raises
    ------
    ConfigurationError
        If the scorecard has no such consequence, it is not for people to propose, or the month is not closed.
    """
    card = scorecard_of(scorecard, load_settings())
    theirs = {each.id: each for each in card.consequences if each.when.person}
    if consequence_id not in theirs:
        raise ConfigurationError(
            f"{card.name} has no consequence {consequence_id} that people propose; "
            f"choose {', '.join(theirs) or 'another standard'}"
        )
    chosen = theirs[consequence_id]
    with Store.open(store_url, create=False) as store:
        _result(store, card, remark)
        entry = replace(_entry(card, "proposal", remark, title=chosen.title), consequence_id=chosen.id)
        (entry,) = store.ledger.append([entry])
    return f"已提出 {entry.id}“{chosen.title}”：须签字生效（callqa ledger sign {entry.id} --by 姓名）"


def confirm_grade(remark: Remark, grade: str, store_url: str, scorecard: str) -> str:
    """A sentence in Chinese after a person confirmed the grade of a result in doubt.

    Raises
    ------
    ConfigurationError
        If the scorecard has no such grade, the month is not closed, or nobody is named.
    """
    card = scorecard_of(scorecard, load_settings())
    with Store.open(store_url, create=False) as store:
        return look_in(store, card, remark, grade)


def look_in(store: Store, card: Scorecard, remark: Remark, grade: str) -> str:
    """The sentence of `confirm_grade`, in a store that is open."""
    if grade not in (names := [each.name for each in card.grades]):
        raise ConfigurationError(f"{card.name} 没有等级 {grade}；可选：{'、'.join(names) or '无，请换一个评分表'}")
    result = _result(store, card, remark)
    if result.grade is not None:
        raise ConfigurationError(
            f"{remark.agent_id} {remark.month} 已有等级 {result.grade}，没有疑问需要人工定级；要更正请重开该月"
        )
    if grade not in (possible := grades_touched(card, result)):
        raise ConfigurationError(
            f"{remark.agent_id} {remark.month} 的得分区间不含 {grade}，"
            + (f"只能在 {'、'.join(possible)} 中定级" if possible else f"不能人工定级：{result.undecided}")
        )
    # The grade is the note of a look, and what the person adds its title.
    look = replace(remark, note=grade)
    store.ledger.append(
        [
            _entry(
                card,
                "looked",
                look,
                title=remark.note,
                evidence=(Evidence(result.month, result.score, result.grade),),
            )
        ]
    )
    settle(store, card)
    return f"{remark.agent_id} {remark.month} 定级：{grade}"


def settle(store: Store, card: Scorecard) -> None:
    """Add proposals to the ledger that follow from the closed months now and did not before."""
    months = store.months.standing(card.name)
    store.ledger.extend(
        card.name, lambda ledger: machine_entries(find_changes(card, months, ledger), datetime.now(UTC))
    )


def _figures_now(
    card: Scorecard, months: tuple[AgentMonth, ...], ledger: tuple[Entry, ...], about: EntryStatus
) -> tuple[Evidence, ...]:
    """The figures as they stand, where a correction changed them: those that the person now speaks about."""
    changes = find_changes(card, months, ledger)
    return next((c.seen for c in changes if c.entry is not None and c.entry.id == about.entry.id), ())


def _result(store: Store, card: Scorecard, remark: Remark) -> AgentMonth:
    agent, month = remark.agent_id, remark.month
    rows = [row for row in store.months.standing(card.name) if (row.agent_id, row.month) == (agent, month)]
    if not rows:
        raise ConfigurationError(
            f"{agent} has no closed month {month} by {card.name}; "
            f"close it first: callqa month {month} --standard {card.name} --close --by NAME"
        )
    return rows[0]


def _entry(
    card: Scorecard,
    kind: EntryKind,
    remark: Remark,
    about: int | None = None,
    title: str = "",
    evidence: tuple[Evidence, ...] = (),
) -> Entry:
    if not remark.by.strip():
        raise ConfigurationError("somebody must say so: give --by NAME")
    return Entry(
        id=0,
        at=datetime.now(UTC),
        kind=kind,
        about=about,
        agent_id=remark.agent_id,
        month=remark.month,
        standard=card.name,
        title=title,
        evidence=evidence,
        by=remark.by,
        note=remark.note,
    )
