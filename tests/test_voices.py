"""An agent is enrolled by the voice that recurs, by nobody else's, and only where a deployment asks for it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.night.sources import CallAudio
from flows.night.voices import roles_with_voice, told_apart
from flows.settings import load_settings
from models.diarization.voices import Campplus, count_voices, voices_of_channel
from models.ears import EMBEDDING, Ears
from models.weights import find
from pipeline.audio.audio import SAMPLING_RATE, open_recording
from pipeline.call import Recording
from pipeline.hearing.roles import Roles, decide_roles
from pipeline.hearing.voices import LEAST_SECONDS, Voice, enrolled, own_voice, unit
from pipeline.store import Store, tables
from pipeline.timeline import Span
from tests.builders import CALL, RECORDING, bundled, utterance

CALLS = Path(__file__).parent / "calls"
SIZE = 16
ONE, OTHER, THIRD = np.eye(SIZE, dtype=np.float32)[:3]


def voice(recording_id: str, vector: np.ndarray, agent_id: str = "1001", **changes) -> Voice:
    given = {"embedder": "made", "speaker": 0, "seconds": 20.0, "role_confidence": 0.99}
    return Voice(recording_id=recording_id, agent_id=agent_id, vector=unit(vector), **given | changes)


def near(vector: np.ndarray, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=SIZE).astype(np.float32)
    return vector + 0.05 * noise


# --- enrolling


def test_the_voice_that_recurs_is_enrolled():
    known = enrolled([voice(f"R{n}", near(ONE, n)) for n in range(3)], "1001", "made")
    assert known is not None
    assert known @ ONE > 0.95
    assert np.linalg.norm(known) == pytest.approx(1.0, abs=1e-5)
    assert own_voice(known, [unit(near(ONE, 9)), OTHER]) > 0.8
    assert own_voice(known, [OTHER, unit(near(ONE, 9))]) < -0.8


@pytest.mark.parametrize(
    "second",
    [
        None,
        voice("R2", ONE, role_confidence=0.94),
        voice("R2", ONE, seconds=LEAST_SECONDS - 0.1),
        voice("R2", ONE, embedder="another"),
        voice("R2", ONE, agent_id="1002"),
        voice("R2", OTHER),
    ],
    ids=["one call", "doubtful roles", "too short", "another embedder", "another agent", "another voice"],
)
def test_too_little_enrols_nobody(second):
    assert enrolled([voice("R1", ONE), *([second] if second else [])], "1001", "made") is None
    assert enrolled([voice("R1", ONE), voice("R3", ONE), *([second] if second else [])], "1001", "made") is not None


def test_the_call_of_a_colleague_on_the_same_login_is_left_out():
    known = enrolled([*(voice(f"R{n}", near(ONE, n)) for n in range(3)), voice("R9", OTHER)], "1001", "made")
    assert known @ OTHER < 0.1
    strangers = [voice(f"S{n}", vector) for n, vector in enumerate(np.eye(SIZE, dtype=np.float32)[3:7])]
    assert enrolled([voice("R1", ONE), voice("R2", ONE), *strangers], "1001", "made") is None


def test_nobody_is_enrolled_by_the_voice_of_another_agent():
    voices = [voice(f"A{n}", near(ONE, n), "1001") for n in range(2)]
    voices += [voice(f"B{n}", near(OTHER, n), "1002") for n in range(5)]
    assert enrolled(voices, "1001", "made") @ OTHER < 0.3
    assert enrolled(voices, "1003", "made") is None


def test_who_says_too_little_has_no_voice():
    assert own_voice(ONE, [None, ONE]) == own_voice(ONE, [ONE, None]) == 0.0


# --- kept and forgotten, on both databases


def test_a_voice_comes_back_as_it_was_and_can_be_forgotten(address):
    with Store.open(address) as store:
        mine, theirs = voice("R1", near(ONE, 1)), voice("R2", near(OTHER, 2), "1002")
        for each in (mine, theirs, voice("R3", ONE)):
            store.voices.keep(each.recording_id, each.embedder, each)
        found = {each.recording_id: each for each in store.voices.of_agent("1001", "made")}
        assert set(found) == {"R1", "R3"}, "never another agent's"
        back = found["R1"]
        assert np.array_equal(back.vector, mine.vector)
        fields = ("embedder", "agent_id", "speaker", "seconds", "role_confidence")
        assert all(getattr(back, name) == getattr(mine, name) for name in fields)
        assert store.voices.of_agent("1001", "another") == ()
        assert [(kept.agent_id, kept.num_calls) for kept in store.voices.amounts()] == [("1001", 2), ("1002", 1)]
        assert store.voices.forget("1001") == 2
        assert store.voices.forget("1001") == 0
        assert store.voices.of_agent("1001", "made") == ()
        assert len(store.voices.of_agent("1002", "made")) == 1


def test_a_recording_heard_again_replaces_or_drops_its_voice(address):
    with Store.open(address) as store:
        store.voices.keep("R1", "made", voice("R1", ONE))
        store.voices.keep("R1", "made", voice("R1", OTHER, "1002"))
        assert store.voices.of_agent("1001", "made") == ()
        store.voices.keep("R1", "made", None)
        assert store.voices.amounts() == ()


def test_the_commands_list_and_forget(tmp_path):
    address = f"sqlite:///{tmp_path}/callqa.db"
    with Store.open(address) as store:
        store.voices.keep("R1", "made", voice("R1", ONE))
    listed = CliRunner().invoke(app, ["voices", "list", "--store", address])
    assert "1001" in listed.output
    assert "个人信息" in listed.output
    gone = CliRunner().invoke(app, ["voices", "forget", "1001", "--store", address])
    assert "已删除坐席 1001 的声纹 1 条" in gone.output
    again = CliRunner().invoke(app, ["voices", "forget", "1001", "--store", address])
    assert "没有坐席 1001 的声纹" in again.output


# --- off unless asked for


def test_voices_are_off_by_default(monkeypatch):
    monkeypatch.delenv("CALLQA_VOICES", raising=False)
    assert load_settings().voices is False
    monkeypatch.setenv("CALLQA_VOICES", "true")
    assert load_settings().voices is True


# --- roles by voice


class Tones:
    """An embedder for made audio: samples of one constant value are one voice."""

    name = "tones"

    def embed(self, samples, spans):
        heard = np.concatenate([samples[int(s.start * 16000) : int(s.end * 16000)] for s in spans] or [samples[:0]])
        if len(heard) < SAMPLING_RATE:
            return None
        return {1: ONE, 2: OTHER, 3: THIRD}[round(float(heard.mean()) * 10)]


BARE = [utterance(0, "那个事情我说过了" * 7, 0.0), utterance(1, "那个事情我说过了" * 7, 20.0)]
SURE = [utterance(0, "工号一零零一有什么可以帮您" * 4, 0.0), utterance(1, "我要投诉你们公司" * 7, 20.0)]


def night(store, utterances, first, second, recording_id="R", call=CALL) -> Roles:
    audio = np.zeros((1, 60 * SAMPLING_RATE), np.float32)
    for value, each in zip((first, second), utterances, strict=True):
        audio[0, int(each.span.start * SAMPLING_RATE) : int(each.span.end * SAMPLING_RATE)] = value / 10
    recording: Recording = replace(RECORDING, id=recording_id)

    def decide(nearer: float) -> Roles:
        return decide_roles(utterances, call, bundled()["roles"], False, nearer)

    return roles_with_voice(decide, CallAudio(call, recording, audio), utterances, Tones(), store)


def test_a_bare_call_is_understood_by_the_voice_of_earlier_ones(tmp_path):
    with Store.open(f"sqlite:///{tmp_path}/callqa.db") as store:
        without = night(store, BARE, 2, 1)
        assert store.voices.amounts() == (), "a call in doubt enrols nobody"
        night(store, SURE, 1, 2, "R1")
        assert night(store, BARE, 2, 1).evidence == without.evidence, "one call is too few"
        night(store, SURE, 1, 3, "R2")
        known = night(store, BARE, 2, 1)
        assert (without.agent, known.agent) == (0, 1), "who speaks first is outweighed"
        assert known.evidence[0].term == "own_voice"
        assert night(store, BARE, 2, 1, call=replace(CALL, agent_id="1002")).evidence == without.evidence
        assert night(store, BARE, 2, 1, call=replace(CALL, agent_id=None)).evidence == without.evidence
        assert {v.recording_id for v in store.voices.of_agent("1001", "tones")} == {"R1", "R2"}
        store.voices.forget("1001")
        assert night(store, BARE, 2, 1).evidence == without.evidence


# --- voices counted


def counted(*script: int, labels=None, seconds=4.0, blur=0.2) -> list[int]:
    """The voices told apart where the stretches are spoken by these, each blurred a little."""
    chance = np.random.default_rng(1)
    vectors = [np.eye(SIZE)[voice] + blur * chance.normal(size=SIZE) / 4 for voice in script]
    stacked = np.stack([unit(vector.astype(np.float32)) for vector in vectors])
    given = np.zeros(len(script), int) if labels is None else np.array(labels)
    return count_voices(stacked, np.full(len(script), seconds), given).tolist()


@pytest.mark.parametrize(
    "script", [(0,), (0, 0, 0, 0), (0, 0, 1, 1), (0, 1, 0, 1, 2, 1), (0, 1, 2, 3, 0, 1), (0, 0, 0, 1)]
)
def test_there_are_as_many_voices_as_speak(script):
    assert counted(*script) == list(script)


def test_two_parties_of_a_mix_are_one_where_they_sound_so_and_three_where_there_are():
    assert counted(0, 0, 0, 0, labels=[0, 1, 0, 1]) == [0, 0, 0, 0]
    assert counted(0, 1, 0, 2, 1, 2, labels=[0, 1, 0, 0, 1, 0]) == [0, 1, 0, 2, 1, 2]


def test_a_moment_of_another_sound_is_no_voice():
    assert counted(0, 0, 1, 0, 0, seconds=2.5) == [0] * 5


def spoken_in(channel: int, *spans: tuple[float, float, int]) -> np.ndarray:
    audio = np.zeros((2, 60 * SAMPLING_RATE), np.float32)
    for start, end, value in spans:
        audio[channel, int(start * SAMPLING_RATE) : int(end * SAMPLING_RATE)] = value / 10
    return audio


def test_short_answers_are_told_by_what_is_next_to_them():
    spans = [(0.0, 6.0, 1), (9.0, 13.0, 1), (24.0, 25.0, 2), (28.0, 30.5, 2), (33.0, 33.7, 2)]
    heard = [Span(start, end) for start, end, _ in spans]
    assert voices_of_channel(spoken_in(0, *spans)[0], heard, Tones()) == (0, 0, 1, 1, 1)
    assert voices_of_channel(spoken_in(0, *spans)[0], [], Tones()) == ()


def test_a_channel_may_hold_two_people_and_is_listened_to_once(tmp_path):
    audio = spoken_in(0, (0.0, 7.0, 1), (20.0, 27.0, 2)) + spoken_in(1, (10.0, 17.0, 3))
    heard = [utterance(channel, "好" * 28, start) for channel, start in ((0, 0.0), (1, 10.0), (0, 20.0))]
    sound = CallAudio(CALL, RECORDING, audio)
    knowing = SimpleNamespace(name="asr", settings="1")
    with Store.open(f"sqlite:///{tmp_path}/callqa.db") as store:
        ears = Ears(knowing, knowing, Tones())
        assert [u.speaker for u in told_apart(sound, heard, ears, store)] == [0, 1, 2]
        deaf = SimpleNamespace(name=Tones.name)  # would raise if it were asked
        again = told_apart(sound, heard, Ears(knowing, knowing, deaf), store)
        assert [u.speaker for u in again] == [0, 1, 2]
        assert [u.speaker for u in told_apart(sound, heard, Ears(knowing, knowing), store)] == [0, 1, 0]


def test_a_call_is_not_evidence_for_itself(tmp_path):
    with Store.open(f"sqlite:///{tmp_path}/callqa.db") as store:
        night(store, SURE, 1, 2, "R1")
        for _ in range(2):
            assert "own_voice" not in {sign.term for sign in night(store, SURE, 1, 2, "R1").evidence}
        with store.engine.connect() as connection:
            assert len(connection.execute(tables.voices.select()).all()) == 1, "the customer's voice is never kept"


def test_the_network_knows_an_agent_of_the_bundled_calls():
    pin = find("cpu", "embedding")
    embedder = Campplus.from_file(pin.folder / EMBEDDING, pin.name)
    vectors = {}
    for call_id in ("D04", "D17"):  # one agent, stereo and mixed
        truth = json.loads((CALLS / f"{call_id}.truth.json").read_text(encoding="utf-8"))
        content = (CALLS / truth["recording"]).read_bytes()
        _, audio = open_recording(content, truth["recording"])
        for speaker in ("agent", "customer"):
            spans = [Span(line["start"], line["end"]) for line in truth["lines"] if line["speaker"] == speaker]
            channel = truth["channel_map"].index(speaker) if audio.shape[0] == 2 else 0
            vectors[call_id, speaker] = embedder.embed(audio[channel], spans[:2])
    known = unit(vectors["D04", "agent"])
    assert own_voice(known, [vectors["D17", "agent"], vectors["D17", "customer"]]) > 0.2
    assert embedder.embed(np.zeros(SAMPLING_RATE, np.float32), [Span(0.0, 0.5)]) is None
    assert embedder.embed(np.zeros(SAMPLING_RATE, np.float32), []) is None
