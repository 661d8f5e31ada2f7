"""A call that stops on its way: a sentence for the QA manager, and the log for who looks after the system."""

import logging
import wave
from types import SimpleNamespace as One

from flows.night import stages
from flows.night.sources import FetchedCall, RecordingFile
from flows.policy.policy import policy_of
from flows.settings import Settings
from models.ears import Ears
from pipeline.audio.audio import SAMPLING_RATE
from pipeline.call import Status
from pipeline.notices import NoticeKind
from pipeline.store import Store
from tests.builders import CALL
from tests.noises import CLIPS, laid_in, noise, read_out
from tests.sentences import is_chinese

DEAF = One(name="deaf", settings="1", second_opinion=lambda: DEAF)
EARS = Ears(DEAF, DEAF)
PAIR = FetchedCall(CALL, RecordingFile("memory:///C1.wav", "C1.wav", None))


def run():
    return stages.run_call(PAIR, EARS, policy_of("kf01", Settings()), store=None)


def test_a_defect_is_told_without_its_words(monkeypatch, caplog):
    def broken(_file):
        raise RuntimeError("no such thing")

    monkeypatch.setattr(stages, "read_recording", broken)
    result = run()
    assert (result.status, result.stage, result.reason) == (Status.FAILED, "fetch", "internal")
    assert result.problem.startswith("C1.wav 在“取录音”一步")
    assert is_chinese(result.problem)
    assert "Error" not in result.problem
    assert "no such thing" in caplog.text


def test_what_the_system_said_of_a_recording_is_in_the_log_alone(caplog):
    with caplog.at_level(logging.INFO):
        result = run()
    assert (result.status, result.stage, result.reason) == (Status.FAILED, "fetch", "unreadable")
    assert is_chinese(result.problem)
    assert "Error" not in result.problem
    assert "FileNotFoundError" in caplog.text


def test_speech_in_noise_of_which_no_word_is_heard_is_told_with_its_noise(tmp_path, sqlite_address):
    paths = sorted(CLIPS.glob("*.flac"))[:2]
    speech, spans = read_out(paths)
    noisy = laid_in(speech, spans, noise("pink", len(speech), 1, paths), 10.0)
    with wave.open(str(tmp_path / "C1.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLING_RATE)
        file.writeframes((noisy * 32767).astype("<i2").tobytes())
    deaf = One(name="deaf", settings="1", transcribe=lambda *_: (), second_opinion=lambda: DEAF)
    pair = FetchedCall(CALL, RecordingFile(str(tmp_path / "C1.wav"), "C1.wav", None))
    with Store.open(sqlite_address) as store:
        result = stages.run_call(pair, Ears(deaf, DEAF), policy_of("kf01", Settings()), store)
    assert (result.status, result.reason) == (Status.UNSCORABLE, "poor_transcript")
    assert "一个字也没有听出来" in result.problem
    assert result.hearing.quality.coverage == 0.0
    assert NoticeKind.NOISE in {notice.kind for notice in result.hearing.notices}
