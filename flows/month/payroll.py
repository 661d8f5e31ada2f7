"""The payroll of a closed month: gathered, refused while something open could change it, and written to a file."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from flows.export import csv_of
from flows.month.calls import scored_calls
from flows.month.periods import valid_month
from flows.policy.library import scorecard_of
from flows.policy.revisions import card_of
from flows.settings import load_settings
from pipeline.access.audit import Action, Note
from pipeline.call import SHANGHAI
from pipeline.errors import ConfigurationError
from pipeline.evaluation import Outcome
from pipeline.files import replacing, write_file
from pipeline.indicators import Feeds
from pipeline.month.acknowledgement import objection
from pipeline.month.assessment import AgentMonth
from pipeline.month.assessment.closing import Closing
from pipeline.month.ledger import entry_statuses, find_changes, standings
from pipeline.month.ledger.entries import MACHINE, EntryState
from pipeline.month.payroll import PayrollRow, Pending, could_change, payroll, pending_sentences
from pipeline.month.workbook.payroll import HEADINGS, cells, write_payroll
from pipeline.scorecard import Scorecard
from pipeline.store import Store
from pipeline.tally import Tally

ENDINGS = (".csv", ".xlsx", ".json")


@dataclass(frozen=True, slots=True)
class Payroll:
    """The rows of a month with what stands behind them; `pending` is empty unless it was asked for all the same."""

    closing: Closing
    title: str
    rows: tuple[PayrollRow, ...]
    pending: tuple[Pending, ...]


def export_payroll(
    store_url: str, month: str, standard: str, out: Path, feeds: Path | None = None, *, provisional: bool = False
) -> Payroll:
    """The payroll of a closed month, written to a file: Chinese headings in .csv and .xlsx, everything in .json.

    Parameters
    ----------
    feeds : Path | None
        The folder with the feed ``wages``; without it there are coefficients and no amounts.
    provisional : bool
        Write it although something open could change it; what it is stands in the remarks.

    Raises
    ------
    ConfigurationError
        If the month is not closed, or, unless `provisional`, something is open that could change a grade: says
        which agent, call and item, and why.
    """
    if out.suffix.lower() not in ENDINGS:
        raise ConfigurationError(f"{out} must end in {', '.join(ENDINGS)}")
    card, month = scorecard_of(standard, load_settings()), valid_month(month)
    given = Feeds.read(feeds)
    with Store.open(store_url, create=False) as store:
        made = payroll_of(store, card, month, given)
        if made.pending and not provisional:
            told = "\n".join(pending_sentences(made.pending))
            raise ConfigurationError(
                f"{month} 按 {card.name} 还有 {len(made.pending)} 项未决，可能改变等级或金额，工资表没有写出：\n"
                f"{told}\n处理完再出；确要先出暂定表，加 --provisional"
            )
        _write(out, made, given.digests.get("wages", ""))
        new = {"closing": made.closing.id, "rows": len(made.rows), "pending": len(made.pending)}
        store.audit.append(Note(MACHINE, Action.EXPORT, f"payroll {card.name} {month}", None, new))
    return made


def payroll_of(store: Store, card: Scorecard, month: str, feeds: Feeds) -> Payroll:
    """The payroll of a closed month, by the revision with which it was closed, with all that is open.

    Raises
    ------
    ConfigurationError
        If the month is not closed.
    """
    closing = store.months.closing(month, card.name)
    if closing is None:
        raise ConfigurationError(
            f"{month} 按 {card.name} 还没有关账，没有工资表；"
            f"先关账：callqa month {month} --standard {card.name} --close --by 姓名"
        )
    card = card_of(store, closing, load_settings())
    months, ledger = store.months.standing(card.name), store.ledger.entries(card.name)
    wages = feeds.wages(month)
    rows = payroll(card, month, months, ledger, wages)
    pending = tuple(_pending(store, card, closing, months))
    return Payroll(closing, card.title, rows, pending)


def _pending(store: Store, card: Scorecard, closing: Closing, months: Sequence[AgentMonth]) -> Iterator[Pending]:
    """What is open about the month and could change a grade or an amount, by agent."""
    month, ledger = closing.month, store.ledger.entries(card.name)
    own = {row.agent_id: row for row in months if row.agent_id and row.month == month}
    found: list[Pending] = []
    for standing in standings(card, months, ledger):
        row = own.get(standing.agent_id)
        if standing.period == month and standing.grade is None and standing.ranked and row and row.undecided:
            found.append(Pending(standing.agent_id, "", "等级", row.undecided))
    for each in entry_statuses(ledger):
        entry = each.entry
        if entry.month == month and entry.kind == "flag" and each.state is EntryState.OPEN:
            found.append(Pending(entry.agent_id, "", "诚信问题", f"编号 {entry.id} 待签字：{entry.note}"))
    for change in find_changes(card, months, ledger):
        if change.month == month:
            found.append(Pending(change.agent_id, "", "奖惩", change.sentence))
    for agent, said in store.acknowledgements.of_closing(closing.id).items():
        if (open_ := objection(said)) is not None:
            found.append(
                Pending(agent, "", "本人确认", f"{open_.at.astimezone(SHANGHAI):%Y-%m-%d} 提出异议，没有答复")
            )
    found += _doubtful_calls(store, card, closing, own)
    yield from sorted(found, key=lambda each: (each.agent_id, each.call_id, each.item))


def _doubtful_calls(
    store: Store, card: Scorecard, closing: Closing, own: dict[str, AgentMonth]
) -> Iterator[Pending]:
    """Disputes without a ruling, answers that wait for a person, and answers given since the month was closed."""
    contested = defaultdict[str, list[tuple[Pending, Tally]]](list)
    for dispute in store.disputes.pending_of_month(closing.month, card.name):
        subject, agent = dispute.subject, dispute.subject.agent_id or ""
        tally = (
            subject.tally if subject.tally.possible else Tally(0.0, card.points_of.get(subject.criterion_id, 0.0))
        )
        why = f"{dispute.id} 号申诉未决（{dispute.state.title}）"
        contested[agent].append((Pending(agent, subject.call_id, subject.criterion_id, why), tally))
    stakes = {asked.criterion.id: asked.stake for asked in card.call_criteria}
    for scored in scored_calls(store, card, closing.month):
        agent = scored.call.agent_id or ""
        for answer in scored.answers if agent in own else ():
            if answer.outcome is Outcome.UNSURE:
                about = Pending(agent, scored.call.id, answer.criterion_id, Outcome.UNSURE.title)
                stake = stakes.get(answer.criterion_id, 0.0)
                contested[agent] += [(about, Tally(0.0, stake)), (about, Tally(stake, stake))]
    for agent, row in own.items():
        items = contested[agent]
        if items and could_change(card, row, [(pending.item, tally) for pending, tally in items]):
            yield from dict.fromkeys(pending for pending, _ in items)
        for call_id, acts in store.answers.standing_of_month(closing.month, agent).items():
            for act in acts:
                if act.scorecard in (card.name, "") and act.at > closing.at:
                    said = "改判" if act.scorecard else act.title
                    at = f"{act.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
                    why = f"{at} {said}，在关账之后，没有计入：请重开本月再关账"
                    yield Pending(agent, call_id, act.criterion_id, why)


def _write(out: Path, made: Payroll, wages: str) -> None:
    closing, suffix = made.closing, out.suffix.lower()
    remarks = defaultdict[str, list[str]](list)
    for each in made.pending:
        remarks[each.agent_id].append(f"未决：{each.sentence}")
    if suffix == ".json":
        about = {
            "month": closing.month,
            "standard": closing.standard,
            "revision": closing.revision,
            "closed_by": closing.by,
            "closed_at": closing.at.isoformat(),
            "wages": wages,
            "provisional": bool(made.pending),
            "pending": [asdict(each) for each in made.pending],
            "rows": [asdict(row) for row in made.rows],
        }
        write_file(out, json.dumps(about, ensure_ascii=False, indent=2) + "\n")
    elif suffix == ".csv":
        rows = [dict(zip(HEADINGS, cells(row, remarks[row.agent_id]), strict=True)) for row in made.rows]
        write_file(out, csv_of(list(HEADINGS), rows).encode("utf-8-sig"))
    else:
        with replacing(out) as beside:
            write_payroll(beside, closing, made.title, made.rows, remarks)
