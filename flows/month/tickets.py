"""The tickets of a month against the calls that they were written of; reads, and keeps nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from flows.export import write_rows
from flows.month.periods import valid_month
from pipeline.errors import ConfigurationError
from pipeline.evaluation.result import CallResult
from pipeline.indicators.feeds import Feeds
from pipeline.month.tickets import Difference, HeldTicket, TicketReport, held
from pipeline.store import Store
from pipeline.timeline import place

COLUMNS = "ticket_id call_id agent_id field difference written said start end asked clear sentence"


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
    with Store.open(store_url, create=False) as store:
        return report_of(store, month, tickets)


def report_of(store: Store, month: str, tickets: Sequence[Mapping[str, Any]]) -> TicketReport:
    """Tickets of a month held against the calls of a store, as far as they name them in `call_id`."""
    found: list[Difference] = []
    linked = [ticket for ticket in tickets if ticket.get("call_id")]
    unheard = 0
    for ticket in linked:
        beside = held(ticket, store.calls.get(str(ticket["call_id"])))
        unheard += not beside.heard
        found += beside.differences
    return TicketReport(month, len(linked) - unheard, len(tickets) - len(linked), unheard, tuple(found))


def tickets_of_call(feeds: Feeds, result: CallResult) -> tuple[HeldTicket, ...] | None:
    """The tickets that name a call, held against it; None where no feed says which call a ticket is of."""
    filed = feeds.tickets_of_call(result.call.id)
    return None if filed is None else tuple(held(ticket, result) for ticket in filed)


def export_tickets(store_url: str, month: str, folder: Path, path: Path) -> int:
    """The number of rows written, one a difference: ``.jsonl`` or ``.csv``, as `flows.export.export_file` writes.

    Raises
    ------
    ConfigurationError
        If the ending is neither, the file cannot be written, or as `against_calls` says.
    """
    return write_rows(path, COLUMNS, as_object(against_calls(store_url, valid_month(month), folder))["differences"])


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
    title = f"{report.month} 工单与通话"
    table = Table("工单", "通话", "工号", "时间", "差异", title=title, caption=report.remark)
    for each in report.differences:
        where = place(each.span.start) if each.span else "—"
        table.add_row(
            Text(each.ticket_id), Text(each.call_id), Text(each.agent_id or ""), where, Text(each.sentence)
        )
    return table
