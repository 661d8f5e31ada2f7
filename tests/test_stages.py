"""A call that stops on its way: a sentence for the QA manager, and the log for who looks after the system."""

import logging
from types import SimpleNamespace as One

from flows.night import stages
from flows.night.sources import FetchedCall, RecordingFile
from flows.policy.policy import policy_of
from flows.settings import Settings
from models.ears import Ears
from pipeline.call import Status
from tests.builders import CALL
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
