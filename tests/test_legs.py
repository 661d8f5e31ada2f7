"""Several agents in one call: each judged on the own part, from the rows of the record to answers and pages."""

import wave
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from flows.night import stages
from flows.night.rescore import rescore_calls
from flows.night.sources import RecordingFile, join
from flows.show import show_call
from models.ears import Ears
from pipeline.call import Call, Direction, Leg, Status
from pipeline.call.cdr import read
from pipeline.call.leg import parts_of, placed
from pipeline.desk import Desk
from pipeline.errors import AudioError
from pipeline.evaluation import Outcome, evaluate
from pipeline.evaluation.evaluation import HANDED_OVER
from pipeline.hearing.transcript import Segment, Word
from pipeline.hearing.turns import SpeakerSegment
from pipeline.notices import NoticeKind
from pipeline.scorecard import find_scorecard
from pipeline.store import Store
from pipeline.timeline import Span
from tests.desks import client, people
from tests.nights import SETTINGS, night_of

HEADER = "call_id,agent_id,agent_name,direction,started_at,answered_at,ended_at,recording"
BANNED = "你自己看着办"
FIRST = [
    ("1001", 1.0, 6.0, "您好，阳光家政，工号一零零一，请问有什么可以帮您"),
    ("customer", 7.0, 10.0, "我想退一个保洁的单子"),
    ("1001", 12.0, 15.0, "好的，我看一下"),
    ("1001", 18.0, 21.0, "我帮您转给售后的同事，请稍等"),
    ("customer", 22.0, 23.0, "好的"),
]
SECOND = [
    ("1002", 37.0, 39.0, "您好，我是售后的，您请讲"),
    ("customer", 42.0, 44.0, "我要退款"),
    ("1002", 48.0, 50.0, "好的，我帮您登记退款"),
    ("customer", 53.0, 54.0, "好的"),
    ("1002", 56.0, 58.0, "请问还有其他可以帮您的吗"),
    ("customer", 60.0, 61.0, "没有了"),
    ("1002", 62.0, 65.0, "感谢您的来电，祝您生活愉快，再见"),
    ("customer", 66.0, 67.0, "再见"),
]
DURATION = 70.0
ROWS = (
    "T1,1001,林晓雯,inbound,2025-03-03 09:00:00,2025-03-03 09:00:05,2025-03-03 09:00:35,T1.wav",
    "T1,1002,王磊,inbound,2025-03-03 09:00:35,2025-03-03 09:00:40,2025-03-03 09:01:15,T1.wav",
)


def at(seconds):
    return datetime(2025, 3, 3, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def leg(agent, begins, ends, recording=None, *, answered=True, rang=None):
    rang_at = None if rang is None else at(rang)
    return Leg(agent, answered, rang_at, None if begins is None else at(begins), ends and at(ends), recording, "")


# --- the parts of a record


def agents(legs):
    return [part.legs[0].agent_id for part in parts_of(legs)]


def test_a_transfer_has_a_part_for_each_agent_in_order_of_time():
    parts = parts_of([leg("1002", 40, 75), leg("1001", 5, 35)])
    assert [(p.number, p.of, p.legs[0].agent_id, p.opens, p.closes) for p in parts] == [
        (1, 2, "1001", True, False),
        (2, 2, "1002", False, True),
    ]


def test_a_call_that_comes_back_has_three_parts_and_only_the_last_closes_it():
    parts = parts_of([leg("1001", 0, 60), leg("1002", 60, 120), leg("1001", 121, 180)])
    assert [(p.legs[0].agent_id, p.opens, p.closes) for p in parts] == [
        ("1001", True, False),
        ("1002", False, False),
        ("1001", False, True),
    ]


def test_legs_of_one_agent_that_follow_each_other_are_one_part():
    parts = parts_of([leg("1001", 0, 30), leg("1001", 31, 60), leg("1002", 61, 90)])
    assert [(len(p.legs), p.start, p.end) for p in parts] == [(2, at(0), at(60)), (1, at(61), at(90))]


@pytest.mark.parametrize(
    "legs",
    [
        pytest.param([leg("1001", 0, 60)], id="one agent"),
        pytest.param([leg("1001", 0, 30), leg("1001", 40, 60)], id="one agent twice"),
        pytest.param([leg("1001", 0, 90), leg("1002", 30, 60)], id="a consultation while the first is on the line"),
        pytest.param([leg("1001", 0, 60), leg("1002", 30, 90)], id="a conference"),
        pytest.param([leg("1001", 0, 60), leg("1002", 60, None)], id="a leg without its end"),
        pytest.param([leg("1001", 0, 60), leg("1002", None, 90)], id="a leg without its beginning"),
        pytest.param([leg("1001", 0, 60), leg("1002", 60, 90, answered=False)], id="nobody took it over"),
        pytest.param([leg("1001", 0, 60), leg(None, 60, 90)], id="a voicemail, a queue, a survey"),
        pytest.param([leg(None, 0, 20), leg("1001", 20, 60)], id="a menu before the agent"),
    ],
)
def test_nothing_is_parted_where_somebody_has_to_decide_or_there_is_one_agent(legs):
    assert parts_of(legs) == ()


def test_rows_of_whole_seconds_may_touch():
    assert agents([leg("1001", 0, 61), leg("1002", 60, 90)]) == ["1001", "1002"]
    assert agents([leg("1001", 0, 62), leg("1002", 60, 90)]) == []


def test_an_agent_who_never_answered_and_a_machine_are_no_part_of_a_transfer():
    legs = [leg(None, 0, 4), leg("1003", None, 9, answered=False, rang=4), leg("1001", 10, 40), leg("1002", 42, 90)]
    assert agents(legs) == ["1001", "1002"]


# --- the parts in the recording

TWO = [leg("1001", 5, 35, rang=0), leg("1002", 40, 75, rang=35)]


def test_a_part_is_placed_by_the_length_of_the_recording():
    assert placed(1, TWO, 70.0).span == Span(0.0, 30.0), "from the answer on"
    assert placed(2, TWO, 70.0).span == Span(30.0, 70.0)
    assert placed(1, TWO, 75.0).span == Span(0.0, 35.0), "from the first ring on"
    assert placed(2, TWO, 75.0).doubts == (Span(33.0, 42.0),)
    three = [*TWO, leg("1003", 76, 100, rang=75)]
    assert placed(2, three, 95.0).span == Span(30.0, 70.0)
    assert placed(2, three, 95.0).doubts == (Span(28.0, 37.0), Span(68.0, 73.0))


@pytest.mark.parametrize("duration", [60.0, 72.5, 90.0])
def test_a_part_is_placed_nowhere_where_length_and_record_disagree(duration):
    assert placed(1, TWO, duration) is None


# --- the calls of a record


def plain(*rows):
    return read("\n".join((HEADER, *rows)).encode(), "cdr.csv", "csv")


def test_plain_rows_of_one_id_and_one_recording_are_the_parts_of_a_call():
    records = plain(*ROWS)
    assert [(c.id, c.agent_id, c.recording_name, c.opens, c.closes) for c in records.calls] == [
        ("T1+2", "1001", "T1.wav", True, False),
        ("T1", "1002", "T1.wav", False, True),
    ], "the id stays with the agent who talked the longest: whose call it was before calls were parted"
    assert records.num_legs == 0
    (notice,) = records.notices
    assert notice.kind is NoticeKind.RECORD_LEGS
    assert "1 通通话由几位坐席先后接听而只有一段录音，按话单的时间分段" in notice.problem


def test_plain_rows_of_one_id_without_a_common_recording_are_calls_of_their_own():
    records = plain(ROWS[0], ROWS[1].replace("T1.wav", "T2.wav"))
    assert [(call.id, call.part) for call in records.calls] == [("T1", None), ("T1@2025-03-03", None)]


def test_plain_rows_at_the_same_time_are_not_parted_and_their_recording_is_nobodys():
    overlapping = ROWS[1].replace("09:00:35,2025-03-03 09:00:40", "09:00:10,2025-03-03 09:00:12")
    records = plain(ROWS[0], overlapping)
    intake = join(records, [RecordingFile("file:///T1.wav", "/T1.wav", 1)])
    assert [line.reason for line in intake.rejected] == ["ambiguous_recording"] * 2


def test_parts_share_their_recording_and_nobody_else_does():
    records = plain(*ROWS)
    file = RecordingFile("file:///T1.wav", "/T1.wav", 1)
    assert [pair.file for pair in join(records, [file]).fetched] == [file, file]
    other = plain(*ROWS, "X,1003,,inbound,2025-03-03 10:00:00,2025-03-03 10:00:05,2025-03-03 10:01:15,T1.wav")
    assert [line.reason for line in join(other, [file]).rejected] == ["ambiguous_recording"] * 3
    gone = join(records, [])
    assert [(line.reason, line.call.agent_id) for line in gone.rejected] == [
        ("no_recording", "1001"),
        ("no_recording", "1002"),
    ]


def test_parts_whose_record_names_no_recording_find_the_one_named_after_the_call():
    legs = tuple(replace(each, source=f"cdr.csv:{n}") for n, each in enumerate(TWO))
    empty = dict.fromkeys(("agent_name", "queue", "caller", "recording_name"))
    calls = tuple(
        Call(
            id,
            each.agent_id,
            direction=Direction.INBOUND,
            answered=True,
            legs=legs,
            **{name: getattr(each, name) for name in ("ring_at", "answered_at", "ended_at")},
            **empty,
        )
        for id, each in zip(("20250303-77", "20250303-77+2"), legs, strict=True)
    )
    file = RecordingFile("file:///q-20250303-77.wav", "/q-20250303-77.wav", 1)
    assert len(join(replace(plain(*ROWS), calls=calls), [file]).fetched) == 2


# --- a night


class Told:
    """Ears that hear the lines of a dialogue, each character as a word; `listened` counts how often."""

    name, settings = "told", "1"

    def __init__(self, lines, stereo):
        self.lines, self.stereo, self.listened = lines, stereo, 0

    def transcribe(self, _audio, _spans, channel):
        self.listened += 1
        own = (line for line in self.lines if not self.stereo or channel_of(line[0]) == channel)
        return tuple(Segment(channel, words(text, Span(start, end))) for _, start, end, text in own)

    def second_opinion(self):
        return self

    def diarize(self, _audio, _speech):
        voices = {"1001": 0, "customer": 1, "1002": 2}
        return tuple(SpeakerSegment(voices[who], Span(start, end)) for who, start, end, _ in self.lines)


def channel_of(who):
    return int(who == "customer")


def words(text, span):
    each = span.duration / len(text)
    return tuple(
        Word(one, Span(span.start + n * each, span.start + (n + 1) * each), 0.95) for n, one in enumerate(text)
    )


def recorded(path, lines, stereo, duration=DURATION):
    """A recording in which something sounds wherever a line is said."""
    rate, rng = 8000, np.random.default_rng(7)
    sound = rng.normal(0, 0.0005, (1 + stereo, int(duration * rate)))
    for who, start, end, _ in lines:
        at_samples = slice(int(start * rate), int(end * rate))
        channel = channel_of(who) if stereo else 0
        sound[channel, at_samples] += rng.normal(0, 0.1, at_samples.stop - at_samples.start)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 + stereo)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((sound.T * 32767).clip(-32768, 32767).astype("<i2").tobytes())


def loud(samples, _tones=(), _segmentation=None):
    """Speech where it is loud: what the networks say of noise is not asked here."""
    frame = 1600
    level = np.abs(samples[: len(samples) // frame * frame].reshape(-1, frame)).mean(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], level > 0.02, [0])).astype(int)))
    return tuple(Span(a * 0.1, b * 0.1) for a, b in edges.reshape(-1, 2).tolist())


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a night of one call with these lines and rows; gives its store, and the ears."""
    monkeypatch.setattr(stages, "find_speech", loud)
    opened = []

    def night(lines, rows=ROWS, stereo=True, duration=DURATION, name="T1", again=False):
        place = tmp_path / "night"
        place.mkdir(exist_ok=True)
        recorded(place / f"{name}.wav", lines, stereo, duration)
        (place / "cdr.csv").write_text("\n".join((HEADER, *rows)) + "\n", encoding="utf-8")
        ears = Told(lines, stereo)
        store = opened[0] if again else Store.open(f"sqlite:///{tmp_path}/callqa.db")
        opened.append(store)
        intake = night_of(store, str(place), str(place / "cdr.csv"), Ears(ears, ears))
        return store, ears, intake

    yield night
    for store in opened[:1]:
        store.close()


def of_agent(store, agent):
    """The result of the one call of an agent."""
    results = [store.calls.get(id) for id in store.calls.statuses()]
    (own,) = [result for result in results if result.call.agent_id == agent]
    return own


def outcomes(result):
    """The outcome of each item that a call is asked, by id."""
    return {item.id: item.outcome for answer in result.evaluation.answers for item in answer.items}


def banned(result):
    return [finding.quote for finding in result.findings if finding.detector == "banned_wording"]


@pytest.mark.parametrize("stereo", [True, False], ids=["stereo", "mono"])
def test_each_agent_of_a_transfer_is_judged_on_the_own_part(run, stereo):
    rude = [*FIRST[:2], ("1001", 12.0, 15.0, BANNED), *FIRST[3:], *SECOND]
    store, ears, intake = run(rude, stereo=stereo)
    assert ears.listened == (2 if stereo else 1), "one recording is listened to once"
    assert Counter(store.calls.statuses().values()) == {Status.EVALUATED: 2}
    assert len(intake.fetched) == 2
    first, second = of_agent(store, "1001"), of_agent(store, "1002")
    assert (first.hearing.part, second.hearing.part) == (Span(0.0, 30.0), Span(30.0, 70.0))
    assert banned(first)
    assert not banned(second)
    one, two = outcomes(first), outcomes(second)
    assert one["KF01-4-1"] is Outcome.MET, "the greeting stays with who said it"
    assert one["KF01-4-2"] is Outcome.NOT_MET
    assert two["KF01-4-2"] is Outcome.MET, "the words of another are nobody else's"
    assert two["KF01-3-1"] is two["KF01-4-1"] is Outcome.NOT_APPLICABLE, "who takes over opens nothing"
    assert one["KF01-8-1"] is one["KF01-9-1"] is one["KF01-10-1"] is Outcome.NOT_APPLICABLE, (
        "nor does who hands on close"
    )
    assert (two["KF01-8-1"], two["KF01-9-1"], two["KF01-10-1"]) == (Outcome.MET,) * 3
    assert "退款" not in "".join(turn.text for turn in first.hearing.turns)
    assert "阳光家政" not in "".join(turn.text for turn in second.hearing.turns)
    assert HANDED_OVER not in (*first.evaluation.review, *second.evaluation.review)


@pytest.mark.parametrize("stereo", [True, False], ids=["stereo", "mono"])
def test_the_first_is_not_blamed_for_the_second(run, stereo):
    rude = [*FIRST, *SECOND[:2], ("1002", 48.0, 50.0, BANNED), *SECOND[3:]]
    store, _, _ = run(rude, stereo=stereo)
    first, second = of_agent(store, "1001"), of_agent(store, "1002")
    assert banned(second)
    assert not banned(first)
    assert outcomes(first)["KF01-4-2"] is Outcome.MET
    assert outcomes(second)["KF01-4-2"] is Outcome.NOT_MET


def test_what_is_said_at_the_hand_over_is_held_against_nobody(run):
    between = ("1001", 30.5, 32.5, BANNED)  # the first leg ends at 30, and the second was answered at 35
    store, _, _ = run([*FIRST, between, *SECOND])
    for agent in ("1001", "1002"):
        result = of_agent(store, agent)
        assert outcomes(result)["KF01-4-2"] in (Outcome.UNSURE, Outcome.MET)
        assert result.evaluation.tally.possible > 0


def test_a_recording_that_does_not_fit_the_record_waits_for_a_person(run):
    rude = [*FIRST[:2], ("1001", 12.0, 15.0, BANNED), *FIRST[3:], *SECOND]
    store, _, _ = run(rude, duration=90.0)
    for agent in ("1001", "1002"):
        result = of_agent(store, agent)
        assert result.hearing.part is None
        assert len(result.hearing.turns) > 6, "the whole of it, to listen to"
        assert HANDED_OVER in result.evaluation.review
        assert outcomes(result)["KF01-4-2"] is Outcome.UNSURE
        assert Outcome.NOT_MET not in outcomes(result).values()


def test_a_part_in_which_one_side_is_silent_is_unscorable_and_all_counts_add_up(run):
    quiet = [*FIRST, *(line for line in SECOND if line[0] == "customer")]
    store, _, intake = run(quiet)
    assert Counter(store.calls.statuses().values()) == {Status.EVALUATED: 1, Status.UNSCORABLE: 1}
    assert len(intake.fetched) + len(intake.rejected) == 2
    assert "坐席话音只有 0.0 秒" in of_agent(store, "1002").problem


def test_a_part_that_is_too_short_by_the_standard_is_unscorable_and_the_other_is_scored(run):
    store, _, _ = run([*FIRST, *SECOND])
    card = find_scorecard("kf01")
    strict = card.model_copy(update={"quality": card.quality.model_copy(update={"call_seconds": 31.0})})
    judged = {agent: evaluate(of_agent(store, agent).hearing, (), strict, "") for agent in ("1001", "1002")}
    assert {agent: each.status for agent, each in judged.items()} == {
        "1001": Status.UNSCORABLE,  # 30 s from its answer to its end
        "1002": Status.EVALUATED,  # 35 s
    }


def test_a_call_that_comes_back_is_three_calls_and_three_counts(run):
    rows = (
        ROWS[0],
        "T1,1002,王磊,inbound,2025-03-03 09:00:35,2025-03-03 09:00:40,2025-03-03 09:00:57,T1.wav",
        "T1,1001,林晓雯,inbound,2025-03-03 09:00:57,2025-03-03 09:00:58,2025-03-03 09:01:15,T1.wav",
    )
    back = [*FIRST, *SECOND[:3], *(("1001" if who == "1002" else who, *rest) for who, *rest in SECOND[3:])]
    store, _, _ = run(back, rows)
    results = sorted((store.calls.get(id) for id in store.calls.statuses()), key=lambda r: r.call.part.number)
    assert [(r.call.agent_id, r.call.part.number) for r in results] == [("1001", 1), ("1002", 2), ("1001", 3)]
    assert [round(r.hearing.part.start) for r in results] == [0, 30, 52]
    greeted, closed = (outcomes(results[n]) for n in (0, 2))
    assert greeted["KF01-4-1"] is Outcome.MET
    assert greeted["KF01-10-1"] is Outcome.NOT_APPLICABLE
    assert closed["KF01-4-1"] is Outcome.NOT_APPLICABLE
    assert closed["KF01-10-1"] is Outcome.MET


# --- a night of an earlier revision


def test_a_call_that_was_kept_whole_is_parted_on_the_next_night(run):
    rude = [*FIRST[:2], ("1001", 12.0, 15.0, BANNED), *FIRST[3:], *SECOND]
    store, _, _ = run(rude)
    second = store.calls.get("T1")
    whole = replace(
        second.hearing, part=None, turns=(*of_agent(store, "1001").hearing.turns, *second.hearing.turns)
    )
    turns = tuple(replace(turn, index=n) for n, turn in enumerate(whole.turns))
    old = replace(second.fingerprint, policy=replace(second.fingerprint.policy, hearing="hearing-6"))
    store.calls.save(replace(second, hearing=replace(whole, turns=turns), fingerprint=old))
    rescore_calls((), str(store.engine.url), None, SETTINGS)
    again = store.calls.get("T1")
    assert HANDED_OVER in again.evaluation.review
    assert outcomes(again)["KF01-4-2"] is Outcome.UNSURE
    assert again.fingerprint.policy.hearing == "hearing-6", "judged anew, not heard anew"
    run(rude, again=True)
    assert store.calls.get("T1").hearing.part == Span(30.0, 70.0)
    assert not banned(store.calls.get("T1"))


# --- what people see


@pytest.fixture
def parted(run, tmp_path):
    store, _, _ = run([*FIRST, *SECOND])
    return store, f"sqlite:///{tmp_path}/callqa.db"


def test_show_names_the_part_and_the_others(parted):
    _, url = parted
    shown = "\n".join(str(each) for each in show_call(url, "T1") if not hasattr(each, "columns"))
    assert "第 2 段，共 2 段，录音 00:30 至 01:10；不计开头用语" in shown
    assert "第 1 段：通话 T1+2" in shown


def test_the_page_of_a_part_shows_where_it_is_and_links_to_the_others(parted):
    store, _ = parted
    people(store)
    page = client(store, "wang").get("/calls/T1").text
    assert "本页是第 2 段，共 2 段：录音 00:30 至 01:10" in page
    assert "振铃和开头用语由第一段的坐席负责，本段不计" in page
    assert "/calls/T1%2B2" in page
    assert 'data-at="30.0"' in page
    assert "其他坐席的部分" in page
    other = client(store, "wang").get("/calls/T1%2B2").text
    assert "本页是第 1 段，共 2 段：录音 00:00 至 00:30" in other
    assert "结束用语由最后一段的坐席负责，本段不计" in other


@dataclass(frozen=True)
class LastSecond:
    """Silences the last second of a hearing's talk."""

    def text(self, said):
        return said

    def spans(self, hearing):
        end = hearing.turns[-1].span.end
        return (Span(end - 1.0, end),)


def test_what_is_silenced_of_one_part_is_silent_on_the_page_of_the_other(parted):
    store, _ = parted
    people(store)
    copied = []

    class Copies:
        def of(self, recording, bleeps=()):
            copied.append(tuple((round(span.start), round(span.end)) for span in bleeps))
            raise AudioError("no_recording", "is not copied here")

    desk = Desk(store, copies=Copies(), privacy=LastSecond())
    for call_id in ("T1", "T1%2B2"):
        assert client(desk, "zhou").get(f"/calls/{call_id}/audio").status_code == 410
    assert copied == [((22, 23), (66, 67))] * 2
