"""What a night of very many tiny recordings costs beside hearing: listing, joining, keeping; and its memory.

    python -m tests.bench.many --calls 10000 --heard 1000

Each call is a second of faint noise with a record of its own. The recogniser is one that hears nothing; all else is
that of a real night, without the orchestrator. Linux only.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from flows.night.night import hear_shard
from flows.night.quality import keep_quality
from flows.night.sources import join, list_recordings, read_records
from flows.settings import Settings
from models import ears as listening
from pipeline.store import Store
from tests.bench.memory import resident
from tests.nights import Knowing

HEADER = "call_id,agent_id,agent_name,queue,direction,caller,started_at,answered_at,ended_at,recording\n"
T = TypeVar("T")


def many(folder: Path, num_calls: int) -> None:
    """Write the recordings and their records."""
    sound = np.random.default_rng(1).integers(-9, 9, 8_000, np.int16)
    lines = []
    for n in range(num_calls):
        written = io.BytesIO()
        with wave.open(written, "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(np.roll(sound, n).tobytes())
        (folder / f"T{n:05}.wav").write_bytes(written.getvalue())
        at = f"2025-03-03 {9 + n // 3600 % 12:02}:{n // 60 % 60:02}:{n % 60:02}"
        lines.append(f"T{n:05},{1001 + n % 40},,热线,inbound,,{at},{at},{at},T{n:05}.wav\n")
    (folder / "cdr.csv").write_text(HEADER + "".join(lines), encoding="utf-8")


def measured(name: str, run: Callable[[], T], num: int) -> T:
    """What `run` gives; printed is how long it took, for how many, and what is resident at most."""
    began = time.process_time()
    made = run()
    took = time.process_time() - began
    print(
        f"{name:16} {num:6} {took:7.2f} s CPU {1000 * took / num:7.2f} ms each {resident('VmHWM') / 2**20:5.2f} GiB"
    )
    return made


def main() -> None:
    """Make the night, and go through it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--heard", type=int, default=1_000, help="so many of them are heard")
    asked = parser.parse_args()
    deaf = listening.Ears(Knowing(None), Knowing(None))
    hear_shard.fn.__globals__["load_ears"] = lambda *_, **__: deaf
    with tempfile.TemporaryDirectory() as name:
        folder, num = Path(name), asked.calls
        many(folder, num)
        url = f"sqlite:///{folder}/callqa.db"
        files = measured("list_recordings", lambda: list_recordings(name), num)
        records = measured("read_records", lambda: read_records(f"{name}/cdr.csv", "csv"), num)
        intake = measured("join", lambda: join(records, files), num)
        heard = intake.fetched[: asked.heard]
        settings, told = Settings(), [0]

        def progress(done: int) -> None:
            told[0] += done

        def hear() -> None:
            for at in range(0, len(heard), settings.shard):
                hear_shard.fn(heard[at : at + settings.shard], "kf01", settings, url, progress)

        measured("hear_shard", hear, len(heard))
        with Store.open(url) as store:
            statuses = measured("statuses", store.calls.statuses, len(heard))
            measured("keep_quality", lambda: keep_quality(store, name, intake, {}), num)
        print(f"{len(statuses)} calls kept, {told[0]} told")


if __name__ == "__main__":
    main()
