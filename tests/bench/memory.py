"""The most memory that each stage of a long call takes, without the recogniser.

    python -m tests.bench.memory --hours 4
    python -m tests.bench.memory --hours 1 --mono --diarize

A bundled call is repeated until it is as long as asked for, and goes through the stages in a process of its own.
Told is what is resident at most (VmHWM), less what the process had before the recording was opened: interpreter,
packages and models. Linux only.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

CALLS = Path(__file__).parents[1] / "calls"
GIB = 2**20  # in kB, as /proc has it
T = TypeVar("T")


def long_call(path: Path, hours: float, mono: bool) -> None:
    """Write a call of so many hours, 8 kHz and 16 bit, out of the bundled D04 said again and again."""
    from pipeline.audio.audio import open_recording  # noqa: PLC0415

    audio = open_recording((CALLS / "D04.wav").read_bytes(), "D04.wav")[1][:, ::2]
    audio = audio.mean(axis=0, keepdims=True) if mono else audio
    once = np.rint(audio.T * 32767).astype("<i2").tobytes()
    with wave.open(str(path), "wb") as file:
        file.setparams((len(audio), 2, 8000, 0, "NONE", ""))
        for _ in range(round(hours * 3600 / (audio.shape[1] / 8000))):
            file.writeframesraw(once)


def resident(what: str) -> int:
    """kB: ``VmRSS`` now, ``VmHWM`` at most."""
    return int(Path("/proc/self/status").read_text().split(f"{what}:")[1].split()[0])


def stages(path: Path, diarize: bool) -> None:
    """Run the stages of one call, and print what each takes."""
    from models.ears import load_ears  # noqa: PLC0415
    from models.speech import find_speech  # noqa: PLC0415
    from pipeline.audio.audio import open_recording  # noqa: PLC0415
    from pipeline.audio.clearing import clear  # noqa: PLC0415
    from pipeline.audio.playback import waveform  # noqa: PLC0415
    from pipeline.audio.ringing import find_ringback  # noqa: PLC0415
    from pipeline.hearing.acoustics import find_music  # noqa: PLC0415

    diarizer = load_ears("cpu", threads=1).diarizer if diarize else None
    find_speech(np.zeros(160_000, np.float32))  # loads silero
    before = resident("VmRSS")

    def measured(name: str, run: Callable[[], T]) -> T:
        Path("/proc/self/clear_refs").write_text("5")  # VmHWM starts anew
        began = time.perf_counter()
        made = run()
        took = time.perf_counter() - began
        print(f"{name:16} {(resident('VmHWM') - before) / GIB:5.2f} GiB {took:7.1f} s", flush=True)
        return made

    _, audio = measured("open_recording", lambda: open_recording(path.read_bytes(), str(path)))
    measured("waveform", lambda: waveform(audio))
    ringback = measured("find_ringback", lambda: find_ringback(audio))
    audio, _ = measured("clear", lambda: clear(audio))
    speech = measured("find_speech", lambda: [find_speech(channel, ringback.bursts) for channel in audio])
    spans = [span for channel in speech for span in channel]
    measured("find_music", lambda: find_music(audio, spans[::2], spans, ringback.bursts))
    if diarizer is not None:
        measured("diarize", lambda: diarizer.diarize(audio[0], speech[0]))


def main() -> None:
    """Write the long call, and run the stages in a process of their own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=4.0)
    parser.add_argument("--mono", action="store_true", help="one mixed channel")
    parser.add_argument("--diarize", action="store_true", help="tell the voices of a mixed channel apart, too")
    parser.add_argument("--of", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.of:
        stages(asked.of, asked.diarize)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.wav"
        long_call(path, asked.hours, asked.mono)
        again = [sys.executable, "-m", "tests.bench.memory", "--of", str(path)]
        subprocess.run(again + ["--diarize"] * asked.diarize, check=True)


if __name__ == "__main__":
    main()
