"""Time to hear a call, beside plain faster-whisper on the same recordings in the same run.

    python tests/bench/night.py [FOLDER]        # FOLDER of recordings with cdr.csv; the bundled calls by default

Prints wall time per second of audio, models loaded, for stereo and for mixed recordings, and the ratio to the peer:
faster-whisper's own `transcribe` (beam 5, its VAD filter) over the mix of the channels, which knows no roles.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

from faster_whisper import WhisperModel

from flows.night.sources import join, list_recordings, read_recording, read_records
from flows.night.stages import run_call
from flows.policy.policy import policy_of
from flows.settings import Settings
from models.ears import load_ears
from models.weights import find
from pipeline.audio.audio import open_recording
from pipeline.audio.channels import same_mix
from pipeline.errors import AudioError
from pipeline.store import Store


def main(folder: str) -> None:
    """Print the table."""
    ears, rules = load_ears("cpu"), policy_of("kf01", Settings())
    peer = WhisperModel(str(find("cpu", "asr").folder), device="cpu", compute_type="int8")
    spent = defaultdict[str, list[float]](lambda: [0.0, 0.0, 0.0])
    fetched = join(read_records(f"{folder}/cdr.csv", "csv"), list_recordings(folder)).fetched
    with TemporaryDirectory() as scratch, Store.open(f"sqlite:///{scratch}/bench.db") as store:
        for n, one in enumerate(fetched):
            try:
                recording, audio = open_recording(read_recording(one.file), one.file.uri)
            except AudioError:
                continue
            if one.call.answered is False:
                continue
            if n == 0:  # the first call pays for what is loaded lazily
                run_call(one, ears, rules, Store.open(f"sqlite:///{scratch}/warm.db"))
            kind = "mono" if len(audio) == 1 or same_mix(audio) else "stereo"
            began = time.perf_counter()
            store.calls.save(run_call(one, ears, rules, store))
            heard = time.perf_counter()
            segments, _ = peer.transcribe(audio.mean(axis=0), language="zh", beam_size=5, vad_filter=True)
            list(segments)
            done = time.perf_counter()
            for position, seconds in enumerate((recording.duration, heard - began, done - heard)):
                spent[kind][position] += seconds
    print("layout   audio s   callqa s/s   faster-whisper s/s   ratio")
    for kind, (audio_s, ours, theirs) in sorted(spent.items()):
        print(f"{kind:8} {audio_s:7.0f} {ours / audio_s:12.3f} {theirs / audio_s:20.3f} {ours / theirs:7.2f}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else str(Path(__file__).parent.parent / "calls"))
