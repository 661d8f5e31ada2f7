"""A store of a synthetic month, made fast, and how long it takes to read it as what-if does.

    python tests/bench/store_of.py [NUM_CALLS] [NUM_AGENTS]     # 100,000 calls of 200 agents by default

Every call was heard and judged by KF01 revision 1, with about eight findings; one in fifty had nobody to answer.
There are no turns and no answers, so the store serves what reads neither: `heard_findings`, `unjudged_calls`.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import insert

from flows.policy.policy import policy_of
from flows.settings import load_settings
from pipeline.store import Store, tables

MONTH = "2026-10"
TABLES = ("recordings", "calls", "hearings", "evaluations", "findings")
SAID = (  # detector, term, role, quote, how often
    ("ringing", "rings", "unknown", "", 1.0),
    ("required_phrase", "greeting", "agent", "您好", 0.97),
    ("required_phrase", "company", "agent", "这里是阳光家政", 0.93),
    ("required_phrase", "staff_id", "agent", "工号幺零零幺", 0.85),
    ("required_phrase", "offer_help", "agent", "请问有什么可以帮您", 0.9),
    ("required_phrase", "anything_else", "agent", "还有其他可以帮到您吗", 0.7),
    ("required_phrase", "thanks", "agent", "感谢您的来电", 0.9),
    ("required_phrase", "goodbye", "agent", "再见", 0.95),
    ("complaint", "dissatisfied", "customer", "我要投诉", 0.15),
    ("apology", "sincere", "agent", "非常抱歉给您带来不便", 0.12),
    ("banned_wording", "不归我管", "agent", "这个不归我管", 0.04),
    ("required_phrase", "restate", "agent", "您的意思是", 0.6),
)


def make_store(path: str | Path, num_calls: int, num_agents: int) -> str:
    """The address of a new SQLite store at `path` with a synthetic month; the same figures give the same store."""
    address = f"sqlite:///{path}"
    with Store.open(address) as store:
        for first in range(0, num_calls, 5000):
            made = [synthetic_call(number, num_agents) for number in range(first, min(first + 5000, num_calls))]
            with store.engine.begin() as connection:
                for table in TABLES:
                    if rows := [row for call in made for row in call[table]]:
                        connection.execute(insert(tables.metadata.tables[table]), rows)
    return address


def synthetic_call(number: int, num_agents: int) -> dict[str, list[dict[str, Any]]]:
    """The rows of one call, by table."""
    chance = random.Random(number)
    good = 0.9 + 0.1 * (number % num_agents) / num_agents  # agents differ
    call_id, agent_id = f"C{number:07d}", f"{1001 + number % num_agents}"
    ring_at = datetime(2026, 10, 1, 0, 30, tzinfo=UTC) + timedelta(seconds=number * 30 * 86_400 / 1_000_000)
    ring_s, duration = round(chance.uniform(3, 18), 2), round(chance.uniform(40, 400), 2)
    answered = chance.random() >= 0.02
    recording_id = f"{chance.getrandbits(256):064x}"
    written = {"code_version": "bench", "created_at": ring_at}
    call = written | {
        "id": call_id,
        "agent_id": agent_id,
        "agent_name": f"坐席{agent_id}",
        "queue": ("家政服务热线", "投诉专线")[chance.random() < 0.1],
        "direction": "inbound",
        "caller": "13800132201",
        "ring_at": ring_at,
        "answered_at": ring_at + timedelta(seconds=ring_s) if answered else None,
        "ended_at": ring_at + timedelta(seconds=ring_s + duration),
        "recording_name": f"{call_id}.wav",
        "answered": answered,
        "agent_channel": 0,
        "hangup_by": ("customer", "agent")[chance.random() < 0.2],
        "remark": None,
        "source": f"cdr.csv:{number + 2}",
        "month": MONTH,
        "uri": f"file:///calls/{call_id}.wav" if answered else None,
        "recording_id": recording_id if answered else None,
        "status": "evaluated" if answered else "unscorable",
        "stage": "" if answered else "fetch",
        "reason": "" if answered else "no_answer",
        "problem": "" if answered else "nobody answered",
        "fingerprint": "bench",
        "judged": answered,
    }
    rows: dict[str, list[dict[str, Any]]] = {table: [] for table in TABLES}
    rows["calls"].append(call)
    if answered:
        rows["recordings"].append(
            written
            | {"id": recording_id, "sampling_rate": 8000, "num_channels": 2, "num_samples": int(8000 * duration)}
            | {"duration": duration}
        )
        rows["hearings"].append(
            {
                "call_id": call_id,
                "bursts": [[0.5 + 5 * ring, 1.5 + 5 * ring] for ring in range(1 + int(ring_s / 5))],
                "ring_by_record": ring_s,
                "ring_by_audio": ring_s + 0.3,
                "rings": 1 + int(ring_s / 5),
                "speech_seconds": 0.8 * duration,
                "transcribed_seconds": 0.75 * duration,
                "word_confidence": chance.uniform(0.6, 0.95),
                "role_confidence": chance.uniform(0.85, 1.0),
                "agent_seconds": 0.4 * duration,
            }
        )
        rows["evaluations"].append(
            written
            | {"id": number + 1, "call_id": call_id, "agent_id": agent_id, "scorecard": "KF01", "revision": 1}
            | {"lexicons": searched_by(), "status": "evaluated", "review": []}
        )
        rows["findings"].extend(_findings(number + 1, chance, good, duration))
    return rows


@cache
def searched_by() -> str:
    """The phrase lists of today, by their hash."""
    return policy_of("kf01", load_settings()).digest


def _findings(evaluation_id: int, chance: random.Random, good: float, duration: float) -> Iterator[dict[str, Any]]:
    heard = [said for said in SAID if chance.random() < said[4] * (good if said[4] > 0.5 else 1.0)]
    for position, (detector, term, role, quote, _often) in enumerate(heard):
        start = 0.5 + duration * position / (len(SAID) + 1)
        yield {
            "evaluation_id": evaluation_id,
            "position": position,
            "detector": detector,
            "term": term,
            "turn_index": None if detector == "ringing" else position,
            "role": role,
            "span_start": start,
            "span_end": start + 1.2,
            "quote": quote,
            "value": 3.0 if detector == "ringing" else quote,
            "confidence": chance.uniform(0.6, 1.0),
            "detector_version": "bench 1",
        }


def main(num_calls: int, num_agents: int) -> None:
    """Print how long the month took to make and to read, and how much memory reading it took."""
    with TemporaryDirectory() as folder:
        began = time.perf_counter()
        address = make_store(f"{folder}/month.db", num_calls, num_agents)
        size = Path(folder, "month.db").stat().st_size
        print(f"made {num_calls} calls in {time.perf_counter() - began:.1f} s, {size / 1e6:.0f} MB")
        began, calls, findings = time.perf_counter(), 0, 0
        with Store.open(address, create=False) as store:
            for agent_id in store.calls.agents(MONTH):
                calls += len(store.calls.unjudged(MONTH, agent_id))
                for _hearing, found in store.calls.replay(MONTH, agent_id):
                    calls, findings = calls + 1, findings + len(found)
        spent, peak = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"read {calls} calls with {findings} findings in {spent:.1f} s; at most {peak:.0f} MB were in use")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:] or (100_000, 200)))
