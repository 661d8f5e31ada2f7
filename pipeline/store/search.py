"""The index of what was said, and the search in it: rows written with the turns, and gone with them.

Knows how two databases keep terms (FTS5; tsvector with GIN) and how a page of hits is read fast; which terms a turn
has, and whether a query really stands in it, is known to `pipeline.hearing.search_terms`.

Every turn has a number: those of a later day are higher, those of one call follow each other. So the newest come
first by walking the numbers down, a range of days is a range of numbers, and a page ends at a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Date,
    Engine,
    ForeignKey,
    Integer,
    Named,
    Table,
    TypedColumns,
    and_,
    delete,
    exists,
    insert,
    or_,
    select,
    text,
)

from pipeline.access.accounts import Scope
from pipeline.call import day_of
from pipeline.hearing.search_terms import Query, Snippet, Term, Word, own_term, role_term, snippet, turn_terms
from pipeline.hearing.turns import Role, Turn
from pipeline.store.calls.hearings import counted_list, to_counted, to_turn
from pipeline.store.people.roster import memberships
from pipeline.store.schema import reading, writing
from pipeline.store.tables import (
    STARTED_AT,
    AnyRow,
    Json,
    Text,
    Values,
    calls,
    metadata,
    storable,
    turns,
)
from pipeline.timeline import Seconds

DAY = 1 << 24
"""How many turns a day has numbers for."""
NUMBERING = 0x73656172
"""The advisory lock under which PostgreSQL's writers take numbers one after the other."""
LOOKED_AT = 3000
"""Turns that are read for one page at most; the next page goes on from there."""
WINDOWS = (2_000, 16_000)
"""On PostgreSQL the newest so many calls are searched first: its index gives all hits or none."""


class SearchCallColumns(TypedColumns):
    """One row a call that can be found: its turns have the numbers from `first_id` on.

    `counted` holds the turns where what counts is not what was heard; NULL where nobody corrected anything.
    """

    call_id: Named[str] = Column(Text, ForeignKey("hearings.call_id", ondelete="CASCADE"), primary_key=True)
    first_id: Named[int] = Column(BigInteger().with_variant(Integer, "sqlite"), unique=True)
    num_turns: Named[int]
    day: Named[date | None] = Column(Date)  # in Asia/Shanghai
    # [[role, start, end, text, [[text, start, end, probability], …], confidence], …]
    counted: Named[Any] = Column(Json, nullable=True)


search_calls = Table("search_calls", metadata, SearchCallColumns)


@dataclass(frozen=True, slots=True)
class Filters:
    """The filter of a search: by party, day, agent, team and queue; days in Asia/Shanghai, both included."""

    role: Role | None = None
    first_day: date | None = None
    last_day: date | None = None
    agent_id: str | None = None
    team: str | None = None
    queue: str | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A turn in which a query stands: of which call, who says it, from when on it is heard, and what is said."""

    id: int
    call_id: str
    agent_id: str | None
    agent_name: str | None
    queue: str | None
    at: datetime | None
    turn_index: int
    role: Role
    start: Seconds
    snippet: Snippet


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Hits, the newest day first; `after` is where the next page begins, None where there is no more.

    A page may have fewer hits than were asked for, even none, and yet be followed by others: then it ended because
    enough was read.
    """

    hits: tuple[Hit, ...]
    after: int | None

    @property
    def more(self) -> bool:
        """Whether there may be further hits."""
        return self.after is not None


@dataclass(frozen=True, slots=True)
class Search:
    """The index of what was said."""

    engine: Engine

    def find(
        self,
        query: Query,
        scope: Scope,
        filters: Filters = Filters(),
        after: int | None = None,
        limit: int = 25,
    ) -> SearchPage:
        """The turns in which a query stands, the newest day first and in it what was saved last.

        Parameters
        ----------
        scope : Scope
            Whose calls may be found; asked of the database, like the filters.
        after : int | None
            The `after` of the page before.
        """
        with reading(self.engine) as connection:
            teams = (team for team in {scope.team, filters.team} if team is not None)
            members = {team: tuple(connection.scalars(_members(team))) for team in teams}
            if not all(members.values()):
                return SearchPage((), None)
            expression = _expression(query, scope, filters, members, connection.dialect.name)
            scopes = (scope, Scope(filters.agent_id, None), Scope(None, filters.team))
            allowed = [condition for each in scopes for condition in _allowed(each)]
            if filters.queue is not None:
                allowed.append(calls.c.queue == filters.queue)
            found: list[_Found] = []
            looked_at, last = 0, after
            for ids in _candidates(connection, expression, filters, after, limit + 1):
                found += _found(connection, query, ids, allowed, filters.role)
                looked_at += len(ids)
                last = ids[-1][0]
                if len(found) > limit:
                    return SearchPage(_hits(connection, found[:limit]), found[limit - 1].id)
                if looked_at >= LOOKED_AT:
                    return SearchPage(_hits(connection, found), last)
            return SearchPage(_hits(connection, found), None)

    def reindex(self, call_id: str, counted: Sequence[Turn] | None = None) -> None:
        """Have a call found by these turns, which count in place of those heard; None: by those heard."""
        with writing(self.engine) as connection:
            index_call(connection, call_id, counted)


def index_call(connection: Connection, call_id: str, counted: Sequence[Turn] | None = None) -> None:
    """Have a call found by what was heard in it, or by the turns that count instead, from this transaction on."""
    connection.execute(delete(search_calls).where(search_calls.c.call_id == call_id))
    c, t = calls.c, turns.c
    call = connection.execute(select(c.agent_id, c.queue, STARTED_AT).where(c.id == call_id)).one_or_none()
    if counted is None:
        query = select(t.role, t.text).where(t.call_id == call_id).order_by(t.position)
        utterances = [(Role(row.role), row.text) for row in connection.execute(query)]
    else:
        utterances = [(turn.role, storable(turn.text)) for turn in counted]
    if call is None or not utterances:
        return
    day = day_of(call.started_at)
    first = _next_number(connection, day)
    values = {
        "call_id": call_id,
        "first_id": first,
        "num_turns": len(utterances),
        "day": day,
        "counted": None if counted is None else counted_list(counted),
    }
    connection.execute(insert(search_calls).values(values))
    connection.execute(text(INSERTS[connection.dialect.name]), term_rows(first, call, utterances))


def term_rows(first_id: int, call: AnyRow, utterances: Sequence[tuple[Role, str]]) -> list[Values]:
    """The rows of `search_terms` of a call's turns; of the call, `agent_id` and `queue` count."""
    own = [own_term(kind, name) for kind, name in (("g", call.agent_id), ("q", call.queue)) if name is not None]
    return [
        {"id": first_id + n, "terms": " ".join((*terms, role_term(role), *own))}
        for n, ((role, _), terms) in enumerate(
            zip(utterances, turn_terms([spoken for _, spoken in utterances]), strict=True)
        )
    ]


def first_number(day: date | None) -> int:
    """The first number of a day; days that nobody knows come before all others."""
    return DAY * day.toordinal() if day else 0


INSERTS = {
    "sqlite": "INSERT INTO search_terms (rowid, terms) VALUES (:id, :terms)",
    "postgresql": "INSERT INTO search_terms (id, terms) "
    "VALUES (:id, array_to_tsvector(string_to_array(CAST(:terms AS text), ' ')))",
}
# Which turns have the terms, and where the numbers of their calls begin. FTS5 walks its numbers downwards and
# stops; GIN gives no order, and a planner that guesses wrong would walk the table: so it takes all of a window.
_OF = "(SELECT max(first_id) FROM search_calls WHERE first_id <= {}) AS first_id"
FINDS = {
    "sqlite": f"SELECT rowid AS id, {_OF.format('search_terms.rowid')} FROM search_terms "
    "WHERE search_terms MATCH :expression AND rowid >= :least AND rowid < :before "
    "ORDER BY rowid DESC LIMIT :number",
    "postgresql": "WITH found AS MATERIALIZED (SELECT id FROM search_terms "
    "WHERE terms @@ CAST(:expression AS tsquery) AND id >= :least AND id < :before), "
    "newest AS MATERIALIZED (SELECT id FROM found ORDER BY id DESC LIMIT :number) "
    f"SELECT id, {_OF.format('newest.id')} FROM newest ORDER BY id DESC",
}


@dataclass(frozen=True, slots=True)
class _Syntax:
    """The syntax of one database for an expression of terms, which are small letters and digits."""

    both: str
    either: str
    without: str
    begins: str


SYNTAX = {"sqlite": _Syntax(" AND ", " OR ", " NOT ", "*"), "postgresql": _Syntax(" & ", " | ", " & !", ":*")}


def _expression(query: Query, scope: Scope, filters: Filters, members: dict[str, Any], dialect: str) -> str:
    """The terms that every hit has, as the database asks for them."""
    syntax = SYNTAX[dialect]

    def written(term: Term) -> str:
        return term.text + (syntax.begins if term.begins else "")

    def either(parts: Iterable[str]) -> str:
        return f"({syntax.either.join(dict.fromkeys(parts))})"

    def both(parts: Iterable[str]) -> str:
        return f"({syntax.both.join(dict.fromkeys(parts))})"

    def word(one: Word) -> str:
        return either(both(either(map(written, terms)) for terms in phrase) for phrase in query.terms(one))

    own = [[("g", scope.agent_id)], [("g", filters.agent_id)], [("q", filters.queue)]]
    own += [[("g", agent_id) for agent_id in agents] for agents in members.values()]
    needed = [word(one) for one in query.words]
    needed += [
        either(own_term(kind, name) for kind, name in any_of if name is not None) for any_of in own if any_of[0][1]
    ]
    if filters.role is not None:
        needed.append(role_term(filters.role))
    # Of a longer word the terms may all be there and the word not; `places` leaves its turns out.
    return both(needed) + "".join(syntax.without + word(one) for one in query.without if one.exact)


def _candidates(
    connection: Connection, expression: str, filters: Filters, after: int | None, number: int
) -> Iterator[list[tuple[int, int]]]:
    """The turns with these terms by number, downwards, in batches; each with the first number of its call."""
    least = first_number(filters.first_day)
    before = first_number(filters.last_day) + DAY if filters.last_day else first_number(date.max)
    before = before if after is None else min(before, after)
    finds = text(FINDS[connection.dialect.name])
    for floor in _floors(connection, least, before):
        while True:
            asked = {"expression": expression, "least": floor, "before": before, "number": number}
            found = [(row.id, row.first_id) for row in connection.execute(finds, asked)]
            if found:
                yield found
            if len(found) < number:
                break
            before, number = found[-1][0], min(4 * number, LOOKED_AT // 4)
        before = floor


def _floors(connection: Connection, least: int, before: int) -> Iterator[int]:
    """The first numbers of the windows in which is searched, the newest window first."""
    if connection.dialect.name != "sqlite":
        newest = select(search_calls.c.first_id).where(search_calls.c.first_id < before)
        for num_calls in WINDOWS:
            floor = connection.scalar(newest.order_by(search_calls.c.first_id.desc()).offset(num_calls).limit(1))
            if floor is None or floor <= least:
                break
            yield floor
    yield least


@dataclass(frozen=True, slots=True)
class _Found:
    """A turn in which the query stands. `counted` is the turn that counts, None for one that counts as heard."""

    id: int
    call: AnyRow
    index: int
    role: Role
    text: str
    places: tuple[tuple[int, int], ...]
    counted: Turn | None


def _found(
    connection: Connection,
    query: Query,
    ids: Sequence[tuple[int, int]],
    allowed: Sequence[ColumnElement[bool]],
    role: Role | None,
) -> list[_Found]:
    """The candidates, in their order, of calls that may be seen, in which the query really stands."""
    s, c, t = search_calls.c, calls.c, turns.c
    columns = (s.first_id, s.counted, c.id, c.agent_id, c.agent_name, c.queue, STARTED_AT)
    columns_of_calls = select(*columns).join_from(search_calls, calls, c.id == s.call_id)
    rows = connection.execute(columns_of_calls.where(s.first_id.in_({first for _, first in ids}), *allowed))
    of = {row.first_id: row for row in rows}
    wanted = {(of[first].id, number - first) for number, first in ids if first in of}
    # Not as pairs: SQLite would read the whole table.
    either = t.call_id.in_({call_id for call_id, _ in wanted}), t.position.in_({index for _, index in wanted})
    turns_by_place = {
        (row.call_id, row.position): row
        for row in connection.execute(select(t.call_id, t.position, t.role, t.text).where(*either))
    }
    found = []
    for number, first in ids:
        if (call := of.get(first)) is None:
            continue
        index = number - first
        counted = to_counted(index, call.counted[index]) if call.counted is not None else None
        row = counted or turns_by_place[call.id, index]
        if role in (None, row.role) and (places := query.places(row.text)):
            found.append(_Found(number, call, index, Role(row.role), row.text, places, counted))
    return found


def _hits(connection: Connection, found: Sequence[_Found]) -> tuple[Hit, ...]:
    """The hits of the turns in which the query stands, with the times of their words."""
    t = turns.c
    pairs = [and_(t.call_id == one.call.id, t.position == one.index) for one in found if one.counted is None]
    rows = connection.execute(select(turns).where(or_(*pairs))) if pairs else ()
    turns_by_place = {(row.call_id, row.position): to_turn(row) for row in rows}
    hits = []
    for one in found:
        call, turn = one.call, one.counted or turns_by_place[one.call.id, one.index]
        own = (call.id, call.agent_id, call.agent_name, call.queue, call.started_at)
        start = turn.span_of(*one.places[0]).start
        hits.append(Hit(one.id, *own, one.index, one.role, start, snippet(one.text, one.places)))
    return tuple(hits)


def _allowed(scope: Scope) -> list[ColumnElement[bool]]:
    """The conditions on a call of this scope: its agent, and the team that the agent was in on its day."""
    conditions: list[ColumnElement[bool]] = []
    if scope.agent_id is not None:
        conditions.append(calls.c.agent_id == scope.agent_id)
    if scope.team is not None:
        m, day = memberships.c, search_calls.c.day
        lasts = or_(m.last_day.is_(None), m.last_day >= day)
        conditions.append(
            exists().where(m.agent_id == calls.c.agent_id, m.team == scope.team, m.first_day <= day, lasts)
        )
    return conditions


def _members(team: str) -> Any:
    return select(memberships.c.agent_id).where(memberships.c.team == team).distinct()


def _next_number(connection: Connection, day: date | None) -> int:
    """The first number of the day that no turn has; nobody else takes one until this transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": NUMBERING})
    s, first = search_calls.c, first_number(day)
    last = select(s.first_id, s.num_turns).where(s.first_id >= first, s.first_id < first + DAY)
    row = connection.execute(last.order_by(s.first_id.desc()).limit(1)).one_or_none()
    return first if row is None else row.first_id + row.num_turns
