"""The ledger of consequences: what follows from closed months, and what people say about it. Only ever added to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from flows.policy.lists import standard_of
from flows.settings import load_settings
from pipeline.errors import ConfigurationError
from pipeline.month.assessment import AgentMonth
from pipeline.month.ledger import Decided, Entry, Evidence, decided, record, replay
from pipeline.month.ledger.entries import Kind
from pipeline.month.ledger.lines import last_word
from pipeline.scorecard import Scorecard
from pipeline.store import Store

STATES = {"open": "待签字", "effective": "已生效", "rejected": "已否决", "withdrawn": "已撤回"}
KINDS = {"proposal": "", "flag": "诚信问题：", "looked": "人工定级："}


def show_ledger(store_url: str, standard: str) -> Iterator[RenderableType]:
    """Every proposal, flag and look with its state, and the changes that wait for a person."""
    card = standard_of(standard, load_settings())
    with Store.open(store_url, create=False) as store:
        ledger = store.ledger(card.name)
        changes = replay(card, store.standing_months(card.name), ledger)
    table = Table("编号", "坐席", "月份", "建议", "依据", "状态", "签字", title=f"{card.title}　奖惩台账")
    for each in decided(ledger):
        entry = each.entry
        title = Text(f"{KINDS[entry.kind]}{entry.title or entry.note}")
        signers = "、".join(each.signers)
        row = (str(entry.id), entry.agent_id, entry.month, title, Text(entry.note), STATES[each.state], signers)
        table.add_row(*row)
    yield table
    for change in changes:
        yield Text(change.sentence)


def say(kind: Kind, number: int, by: str, note: str, store_url: str, standard: str) -> str:
    """What an entry has become after a person signed, rejected or withdrew it, in Chinese.

    Raises
    ------
    ConfigurationError
        If the standard's ledger has no such entry, or nobody is named.
    """
    card = standard_of(standard, load_settings())
    with Store.open(store_url, create=False) as store:
        return say_in(store, card, kind, number, by, note)


def say_in(
    store: Store, card: Scorecard, kind: Kind, number: int, by: str, note: str, last: int | None = None
) -> str:
    """What `say` gives, in a store that is open; nobody else says anything in between.

    Parameters
    ----------
    last : int | None
        The id of the last word about the entry that the person had seen, as `last_word` gives it; None to say it
        whatever was said meanwhile.
    """
    unchanged = ""

    def follow(ledger: tuple[Entry, ...]) -> list[Entry]:
        nonlocal unchanged
        about = {each.entry.id: each for each in decided(ledger)}.get(number)
        if about is None:
            raise ConfigurationError(_unknown(card, number, others))
        if last is not None and last_word(ledger, number) != last:
            raise ConfigurationError(f"{number} 刚刚有人处理过，您的操作没有生效；请核对后再签")
        seen = _seen(card, months, ledger, about)
        signers = "、".join(about.signers)
        if kind == "rejected" and about.state == "effective":
            raise ConfigurationError(
                f"{number} 已由 {signers} 签字生效；要撤回请用 callqa ledger withdraw {number}"
            )
        unchanged = f"{number} 早已由 {signers} 签字生效，没有改动"
        if kind == "signed" and about.state == "effective" and not seen:
            return []
        unchanged, entry = "", about.entry
        return [_entry(kind, number, entry.agent_id, entry.month, card, by, note, entry.title, seen)]

    months = store.standing_months(card.name)
    others = {entry.id: entry.standard for entry in store.ledger() if entry.about is None}
    store.extend_ledger(card.name, follow)
    if unchanged:
        return unchanged
    settle(store, card)
    state, entry = next((d.state, d.entry) for d in decided(store.ledger(card.name)) if d.entry.id == number)
    return f"{number} {entry.agent_id} {entry.month} {entry.title or entry.note}：{STATES[state]}"


def _unknown(card: Scorecard, number: int, others: Mapping[int, str]) -> str:
    of = f"; {number} is of {others[number]}: add --standard" if number in others else "; see `callqa ledger list`"
    return f"the ledger of {card.name} has no proposal, flag or look {number}{of}"


def raise_flag(agent: str, month: str, by: str, note: str, store_url: str, standard: str) -> str:
    """What was written when an agent's month was called dishonest, in Chinese; it waits for two signatures."""
    card = standard_of(standard, load_settings())
    with Store.open(store_url, create=False) as store:
        _result(store, card, agent, month)
        (entry,) = store.append_entries([_entry("flag", None, agent, month, card, by, note)])
    return f"已记录 {entry.id}：须两人签字后生效（callqa ledger sign {entry.id} --by 姓名）"


def confirm_grade(agent: str, month: str, grade: str, by: str, note: str, store_url: str, standard: str) -> str:
    """What was written when a person confirmed the grade of a result in doubt, in Chinese.

    Raises
    ------
    ConfigurationError
        If the standard has no such grade, the month is not closed, or nobody is named.
    """
    card = standard_of(standard, load_settings())
    if grade not in (names := [each.name for each in card.grades]):
        raise ConfigurationError(
            f"{card.name} has no grade {grade}; choose {', '.join(names) or 'another standard'}"
        )
    with Store.open(store_url, create=False) as store:
        seen = _result(store, card, agent, month)
        if seen.grade is not None:
            raise ConfigurationError(
                f"{agent} {month} 已有等级 {seen.grade}，没有疑问需要人工定级；要更正请重开该月"
            )
        store.append_entries([_entry("looked", None, agent, month, card, by, grade, note, (seen,))])
        settle(store, card)
    return f"{agent} {month} 定级：{grade}"


def settle(store: Store, card: Scorecard) -> None:
    """Add to the ledger what follows from the closed months now and did not before."""
    months = store.standing_months(card.name)
    store.extend_ledger(card.name, lambda ledger: record(replay(card, months, ledger), datetime.now(UTC)))


def _seen(
    card: Scorecard, months: tuple[AgentMonth, ...], ledger: tuple[Entry, ...], about: Decided
) -> tuple[Evidence, ...]:
    """The figures as they stand, where a correction changed them: what the person now speaks about."""
    changes = replay(card, months, ledger)
    return next((c.seen for c in changes if c.entry is not None and c.entry.id == about.entry.id), ())


def _result(store: Store, card: Scorecard, agent: str, month: str) -> Evidence:
    rows = [row for row in store.standing_months(card.name) if (row.agent_id, row.month) == (agent, month)]
    if not rows:
        raise ConfigurationError(
            f"{agent} has no closed month {month} by {card.name}; "
            f"close it first: callqa month {month} --standard {card.name} --close --by NAME"
        )
    return Evidence(month, rows[0].score, rows[0].grade)


def _entry(
    kind: Kind,
    about: int | None,
    agent: str,
    month: str,
    card: Scorecard,
    by: str,
    note: str,
    title: str = "",
    evidence: tuple[Evidence, ...] = (),
) -> Entry:
    if not by.strip():
        raise ConfigurationError("somebody must say so: give --by NAME")
    return Entry(
        id=0,
        at=datetime.now(UTC),
        kind=kind,
        about=about,
        agent_id=agent,
        month=month,
        standard=card.name,
        title=title,
        evidence=evidence,
        by=by,
        note=note,
    )
