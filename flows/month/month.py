"""The month: every agent's calls and values added up, tried or closed, kept, and written as a workbook."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from flows.month.calls import check_demotions, edited_sentence, scored_calls
from flows.month.checks import with_checks
from flows.month.ledger import settle
from flows.month.periods import valid_month
from flows.month.report import MonthFigures, plans_of, report_of, rows_of
from flows.policy.revisions import check_revision, scorecard_of_month, standard_name
from flows.policy.scorecards import notices_of, unknown_criteria
from flows.settings import load_settings
from pipeline.call import SHANGHAI
from pipeline.errors import ConfigurationError
from pipeline.indicators import Feeds
from pipeline.month.assessment.closing import Closing, ClosingState
from pipeline.month.assessment.periods import last_month
from pipeline.month.ledger.entries import MACHINE
from pipeline.month.ratings import with_ratings
from pipeline.month.workbook import MonthReport, write_month
from pipeline.scorecard import Scorecard
from pipeline.scorecard.lint import describe, refuse
from pipeline.store import Store


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
        Name of a scorecard, shipped or released, or a file.
    feeds : Path | str | None
        Folder of tables from outside.
    close_by, reason : str
        Who closes the month, and, after it was reopened, why.

    Raises
    ------
    PolicyError
        If the scorecard has an error, or no revision of it is in force on the first day of the month.
    ConfigurationError
        If the month is no month, or neither calls nor feeds tell of it, or a feed is wrong; or if the scorecard
        was changed under the number by which a month was closed.
    StoreError
        If the month is closed already, with other figures.
    """
    month = valid_month(month or last_month(datetime.now(SHANGHAI)))
    filed = Feeds.read(Path(feeds) if feeds else None)
    with Store.open(store_url, create=False) as store:
        card = scorecard_of_month(store, standard, month, load_settings())
        notices = notices_of(card)
        if store.months.closing(month, card.name) is None:  # what a month was closed by was right then
            refuse(card, notices)
        check_revision(store, card)
        given = with_ratings(filed, card, month, store.ratings.of_month(month, card.name))
        if given.memberships:
            store.roster.save(given.memberships, close_by or MACHINE)  # the review desk shows by team
        if close_by:
            check_demotions(store, month, card)
        figures = _figures(store, card, month, given)
        remarks = [
            *filter(None, [edited_sentence(store, card, month)]),
            *map(str, given.notices),
            *undecided_disputes(store, month, card),
            *unknown_criteria(card, given.items(month)),
        ]
        closing = _closing(card, month, close_by, reason, given, (*remarks, *describe(notices)))
        report = report_of(store, card, _keep(store, card, closing, figures), figures)
        if out is not None:
            report = with_checks(store, report, given)
            write_month(Path(out), report)
    return report


def _figures(store: Store, card: Scorecard, month: str, feeds: Feeds) -> MonthFigures:
    calls = tuple(scored_calls(store, card, month, feeds))
    figures = MonthFigures.of(card, month, calls, feeds)
    if not figures.rows:
        raise ConfigurationError(
            f"the store holds no calls of {month}, and no feed tells of it; "
            "`callqa export calls` lists what it holds"
        )
    return figures


def _closing(card: Scorecard, month: str, by: str, reason: str, feeds: Feeds, notices: tuple[str, ...]) -> Closing:
    """The closing of a month at this moment, not kept yet; a trial where nobody closes it."""
    return Closing(
        month=month,
        standard=card.name,
        revision=card.revision,
        digest=card.digest,
        by=by,
        reason=reason,
        at=datetime.now(UTC),
        feeds=tuple(sorted(feeds.digests.items())),
        notices=notices,
    )


def undecided_disputes(store: Store, month: str, card: Scorecard) -> tuple[str, ...]:
    """A sentence that so many disputes about the month still wait for a ruling; none where none do.

    Closing is not refused: the date is fixed, and a ruling after it is a reason to reopen.
    """
    count = store.disputes.undecided(month, card.name)
    if not count:
        return ()
    return (f"有 {count} 件申诉未决：{month} 关账后若改判，须重开本月再关账才计入。",)


def _keep(store: Store, card: Scorecard, closing: Closing, figures: MonthFigures) -> Closing:
    """The closing or trial under which the figures are kept; closing the same figures twice changes nothing."""
    rows = (*figures.rows, *figures.teams)
    store.scorecards.keep(card)
    standing = store.months.closing(closing.month, closing.standard)
    if standing is not None and rows_of(store, standing) == rows:
        closing = standing
    elif closing.by:
        store.months.close(closing, rows)
        closing = store.months.closing(closing.month, closing.standard) or closing
    else:
        store.months.save_trial(closing, rows)
    if closing.state is ClosingState.CLOSED:
        settle(store, card)
    if closing.id:
        store.plans.save(closing.id, [row for own in plans_of(card, figures).values() for row in own])
    return closing


def reopen_month(store_url: str, month: str, scorecard: str, by: str, reason: str) -> None:
    """Reopen a closed month; the closing is kept, and stands no longer.

    Raises
    ------
    StoreError
        If it is not closed, or no reason is given.
    """
    name = standard_name(scorecard, load_settings())
    with Store.open(store_url, create=False) as store:
        store.months.reopen(valid_month(month), name, by, reason)
