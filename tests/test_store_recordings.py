"""Waveforms in the store, on SQLite and PostgreSQL alike."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from pipeline.audio.playback import Waveform
from pipeline.call import Status
from pipeline.evaluation.result import CallResult
from tests.builders import CALL, RECORDING


def drawn(num_channels=2, n=1_000, seed=1):
    return Waveform(20, np.random.default_rng(seed).integers(0, 256, (num_channels, n), np.uint8))


@pytest.mark.parametrize("shape", [(1, 1), (2, 1_000), (2, 0)])
def test_what_goes_in_comes_out(store, shape):
    waveform = drawn(*shape)
    store.recordings.save_waveform("a" * 64, waveform)
    kept = store.recordings.waveform("a" * 64)
    assert kept.rate_hz == 20
    assert kept.peaks.dtype == np.uint8
    assert np.array_equal(kept.peaks, waveform.peaks)
    assert store.recordings.waveform("b" * 64) is None


def test_the_newest_one_stays(store):
    for seed in (1, 2):
        store.recordings.save_waveform("a" * 64, drawn(seed=seed))
    assert np.array_equal(store.recordings.waveform("a" * 64).peaks, drawn(seed=2).peaks)


def test_two_may_keep_the_same_one_at_once(store):
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: store.recordings.save_waveform("a" * 64, drawn()), range(24)))
    assert np.array_equal(store.recordings.waveform("a" * 64).peaks, drawn().peaks)


def test_the_recording_of_a_call(store):
    store.calls.save(CallResult(CALL, Status.FAILED, "transcribe", "internal", "RuntimeError", recording=RECORDING))
    assert store.recordings.of_call(CALL.id) == RECORDING
    assert store.recordings.of_call("nobody") is None


def test_a_call_whose_recording_never_opened_has_none(store):
    store.calls.save(
        CallResult(CALL, Status.FAILED, "audio", "truncated", "breaks off", uri="file:///C1.wav", recording=None)
    )
    assert store.recordings.of_call(CALL.id) is None
