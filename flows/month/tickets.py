"""The tickets of a month against the calls that they were written of; reads, and keeps nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from pipeline.errors import ConfigurationError
from pipeline.indicators.feeds import Feeds
from pipeline.month.tickets import Difference, differences
from pipeline.store import Store
from pipeline.timeline import place


@dataclass(frozen=True, slots=True)
class TicketReport:
    """The differences of a month, and how many tickets could be held against a call.

    `unlinked` tickets name no call; the call of `unheard` is not in the store, or was not heard.
    """

    month: str
    compared: int
    unlinked: int
    unheard: int
    differences: tuple[Difference, ...]


def against_calls(store_url: str, month: str, folder: Path) -> TicketReport:
    """The tickets of a month, held against what was said.

    Raises
    ------
    ConfigurationError
        If a feed is wrong, the month has no tickets, or the feed does not say which call a ticket is of.
    """
    tickets = Feeds.read(folder).tickets(month)
    if not tickets:
        raise ConfigurationError(f"{folder}: there are no tickets of {month}; they are the feed tickets（工单）")
    if not any("call_id" in ticket for ticket in tickets):
        raise ConfigurationError(
            f"{folder}: the feed tickets has no column call_id（通话编号）, which names the call"
        )
    found: list[Difference] = []
    linked = [ticket for ticket in tickets if ticket["call_id"]]
    unheard = 0
    with Store.open(store_url, create=False) as store:
        for ticket in linked:
            result = store.calls.get(str(ticket["call_id"]))
            if result is None or result.hearing is None or not result.hearing.turns:
                unheard += 1
                continue
            found += differences(ticket, result.hearing, result.findings)
    return TicketReport(month, len(linked) - unheard, len(tickets) - len(linked), unheard, tuple(found))


def as_object(report: TicketReport) -> dict[str, Any]:
    """A report as ``--json`` prints it; an interface."""
    return {
        "month": report.month,
        "compared": report.compared,
        "unlinked": report.unlinked,
        "unheard": report.unheard,
        "differences": [
            {
                "ticket_id": each.ticket_id,
                "call_id": each.call_id,
                "agent_id": each.agent_id,
                "field": each.field,
                "difference": each.side.value,
                "written": each.written,
                "said": each.said,
                "start": each.span.start if each.span else None,
                "end": each.span.end if each.span else None,
                "asked": each.asked,
                "clear": each.clear,
                "sentence": each.sentence,
            }
            for each in report.differences
        ],
    }


def tickets_table(report: TicketReport) -> Table:
    """A report as a table, with how many tickets were compared below it."""
    told = f"核对 {report.compared} 张，没有通话编号 {report.unlinked} 张，通话没有听过 {report.unheard} 张"
    rule = "差异只供核对，不自动计入任何得分"
    title = f"{report.month} 工单与通话"
    table = Table("工单", "通话", "工号", "时间", "差异", title=title, caption=f"{told}。{rule}")
    for each in report.differences:
        where = place(each.span.start) if each.span else "—"
        table.add_row(
            Text(each.ticket_id), Text(each.call_id), Text(each.agent_id or ""), where, Text(each.sentence)
        )
    return table
