"""A long recording lies in a file, and takes no more memory than what is being looked at."""

import errno
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.audio import spool as module
from pipeline.audio.audio import open_recording
from pipeline.audio.spool import Spool, blocks, release
from pipeline.errors import AudioError
from tests.sentences import is_chinese

CALLS = Path(__file__).parent / "calls"


def gathered(pieces):
    with Spool() as spool:
        for piece in pieces:
            spool.append(piece)
        return spool.samples()


@pytest.fixture
def on_disk(monkeypatch):
    monkeypatch.setattr(module, "IN_MEMORY_BYTES", 1000)


@pytest.mark.parametrize("num_channels", [1, 2])
def test_many_samples_are_the_same_as_few(num_channels, monkeypatch):
    chance = np.random.default_rng(1)
    pieces = [chance.standard_normal((num_channels, n)).astype(np.float32) for n in (1, 700, 3, 20_000, 0, 5)]
    few = gathered(pieces)
    monkeypatch.setattr(module, "IN_MEMORY_BYTES", 1000)
    many = gathered(pieces)
    assert many.base is not None
    assert many.flags.c_contiguous
    assert many.flags.writeable  # torch warns of arrays that are not
    assert many.dtype == few.dtype
    assert np.array_equal(many, few)


@pytest.mark.parametrize("name", ["D04.wav", "D07.mp3", "D14.g722"])
def test_a_recording_on_disk_is_the_same(name, on_disk, monkeypatch):
    mapped = open_recording((CALLS / name).read_bytes(), name)[1]
    monkeypatch.undo()
    assert np.array_equal(mapped, open_recording((CALLS / name).read_bytes(), name)[1])


def test_nothing_at_all():
    assert gathered([]).shape == (1, 0)


def test_samples_that_were_given_back_are_still_there(on_disk):
    samples = gathered([np.arange(400_000, dtype=np.float32).reshape(2, -1)])
    seen = [block.copy() for block in blocks(samples, 30_000)]
    release(samples)
    assert np.array_equal(np.concatenate(seen, axis=1), samples)
    for channel in samples:
        assert np.array_equal(np.concatenate([block.copy() for block in blocks(channel, 1001)]), channel)
    release(np.zeros(3, np.float32))


def test_a_long_recording_takes_little_memory():
    """In a process of its own: half an hour of two channels is 230 MB, and going through it takes a tenth."""
    script = """
import numpy as np
from pipeline.audio.spool import Spool, blocks
def peak():  # MB; what getrusage tells is inherited from the parent
    return int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) / 1024
second = np.full((2, 16_000), 0.5, np.float32)
before = peak()
with Spool() as spool:
    for _ in range(1800): spool.append(second.copy())
    samples = spool.samples()
held = peak() - before
print(sum(float(block.sum()) for block in blocks(samples)), held, peak() - before - held)
"""
    module_path = str(Path(module.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=module_path, check=True
    )
    total, held, gone_through = map(float, done.stdout.split())
    assert total == 1800 * 16_000
    assert held < module.IN_MEMORY_BYTES / 2**20 + 40
    assert gone_through < 30


def test_a_full_disk_is_said(on_disk, monkeypatch):
    class Full:
        def write(self, _):
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self):
            pass

    monkeypatch.setattr(module.tempfile, "TemporaryFile", Full)
    with pytest.raises(AudioError, match="TMPDIR") as caught:
        gathered([np.zeros((2, 1000), np.float32)])
    assert caught.value.reason == "disk_full"
    assert is_chinese(caught.value.problem)
