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
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import insert

from pipeline.call import SHANGHAI
from pipeline.evaluation import evaluate
from pipeline.indicators.roster import Membership
from pipeline.result import CallResult
from pipeline.scorecard import Scorecard, find_scorecard
from pipeline.store import Store, heard, judged, tables
from pipeline.store.listing import list_calls
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
    """Fill a new store; some 3 ms a call."""
    card = find_scorecard("kf01")
    with Store.open(address) as store:
        store.save_roster(roster(num_agents), by="bench")
        for first in range(0, num_calls, AT_ONCE):
            made = [_make(n, num_calls, num_agents, card) for n in range(first, min(first + AT_ONCE, num_calls))]
            with store.engine.begin() as connection:
                for table in TABLES:
                    if rows := [row for call in made for row in call.rows[table]]:
                        connection.execute(insert(tables.metadata.tables[table]), rows)
                list_calls(connection, [call.result for call in made])
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if connection.dialect.name == "postgresql":
                # The ids were given by hand; what is saved later must not meet them.
                connection.exec_driver_sql(
                    "SELECT setval(pg_get_serial_sequence('evaluations', 'id'), (SELECT max(id) FROM evaluations))"
                )
            connection.exec_driver_sql("ANALYZE")


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
        return Made(rows, judged.to_result(SimpleNamespace(**call, call_id=None), (), None))
    chance = random.Random(-number - 1)
    (recording,), (hearing,) = rows["recordings"], rows["hearings"]
    rows["turns"] = list(_turns(call["id"], recording["duration"], chance))
    hearing |= {"stretches": None, "music": None, "looks": []}
    if chance.random() < 0.06:
        rows["findings"].append(_unclear(number + 1, len(rows["findings"]), chance))
    found = tuple(
        judged.to_finding(call["id"], *(f[c.name] for c in judged.FINDING[:7]), json.dumps(f["value"]), *_sure(f))
        for f in rows["findings"]
    )
    whole = SimpleNamespace(**(recording | hearing | call))
    evaluation = evaluate(heard.to_hearing(whole, ()), found, card, searched_by())
    call |= {"status": evaluation.status}
    rows["evaluations"][0] |= judged.evaluation_values(evaluation)
    rows["answers"] = judged.answer_values(number + 1, evaluation.answers)
    whole.status = evaluation.status
    return Made(rows, judged.to_result(whole, (), judged.Judgement(evaluation, found)))


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
