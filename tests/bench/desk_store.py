"""A store of judged calls as the review desk finds it after some weeks, made fast, for SQLite or PostgreSQL.

    python tests/bench/desk_store.py URL [NUM_CALLS] [NUM_AGENTS]     # 50,000 calls of 200 agents by default

Records, measures and findings are those of `store_of`; every call also has about twelve turns, mixed from the lines
of the bundled calls, with a place name and a number that few calls share, and is judged by KF01 and listed for
review by the product itself. Teams of ten agents are in the roster. The same figures give the same store.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, Connection, Table, insert, select, text

from pipeline.call import SHANGHAI
from pipeline.evaluation import evaluate
from pipeline.evaluation.result import CallResult
from pipeline.hearing.turns import Role
from pipeline.indicators.roster import Membership
from pipeline.scorecard import Scorecard, find_scorecard
from pipeline.store import Store, tables
from pipeline.store.calls.calls import to_result
from pipeline.store.calls.evaluations import Judgement, answer_values, evaluation_values
from pipeline.store.calls.findings import FINDING, to_finding
from pipeline.store.calls.hearings import to_hearing
from pipeline.store.people.dispute_rows import disputes
from pipeline.store.queue.places import list_calls, set_due
from pipeline.store.search import first_number, search_calls, term_rows
from pipeline.store.tables import Json, Values
from tests.bench.store_of import SAID, searched_by, synthetic_call

FIRST = datetime(2026, 9, 1, 0, 30, tzinfo=UTC)
DAYS = 60
AT_ONCE = 1000
NUM_TURNS = tuple(range(8, 17))
TABLES = ("recordings", "calls", "hearings", "turns", "evaluations", "findings", "answers")
PLACES = [
    a + b for a in "朝晖金桂银杏丹枫翠湖春江锦绣观澜静安和平" for b in ("园小区", "花园", "新村", "公馆", "家园")
]
NUMBERS = "零幺二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Made:
    """One call: its rows by table, and the same as the product has it."""

    rows: dict[str, list[dict[str, Any]]]
    result: CallResult


def make_desk_store(address: str, num_calls: int = 50_000, num_agents: int = 200) -> None:
    """Fill a new store, its indexes made last; some 4 ms a call."""
    card, numbers = find_scorecard("kf01"), dict[date, int]()
    with Store.open(address) as store:
        store.roster.save(roster(num_agents), by="bench")
        with _loaded(store):
            for first in range(0, num_calls, AT_ONCE):
                made = [
                    _make(n, num_calls, num_agents, card) for n in range(first, min(first + AT_ONCE, num_calls))
                ]
                with store.engine.begin() as connection:
                    _relax(connection)
                    for name in TABLES:
                        table = tables.metadata.tables[name]
                        _put(connection, table, [row for call in made for row in call.rows[name]])
                    _index(connection, made, numbers)
                    list_calls(connection, [call.result for call in made])
        _dispute(store)


@contextmanager
def _loaded(store: Store) -> Iterator[None]:
    """A block in which the plain indexes are away; after it they are made, and the database knows its figures."""
    asks = {
        "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND name LIKE 'ix_%'",
        "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE indexname LIKE 'ix_%'",
    }[store.engine.dialect.name]
    with store.engine.begin() as connection:
        indexes = connection.execute(text(asks)).all()
        for name, _ in indexes:
            connection.exec_driver_sql(f'DROP INDEX "{name}"')
    yield
    with store.engine.begin() as connection:
        for _, written in indexes:
            connection.exec_driver_sql(written)
        if connection.dialect.name == "postgresql":
            # The ids were given by hand; what is saved later must not meet them.
            connection.exec_driver_sql(
                "SELECT setval(pg_get_serial_sequence('evaluations', 'id'), (SELECT max(id) FROM evaluations))"
            )
        connection.exec_driver_sql("ANALYZE")
    if store.engine.dialect.name == "postgresql":
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM")


def _relax(connection: Connection) -> None:
    """What is loaded here may be lost in a crash, and is known to hang together."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")


def _put(connection: Connection, table: Table[Any], rows: Sequence[Values]) -> None:
    """Write many rows past SQLAlchemy: by COPY where there is one."""
    if not rows:
        return
    columns = [column for column in table.columns if column.name in rows[0]]
    names, bound = ", ".join(column.name for column in columns), [_bound(connection, c) for c in columns]
    values = ([bind(row[c.name]) for c, bind in zip(columns, bound, strict=True)] for row in rows)
    _put_values(connection, f"{table.name} ({names})", len(columns), values)


def _put_values(connection: Connection, into: str, width: int, values: Iterable[Sequence[Any]]) -> None:
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "postgresql":
        with driver.cursor().copy(f"COPY {into} FROM STDIN") as copy:
            for each in values:
                copy.write_row(each)
    else:
        driver.executemany(f"INSERT INTO {into} VALUES ({', '.join('?' * width)})", values)


def _bound(connection: Connection, column: Column[Any]) -> Callable[[Any], Any]:
    """How a value of the column is given to the driver."""
    if isinstance(column.type, Json):
        return lambda value: None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect) or (lambda value: value)


def _index(connection: Connection, made: Sequence[Made], numbers: dict[date, int]) -> None:
    """Have the calls found by what is said in them; `numbers` are the next ones of each day."""
    found: list[Values] = []
    terms: list[Values] = []
    for call in made:
        if not (said := [(Role(row["role"]), row["text"]) for row in call.rows["turns"]]):
            continue
        (row,) = call.rows["calls"]
        day = row["ring_at"].astimezone(SHANGHAI).date()
        first = numbers.get(day, first_number(day))
        numbers[day] = first + len(said)
        found.append({"call_id": row["id"], "first_id": first, "num_turns": len(said), "day": day})
        terms += term_rows(first, call.result.call, said)
    _put(connection, search_calls, found)
    if connection.dialect.name == "sqlite":
        _put_values(connection, "search_terms (rowid, terms)", 2, ((row["id"], row["terms"]) for row in terms))
    else:
        vectors = ((row["id"], " ".join(f"'{term}'" for term in row["terms"].split())) for row in terms)
        _put_values(connection, "search_terms (id, terms)", 2, vectors)


def _dispute(store: Store) -> None:
    """One call in a hundred is contested; half of the disputes wait."""
    e, a, c = tables.evaluations.c, tables.answers.c, tables.calls.c
    lost = (
        select(e.call_id, e.scorecard, e.revision, e.agent_id, c.month, c.ring_at, tables.answers)
        .join_from(tables.evaluations, tables.answers, a.evaluation_id == e.id)
        .join(tables.calls, c.id == e.call_id)
        .where(e.id % 100 == 0, a.outcome == "not_met")
        .order_by(e.id, a.position)
    )
    with store.engine.begin() as connection:
        first = {row.call_id: row for row in reversed(connection.execute(lost).all())}
        rows = [_disputed(n, first[call_id]) for n, call_id in enumerate(sorted(first), 1)]
        connection.execute(insert(disputes), rows)
        for row in rows:
            if row["pending"]:
                set_due(connection, row["call_id"], row["due_at"])


def _disputed(number: int, row: Any) -> Values:
    pending, at = bool(number % 2), row.ring_at + timedelta(days=2)
    names = ("call_id", "scorecard", "revision", "criterion_id", "agent_id", "month", "outcome", "level")
    return {name: getattr(row, name) for name in (*names, "awarded", "possible")} | {
        "team": None,
        "seen_at": row.ring_at,
        "state": "raised" if pending else "rejected",
        "pending": pending,
        "round": 1,
        "raised_by": row.agent_id,
        "raised_at": at,
        "reason": "misheard",
        "due_at": at + timedelta(days=7) if pending else None,
        "barred": [],
        "ruled_at": None if pending else at + timedelta(days=1),
        "version": 1,
    }


def roster(num_agents: int) -> list[Membership]:
    """Teams of ten; one agent in twenty changed the team in the middle."""
    middle = (FIRST + timedelta(days=DAYS // 2)).date()
    rows = []
    for n in range(num_agents):
        agent, team = f"{1001 + n}", f"热线{n // 10 + 1}组"
        if n % 20:
            rows.append(Membership(agent, f"坐席{agent}", team, date(2026, 1, 1), None))
        else:
            rows.append(Membership(agent, f"坐席{agent}", "新人组", date(2026, 1, 1), middle - timedelta(days=1)))
            rows.append(Membership(agent, f"坐席{agent}", team, middle, None))
    return rows


def _make(number: int, num_calls: int, num_agents: int, card: Scorecard) -> Made:
    rows = synthetic_call(number, num_agents)
    rows["turns"], rows["answers"] = [], []
    (call,) = rows["calls"]
    later = FIRST + timedelta(days=DAYS * number / num_calls) - call["ring_at"]
    for name in ("ring_at", "answered_at", "ended_at"):
        if call[name]:
            call[name] += later
    call["month"] = call["ring_at"].astimezone(SHANGHAI).strftime("%Y-%m")
    if not call["judged"]:
        return Made(rows, to_result(SimpleNamespace(**call, call_id=None), None, None))
    chance = random.Random(-number - 1)
    (recording,), (hearing,) = rows["recordings"], rows["hearings"]
    rows["turns"] = list(_turns(call["id"], recording["duration"], chance))
    hearing |= {"stretches": None, "music": None, "looks": []}
    if chance.random() < 0.06:
        rows["findings"].append(_unclear(number + 1, len(rows["findings"]), chance))
    found = tuple(
        to_finding((call["id"], *(f[c.name] for c in FINDING[:7]), json.dumps(f["value"]), *_sure(f)))
        for f in rows["findings"]
    )
    whole = SimpleNamespace(**(recording | hearing | call))
    listened = to_hearing(whole, ())
    evaluation = evaluate(listened, found, card, searched_by())
    call |= {"status": evaluation.status}
    rows["evaluations"][0] |= evaluation_values(evaluation)
    rows["answers"] = answer_values(number + 1, evaluation.answers)
    whole.status = evaluation.status
    return Made(rows, to_result(whole, listened, Judgement(evaluation, found)))


def _sure(finding: dict[str, Any]) -> tuple[float, str]:
    return finding["confidence"], finding["detector_version"]


def _unclear(evaluation_id: int, position: int, chance: random.Random) -> dict[str, Any]:
    said = chance.choice([said for said in SAID if said[0] == "required_phrase"])
    return {
        "evaluation_id": evaluation_id,
        "position": position,
        "detector": "unclear",
        "term": said[1],
        "turn_index": 0,
        "role": "agent",
        "span_start": 10.0,
        "span_end": 12.0,
        "quote": "",
        "value": None,
        "confidence": 0.5,
        "detector_version": "bench 1",
    }


@cache
def lines() -> dict[str, tuple[str, ...]]:
    """What is said in the bundled calls, by who says it."""
    said: dict[str, list[str]] = {"agent": [], "customer": []}
    for path in sorted(Path("tests/calls").glob("*.truth.json")):
        for line in json.loads(path.read_text(encoding="utf-8"))["lines"]:
            if line["speaker"] in said:
                said[line["speaker"]].append(line["text"])
    return {role: tuple(texts) for role, texts in said.items()}


def _turns(call_id: str, duration: float, chance: random.Random) -> Iterator[dict[str, Any]]:
    number = chance.choice(NUM_TURNS)
    place_at, step = chance.randrange(1, number, 2), (duration - 8.0) / number
    for position in range(number):
        role = ("agent", "customer")[position % 2]
        text = chance.choice(lines()[role])
        if position == place_at:
            tail = "".join(chance.choices(NUMBERS, k=4))
            text = f"我住在{chance.choice(PLACES)}{tail}号，{text}"
        start = 6.0 + position * step
        each = min(0.25, 0.95 * step / len(text))
        sure = chance.uniform(0.6, 0.98)
        yield {
            "call_id": call_id,
            "position": position,
            "role": role,
            "span_start": start,
            "span_end": start + each * len(text),
            "text": text,
            "words": [
                [character, round(start + n * each, 2), round(start + (n + 1) * each, 2), round(sure, 2)]
                for n, character in enumerate(text)
            ],
            "confidence": round(sure, 3),
        }


def main(address: str, num_calls: int = 50_000, num_agents: int = 200) -> None:
    """Print how long it took."""
    began = time.perf_counter()
    make_desk_store(address, num_calls, num_agents)
    print(f"made {num_calls} calls in {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
