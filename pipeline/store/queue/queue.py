"""The queue as reviewers work through it: read page by page, and taken, given back, assigned and done.

Knows how rows are found fast and who has which; what keeps the rows true is in `listing`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import (
    Connection,
    Engine,
    and_,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from pipeline.access.accounts import Scope
from pipeline.access.audit import Action, Note
from pipeline.call import SHANGHAI, Status
from pipeline.errors import StoreError
from pipeline.review.overlay import overlay
from pipeline.review.urgency import bundled_urgency
from pipeline.review.worklist import Filters, Progress, Stream, WorklistRow, split_rows
from pipeline.scorecard import Scorecard
from pipeline.store.calls.calls import result_of, to_result
from pipeline.store.calls.evaluations import judgements_of
from pipeline.store.calls.hearings import to_hearing
from pipeline.store.calls.records import PAGE, heard_calls
from pipeline.store.people.answers import counting_on
from pipeline.store.people.audit import noted
from pipeline.store.queue.draws import lock_draws
from pipeline.store.queue.filters import MOST, conditions, count_rows, distinct_values, read_rows
from pipeline.store.queue.places import list_calls
from pipeline.store.queue.readings import reading_values
from pipeline.store.queue.rows import saved_filters, to_row, worklist, worklist_criteria
from pipeline.store.schema import reading, writing, writing_alone
from pipeline.store.tables import Values, calls

KEPT = 50
"""Filters that one account may save."""


@dataclass(frozen=True, slots=True)
class WorklistPage:
    """A page of the queue.

    Parameters
    ----------
    number : int
        1-based; the last one there is, where a later one was asked for.
    total : int
        Rows of all pages.
    capped : bool
        Whether there are more than are counted.
    """

    rows: tuple[WorklistRow, ...]
    number: int
    num_pages: int
    total: int
    capped: bool


@dataclass(frozen=True, slots=True)
class Handled:
    """The outcome of an act on some calls.

    Parameters
    ----------
    done : tuple of str
        The calls for which it holds now.
    refused : tuple of pairs
        The others, each with the reason in Chinese.
    """

    done: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Choices:
    """The choices by which the rows in scope can be filtered."""

    teams: tuple[str, ...]
    agents: tuple[str, ...]
    criteria: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """A filter that somebody keeps, as the query string of the page."""

    id: int
    name: str
    query: str


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue of calls for review."""

    engine: Engine

    def fill(self, progress: Callable[[int, int], None] | None = None) -> int:
        """The number of calls listed now that an earlier callqa had saved without listing them.

        Parameters
        ----------
        progress : function | None
            Is told how many are done, of how many, after each page.
        """
        c = calls.c
        unlisted = heard_calls().where(
            c.recording_id.is_not(None),
            c.status != Status.FAILED,
            ~exists().where(worklist.c.call_id == c.id),
        )
        with reading(self.engine) as connection:
            number = unlisted.with_only_columns(func.count(), maintain_column_froms=True)
            of = connection.scalar(number) or 0
        done, last = 0, ""
        while done < of:
            with writing(self.engine) as connection:
                page = unlisted.where(c.id > last).order_by(c.id).limit(PAGE)
                rows = connection.execute(page).all()
                if not rows:
                    break
                judgements = judgements_of(connection, [row.id for row in rows])
                heard_so = {row.id: to_hearing(row, ()) for row in rows if row.call_id}
                list_calls(
                    connection,
                    [to_result(row, heard_so.get(row.id), judgements.get(row.id)) for row in rows],
                )
            done, last = done + len(rows), rows[-1].id
            if progress is not None:
                progress(min(done, of), of)
        return done

    def relist(self, call_id: str, card: Scorecard) -> None:
        """List a call for review by what counts of it now, people's answers to the card's items in it.

        Saving a result lists what the machine said: whoever lets people answer, or judges anew what they answered,
        lists the call again.
        """
        with reading(self.engine) as connection:
            result = result_of(connection, call_id)
            answers = counting_on(connection, [call_id]).get(call_id, ())
        if result is not None:
            counting = overlay(result, card, answers)
            with writing(self.engine) as connection:
                list_calls(connection, [counting])

    def page(self, scope: Scope, filters: Filters, page: int = 1, size: int = 25) -> WorklistPage:
        """A page of the queue: by risk, with every so-manieth row from the random draw.

        Which row comes where depends on nothing but the rows themselves, so pages do not overlap while nobody
        changes one.
        """
        every = bundled_urgency().random_every
        where = conditions(scope, filters)
        with reading(self.engine) as connection:
            by_risk, by_lot = (count_rows(connection, [*where, worklist.c.stream == stream]) for stream in Stream)
            total = min(by_risk, MOST) + min(by_lot, MOST)
            num_pages = max(1, -(-total // size))
            number = min(max(page, 1), num_pages)
            bounds = [(number - 1) * size, number * size]
            first, last = (split_rows(b, min(by_risk, MOST), min(by_lot, MOST), every) for b in bounds)
            streams = [
                read_rows(connection, where, stream, first[stream], last[stream] - first[stream])
                for stream in Stream
            ]
        rows, (risky, drawn) = [], map(iter, streams)
        for before in range(bounds[0], min(bounds[1], total)):
            now, then = (split_rows(b, min(by_risk, MOST), min(by_lot, MOST), every) for b in (before, before + 1))
            rows.append(next(drawn if then[1] > now[1] else risky))
        return WorklistPage(tuple(rows), number, num_pages, total, by_risk > MOST or by_lot > MOST)

    def get(self, call_id: str) -> WorklistRow | None:
        """One call of the queue; None for one that is not listed."""
        with reading(self.engine) as connection:
            row = connection.execute(select(worklist).where(worklist.c.call_id == call_id)).one_or_none()
        return None if row is None else to_row(row)

    def take(self, call_ids: Iterable[str], by: str, scope: Scope) -> Handled:
        """Take calls for review; one that somebody else has stays theirs."""
        now = {"status": Progress.TAKEN, "assignee": by, "taken_at": datetime.now(UTC)}

        def allowed(row: WorklistRow) -> str:
            return "" if row.status is Progress.OPEN or _has(row, by) else held(row)

        return self._act(Action.TAKE, call_ids, by, scope, now, allowed)

    def give_back(self, call_ids: Iterable[str], by: str, scope: Scope, *, anybodys: bool = False) -> Handled:
        """Put calls back into the queue.

        Parameters
        ----------
        anybodys : bool
            Also those that somebody else has or has done.
        """
        nobody: Values = {"assignee": None, "taken_at": None, "done_by": None, "done_at": None}

        def allowed(row: WorklistRow) -> str:
            own = row.status is Progress.OPEN or _has(row, by) or row.done_by == by
            return "" if own or anybodys else held(row)

        return self._act(Action.GIVE_BACK, call_ids, by, scope, {"status": Progress.OPEN} | nobody, allowed)

    def assign(self, call_ids: Iterable[str], to: str, by: str, scope: Scope, theirs: Scope) -> Handled:
        """Give calls to somebody, also those that somebody else has; one that is done stays done.

        Parameters
        ----------
        theirs : Scope
            Whose calls the person sees to whom they are given; no others are.
        """
        now = {"status": Progress.TAKEN, "assignee": to, "taken_at": datetime.now(UTC)}

        def allowed(row: WorklistRow) -> str:
            if not theirs.holds(row.agent_id, row.team):
                return f"{to} 看不到这通电话（不在其班组）"
            return held(row) if row.status is Progress.DONE else ""

        return self._act(Action.ASSIGN, call_ids, by, scope, now, allowed)

    def finish(self, call_ids: Iterable[str], by: str, scope: Scope) -> Handled:
        """Mark calls as reviewed; one that somebody else has stays theirs."""
        now = {"status": Progress.DONE, "assignee": None, "done_by": by, "done_at": datetime.now(UTC)}

        def allowed(row: WorklistRow) -> str:
            if row.due_at is not None:
                return "申诉还没有办结，不能标为已复核：请先在“申诉”页裁定"
            mine = row.status is Progress.OPEN or _has(row, by) or row.done_by == by
            return "" if mine else held(row)

        return self._act(Action.FINISH, call_ids, by, scope, now, allowed)

    def take_next(self, by: str, scope: Scope, filters: Filters, after: str = "") -> str | None:
        """The call that is to be reviewed next in a filter, now taken; None where nothing is left.

        A filter on the own taken calls gives the next of them, but for `after`. Every so-manieth call that somebody
        takes is from the random draw, as in the table.
        """
        own = filters.status is Progress.TAKEN and filters.assignee == by
        w = worklist.c
        where = [*conditions(scope, filters), w.call_id != after, w.call_id.not_in(filters.blind)]
        if not own:
            where.append(w.status == Progress.OPEN)
        with writing_alone(self.engine, "audit") as connection:
            num_before = connection.scalar(
                select(func.count()).where((w.done_by == by) | and_(w.assignee == by, w.status == Progress.TAKEN))
            )
            every = bundled_urgency().random_every
            turn = ((num_before or 0) + 1) % every == 0
            for stream in (Stream.BY_LOT, Stream.BY_RISK) if turn else (Stream.BY_RISK, Stream.BY_LOT):
                rows = read_rows(connection, where, stream, 0, 1)
                if not rows:
                    continue
                if not own:
                    lock_draws(connection)
                    now = {"status": Progress.TAKEN, "assignee": by, "taken_at": datetime.now(UTC)}
                    _change(connection, Action.TAKE, rows[0], by, now)
                return rows[0].call_id
        return None

    def choices(self, scope: Scope) -> Choices:
        """The teams, agents and criteria by which the rows in scope can be filtered."""
        w, c = worklist.c, worklist_criteria.c
        with reading(self.engine) as connection:
            if scope.agent_id is not None:
                agents: tuple[str, ...] = (scope.agent_id,)
                teams: tuple[str, ...] = ()
            elif scope.team is not None:
                own = select(w.agent_id).where(w.team == scope.team, w.agent_id.is_not(None)).distinct()
                agents, teams = tuple(sorted(connection.scalars(own))), (scope.team,)
            else:
                agents, teams = distinct_values(connection, w.agent_id), distinct_values(connection, w.team)
            return Choices(teams, agents, distinct_values(connection, c.criterion_id))

    def save_filter(self, account_id: str, name: str, query: str) -> None:
        """Keep a filter under a name, in place of the own one of that name.

        Raises
        ------
        StoreError
            If the account keeps too many already.
        """
        c = saved_filters.c
        with writing_alone(self.engine, "saved_filters") as connection:
            connection.execute(delete(saved_filters).where(c.account_id == account_id, c.name == name))
            if (connection.scalar(select(func.count()).where(c.account_id == account_id)) or 0) >= KEPT:
                raise StoreError(f"最多保存 {KEPT} 个筛选：请先删除不用的")
            values = {"account_id": account_id, "name": name, "query": query, "created_at": datetime.now(UTC)}
            connection.execute(insert(saved_filters).values(values))

    def delete_filter(self, account_id: str, filter_id: int) -> bool:
        """Whether the account had this filter, which is gone now."""
        c = saved_filters.c
        with writing_alone(self.engine, "saved_filters") as connection:
            gone = delete(saved_filters).where(c.account_id == account_id, c.id == filter_id)
            return bool(connection.execute(gone).rowcount)

    def filters(self, account_id: str) -> tuple[SavedFilter, ...]:
        """The filters that an account keeps, by name."""
        c = saved_filters.c
        query = select(c.id, c.name, c.query).where(c.account_id == account_id).order_by(c.name)
        with reading(self.engine) as connection:
            return tuple(SavedFilter(*row) for row in connection.execute(query))

    def _act(
        self,
        action: Action,
        call_ids: Iterable[str],
        by: str,
        scope: Scope,
        now: Values,
        allowed: Callable[[WorklistRow], str],
    ) -> Handled:
        """Change rows in one transaction, each with its line in the audit log; `allowed` says why not."""
        wanted = list(dict.fromkeys(call_ids))
        done: list[str] = []
        refused: list[tuple[str, str]] = []
        with writing_alone(self.engine, "audit") as connection:
            lock_draws(connection)
            query = select(worklist).where(worklist.c.call_id.in_(wanted))
            known = {row.call_id: to_row(row) for row in connection.execute(query)}
            for call_id in wanted:
                row = known.get(call_id)
                if row is None or not scope.holds(row.agent_id, row.team):
                    refused.append((call_id, "队列里没有这通电话"))
                elif why := allowed(row):
                    refused.append((call_id, why))
                else:
                    if (row.status, row.assignee) != (now["status"], now["assignee"]):
                        _change(connection, action, row, by, now)
                    done.append(call_id)
        return Handled(tuple(done), tuple(refused))


def held(row: WorklistRow) -> str:
    """The sentence that tells who has a call or has reviewed it, in Chinese."""
    who, at = (row.done_by, row.done_at) if row.status is Progress.DONE else (row.assignee, row.taken_at)
    when = f"于 {at.astimezone(SHANGHAI):%m-%d %H:%M} " if at else ""
    return f"已由 {who} {when}{'复核完毕' if row.status is Progress.DONE else '领取'}"


def _has(row: WorklistRow, by: str) -> bool:
    return row.status is Progress.TAKEN and row.assignee == by


def _change(connection: Connection, action: Action, row: WorklistRow, by: str, now: Values) -> None:
    if now["status"] is Progress.DONE:
        now = now | reading_values(connection, row.call_id)
    connection.execute(update(worklist).where(worklist.c.call_id == row.call_id).values(now))
    old = [row.status.value, row.assignee or row.done_by]
    new = [now["status"].value, now["assignee"] or now.get("done_by")]
    noted(connection, Note(by, action, row.call_id, old, new))
