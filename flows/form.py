"""Forms as files: of one call, and of an agent's month as it is kept."""

from __future__ import annotations

from pathlib import Path

from flows.desk.months import MonthPorts
from flows.month.periods import valid_month
from flows.policy.revisions import scorecard_of_revision, standard_name
from flows.settings import load_settings
from pipeline.access.audit import Action, Note
from pipeline.errors import ConfigurationError
from pipeline.files import write_file
from pipeline.form.call import call_form
from pipeline.form.excel import call_workbook, month_workbook
from pipeline.form.month import month_form
from pipeline.form.word import form_document
from pipeline.month.ledger.entries import MACHINE
from pipeline.store import Store

ENDINGS = (".xlsx", ".docx")


def write_call_form(store_url: str, call_id: str, out: Path) -> None:
    """Write the form of a call by the standard that judged it, people's answers included.

    Raises
    ------
    ConfigurationError
        If the store does not have the call, it has no score, or the file has another ending.
    PolicyError
        If its standard is not at hand.
    """
    _check(out)
    with Store.open(store_url, create=False) as store:
        result = store.calls.get(call_id)
        if result is None:
            raise ConfigurationError(f"the store has no call {call_id}; `callqa export calls` lists what it holds")
        judged = result.evaluation
        if judged is None:
            raise ConfigurationError(f"通话 {call_id} 没有评分，没有可打印的评分表")
        card = scorecard_of_revision(store, judged.scorecard, judged.revision, load_settings())
        acts = store.answers.standing([call_id]).get(call_id, ())
        names = {account.id: account.name for account in store.accounts.all()}
        _, team = store.calls.whose(call_id) or (None, None)
        form = call_form(card, result, acts, team or "", lambda account: names.get(account, account))
        write_file(out, call_workbook(form) if _is_sheet(out) else form_document(form))
        store.audit.append(Note(MACHINE, Action.EXPORT, call_id, None, {"form": card.name}))


def write_agent_form(
    store_url: str, agent_id: str, month: str, standard: str, out: Path, feeds: Path | None = None
) -> None:
    """Write the form of an agent's month as it is kept: closed, or the last trial; nothing is computed anew.

    Parameters
    ----------
    feeds : Path | None
        Folder of tables from outside, as the month was assessed with them.

    Raises
    ------
    ConfigurationError
        If nothing of the agent's month is kept, or the file has another ending.
    """
    _check(out)
    month, settings = valid_month(month), load_settings()
    name = standard_name(standard, settings)
    with Store.open(store_url, create=False) as store:
        report, chapter = MonthPorts(store, settings, feeds).form(month, name, agent_id)
        write_file(
            out, month_workbook(report, chapter) if _is_sheet(out) else form_document(month_form(report, chapter))
        )
        store.audit.append(Note(MACHINE, Action.EXPORT, f"{name} {month} {agent_id}", None, {"form": "agent"}))


def _is_sheet(out: Path) -> bool:
    return out.suffix.lower() == ".xlsx"


def _check(out: Path) -> None:
    if out.suffix.lower() not in ENDINGS:
        raise ConfigurationError(f"{out} must end in {' or '.join(ENDINGS)}")
