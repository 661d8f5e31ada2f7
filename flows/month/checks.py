"""What a month is held against before it is believed: people against the machine, and points against the line.

Knows which calls, hearings and words of people the two reports need; what they say is in `pipeline.month`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from io import BytesIO
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from flows.export import csv_of
from flows.month.calls import scored_calls
from flows.month.periods import valid_month
from flows.month.tickets import report_of as tickets_report
from flows.policy.library import titles_in_force
from flows.policy.revisions import scorecard_of_month
from flows.settings import load_settings
from pipeline.errors import ConfigurationError
from pipeline.files import write_file
from pipeline.hearing import Hearing
from pipeline.indicators import Feeds
from pipeline.month.assessment import ScoredCall, assess
from pipeline.month.assessment.comparison import compare
from pipeline.month.fairness import Ends, FairnessReport, Subject, calls_at_ends, fairness_report
from pipeline.month.overrides import Override, OverrideRate, OverridesReport, by_month, rates
from pipeline.month.ratings import with_ratings
from pipeline.month.workbook import MonthReport
from pipeline.month.workbook.checks import CheckReport, grouped, headings, rows, write_check
from pipeline.month.workbook.wording import person
from pipeline.review.overrides import num_filled, overrides_of, overrides_of_acts
from pipeline.review.replay import replay
from pipeline.scorecard import Scorecard
from pipeline.store import Store
from pipeline.tally import shown

ENDINGS = (".csv", ".xlsx", ".json")
MONTHS_BACK = 12
"""Months of which the rates are told beside each other."""


def fairness(store_url: str, month: str, standard: str, feeds: Path | None = None) -> FairnessReport:
    """Whether points of a month follow the line; nothing is kept.

    Raises
    ------
    ConfigurationError
        If there is nothing of the month.
    """
    given = Feeds.read(feeds)
    with Store.open(store_url, create=False) as store:
        return fairness_of(store, month, standard, given)


def fairness_of(store: Store, month: str, standard: str, feeds: Feeds) -> FairnessReport:
    """The same of a store that is open, by feeds that were read."""
    card, calls = _month(store, month, standard, feeds)
    return _fairness(store, card, month, calls)


def ends_of(store: Store, month: str, standard: str, feeds: Feeds, about: tuple[Subject, str, str]) -> Ends | None:
    """The calls behind one comparison of it: `about` is its subject, the id of that, and the better end."""
    card, calls = _month(store, month, standard, feeds)
    return calls_at_ends(card, calls, _hearings(store, calls), *about)


def overrides(store_url: str, month: str, standard: str, feeds: Path | None = None) -> OverridesReport:
    """How often people overturned the machine in a month; nothing is kept.

    Raises
    ------
    ConfigurationError
        If there is nothing of the month.
    """
    given = Feeds.read(feeds)
    with Store.open(store_url, create=False) as store:
        return overrides_in(store, month, standard, given)


def overrides_in(store: Store, month: str, standard: str, feeds: Feeds) -> OverridesReport:
    """The same of a store that is open, by feeds that were read."""
    card, calls = _month(store, month, standard, feeds)
    return _overrides(store, card, month, calls, feeds)


def with_checks(store: Store, report: MonthReport, feeds: Feeds) -> MonthReport:
    """A month as it is handed out, with the reports over its calls, and its tickets held against them."""
    card, month, calls = report.scorecard, report.month, report.calls
    ids = {scored.call.id for scored in calls}
    filed = feeds.tickets(month)
    tickets = [each for each in filed if not each.get("call_id") or str(each["call_id"]) in ids]
    linked = any("call_id" in each for each in tickets)
    return replace(
        report,
        fairness=_fairness(store, card, month, calls),
        overrides=_overrides(store, card, month, calls, feeds),
        tickets=tickets_report(store, month, tickets) if linked else None,
        tiers=store.tiers.of_month(month, titles_in_force(load_settings()), card),
    )


def _month(store: Store, month: str, standard: str, feeds: Feeds) -> tuple[Scorecard, tuple[ScoredCall, ...]]:
    card = scorecard_of_month(store, standard, valid_month(month), load_settings())
    calls = tuple(scored_calls(store, card, month, feeds))
    if not calls:
        raise ConfigurationError(f"{month} 没有 {card.name} 适用的通话；callqa export calls 列出现有的通话")
    return card, calls


def _fairness(store: Store, card: Scorecard, month: str, calls: Sequence[ScoredCall]) -> FairnessReport:
    return fairness_report(month, card, calls, _hearings(store, calls))


def _hearings(store: Store, calls: Sequence[ScoredCall]) -> dict[str, Hearing]:
    return store.hearings.without_turns([scored.call.id for scored in calls if scored.answers])


def _overrides(
    store: Store, card: Scorecard, month: str, calls: Sequence[ScoredCall], feeds: Feeds
) -> OverridesReport:
    acts = store.answers.standing([scored.call.id for scored in calls if scored.machine])
    own = tuple(overrides_of(calls, acts, card))
    by_machine = _by_machine(store, card, month, calls)
    feeds = with_ratings(feeds, card, month, store.ratings.of_month(month, card.name))
    alone = assess(month, card, [by_machine.get(each.call.id, each) for each in calls], feeds) if by_machine else ()
    differences = compare((card, card), alone, assess(month, card, calls, feeds), ({}, {})) if by_machine else ()
    total, history = rates(own, lambda _: ""), tuple(_history(store, card, month))
    return OverridesReport(
        month=month,
        standard=card.name,
        revision=card.revision,
        titles=_titles(store, card, calls),
        filled=num_filled(calls, acts, card),
        total=total[0] if total else None,
        items=rates(own, lambda each: each.criterion_id),
        agents=rates(own, lambda each: each.agent_id or ""),
        assessors=rates(own, lambda each: each.by),
        months=by_month(history),
        differences=tuple(each for each in differences if each.score_changed or each.grade_changed),
        calls=own,
        history=history,
    )


def _by_machine(store: Store, card: Scorecard, month: str, calls: Sequence[ScoredCall]) -> dict[str, ScoredCall]:
    """The calls on which people spoke, as the machine alone judges them."""
    answered = {scored.call.id: scored for scored in calls if scored.machine}
    found: dict[str, ScoredCall] = {}
    for agent in {scored.call.agent_id for scored in answered.values()}:
        for hearing, findings in store.calls.replay(month, agent):
            if hearing.call.id in answered:
                found[hearing.call.id] = replay(hearing, findings, card)
    return found


def _history(store: Store, card: Scorecard, month: str) -> Iterator[Override]:
    """The overrides of the months up to this one, from what people said."""
    known = store.answers.standing_by_month(card.name)
    for name in sorted(each for each in known if each <= month)[-MONTHS_BACK:]:
        yield from overrides_of_acts(name, known[name], card)


def _titles(store: Store, card: Scorecard, calls: Sequence[ScoredCall]) -> dict[str, str]:
    agents = {c.call.agent_id: person(c.call.agent_id, c.call.agent_name) for c in calls if c.call.agent_id}
    assessors = {account.id: account.name for account in store.accounts.all()}
    return {criterion.id: criterion.title for criterion in card.criteria} | assessors | agents


def show_check(report: CheckReport) -> Iterator[RenderableType]:
    """A report as it is printed."""
    yield from show_fairness(report) if isinstance(report, FairnessReport) else show_overrides(report)


def show_fairness(report: FairnessReport, most: int = 20) -> Iterator[RenderableType]:
    """What was found, a sentence each, and the clearest pairs as a table."""
    yield Text(report.remark)
    for row in report.found:
        yield Text(f"{'提示' if row.of_line else '留意'} {row.sentence}", style="yellow" if row.of_line else "")
    if not report.found:
        yield Text("没有查出得分随线路、队列、时段或时长变化。")
    table = Table("对象", "条件", "通话", "相关", "相差（分）", "95% 区间", "p", title=f"{report.month} 公平性检查")
    for row in report.rows[:most]:
        table.add_row(
            Text(row.title),
            Text(f"{row.worse} → {row.better}"),
            str(row.num_calls),
            f"{row.correlation:+.2f}",
            f"{row.points:+.2f}",
            f"{row.low:.2f}–{row.high:.2f}",
            f"{row.p:.3f}",
        )
    yield table


def show_overrides(report: OverridesReport) -> Iterator[RenderableType]:
    """The rates by item, agent, assessor and month, and the agents whose month hangs on them."""
    yield Text(report.remark)
    if report.total is None:
        yield Text(f"{report.month} 还没有人工评定机器已有结论的项。")
        return
    yield Text(report.total.sentence)
    for title, found in grouped(report)[1:]:
        table = Table(title, "评定", "改判", "改判率", "95% 区间", "加分", "减分", "合计（分）")
        for each in found:
            name = report.titles.get(each.about, each.about) or "未分配"
            table.add_row(Text(name), *_cells(each, points=found is not report.months))
        yield table
    for difference in report.differences:
        before, after = difference.before, difference.after
        scores = " → ".join("—" if row.score is None else shown(row.score) for row in (before, after))
        grades = " → ".join(row.grade or "未定级" for row in (before, after))
        yield Text(f"{person(after.agent_id, after.agent_name)}：只按机器与计入人工，得分 {scores}，等级 {grades}")


def _cells(each: OverrideRate, *, points: bool) -> tuple[str, ...]:
    counts = (str(each.answered), str(each.overturned), f"{each.rate:.1%}", f"{each.low:.1%}–{each.high:.1%}")
    won = (str(each.raised), str(each.lowered), f"{each.points:+.1f}") if points else ("—", "—", "—")
    return (*counts, *won)


def export_check(report: CheckReport, path: Path) -> int:
    """The number of rows written: a table in .csv and .xlsx, the whole report in .json; an interface.

    Raises
    ------
    ConfigurationError
        If the ending is none of these, or the file cannot be written.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise ConfigurationError(f"{path} must end in {', '.join(ENDINGS)}")
    write_file(path, content_of(report, ending))
    return len(list(rows(report)))


def content_of(report: CheckReport, ending: str) -> bytes:
    """A report as a file with that ending, one of `ENDINGS`."""
    if ending == ".json":
        told = report.as_object() if isinstance(report, FairnessReport) else _as_object(report)
        return f"{json.dumps(told, ensure_ascii=False, indent=2)}\n".encode()
    if ending == ".csv":
        names = headings(report)
        return csv_of(list(names), [dict(zip(names, row, strict=True)) for row in rows(report)]).encode("utf-8-sig")
    stream = BytesIO()
    write_check(stream, report)
    return stream.getvalue()


def _as_object(report: OverridesReport) -> dict[str, Any]:
    def rated(each: OverrideRate) -> dict[str, Any]:
        return asdict(each) | {"title": report.titles.get(each.about, each.about), "rate": each.rate}

    return {
        "month": report.month,
        "standard": report.standard,
        "revision": report.revision,
        "filled": report.filled,
        "total": None if report.total is None else rated(report.total),
        **{
            name: [rated(each) for each in getattr(report, name)]
            for name in ("items", "agents", "assessors", "months")
        },
        "differences": [
            {
                "agent_id": each.after.agent_id,
                "agent_name": each.after.agent_name,
                "machine_score": each.before.score,
                "score": each.after.score,
                "machine_grade": each.before.grade,
                "grade": each.after.grade,
            }
            for each in report.differences
        ],
    }
