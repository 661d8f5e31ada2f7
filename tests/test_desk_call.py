"""The page of a call: what is heard and seen of it, by whom, and that listening is noted."""

import re
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipeline.audio.audio import open_recording
from pipeline.audio.playback import BrowserCopies, waveform
from pipeline.call import Status
from pipeline.desk import Desk
from pipeline.errors import AudioError
from pipeline.evaluation import Answer, Evaluation, Outcome
from pipeline.evaluation.result import CallResult
from pipeline.hearing import Acoustics, Stretch
from pipeline.hearing.turns import Role
from pipeline.store import Store
from pipeline.tally import Tally
from pipeline.timeline import Span
from tests.builders import CALL, finding, hearing
from tests.desks import client, people

CONTENT = (Path(__file__).parent / "calls" / "D04.wav").read_bytes()
RECORDING, AUDIO = open_recording(CONTENT, "file:///calls/D04.wav")
HOSTILE = "<script>alert(1)</script>'\"&"


def evaluated(call=CALL, *lines, **parts):
    """A call that was heard and judged, with the recording of D04."""
    lines = lines or ("坐席：您好这里是阳光家政", "客户：我的电话是13800138000", "坐席：不归我管")
    heard = replace(hearing(*lines, call=call, **parts), recording=RECORDING)
    found = tuple(
        replace(finding(detector, term, start, quote=quote), call_id=call.id)
        for detector, term, start, quote in (
            ("required_phrase", "greeting", 8.7, "您好"),
            ("banned_wording", "不归我管", 14.0, "不归我管"),
            ("speech_rate", "call", 0.0, ""),
        )
    )
    answers = (
        Answer("A", Outcome.MET, "符合", Tally(10, 10), (0,), ()),
        Answer("B", Outcome.NOT_MET, "不符合", Tally(0, 10), (1,), ("说了禁用语",)),
    )
    judged = Evaluation(call.id, call.agent_id, "test", 1, "f00d", Status.EVALUATED, answers, ("角色把握不足",))
    return CallResult(call, Status.EVALUATED, recording=RECORDING, hearing=heard, findings=found, evaluation=judged)


@pytest.fixture
def read():
    """Stands for the place where recordings lie."""
    return lambda uri: CONTENT


@pytest.fixture
def desk(sqlite_address, tmp_path, read):
    with Store.open(sqlite_address) as store:
        people(store)
        store.calls.save(evaluated())
        yield Desk(store, copies=BrowserCopies(tmp_path / "copies", read))


def noted(desk, action, about="C1"):
    return [line.note.by for line in desk.store.audit.newest(about=about, action=action)]


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def of(self, name):
        return [attrs for _, attrs in self.tags if name in attrs]


# -- the page ----------------------------------------------------------------------------------------------------


def test_the_page_shows_call_score_and_every_word_with_its_time(desk):
    answer = client(desk, "wang").get("/calls/C1")
    assert answer.status_code == 200
    page = Tags(answer.text)
    assert [word["data-w"] for word in page.of("data-w")][:3] == ["8.70", "8.95", "9.20"]
    assert len(page.of("data-w")) == sum(len(turn.words) for turn in desk.store.calls.get("C1").hearing.turns)
    assert "林晓雯" in answer.text
    assert 'id="score">50<' in answer.text
    assert "角色把握不足" in answer.text
    assert noted(desk, "read") == ["wang"]


def test_findings_are_marked_by_what_they_did_to_the_score(desk):
    page = Tags(client(desk, "wang").get("/calls/C1").text)
    found = [(each["data-play"], each["data-kind"]) for each in page.of("data-finding")]
    assert found == [("8.7", "kept"), ("14.0", "lost"), ("0.0", "fact")]


def test_it_opens_at_a_second(desk):
    browser = client(desk, "wang")
    assert Tags(browser.get("/calls/C1?at=12.5").text).of("data-player")[0]["data-at"] == "12.5"
    assert "data-at" not in Tags(browser.get("/calls/C1").text).of("data-player")[0]
    for wrong in ("-1", "x", "nan", "inf", "1e9"):
        assert browser.get(f"/calls/C1?at={wrong}").status_code == 422


@pytest.mark.parametrize("part", ["", "/peaks", "/audio"])
def test_who_may_see_it(desk, part):
    there = f"/calls/C1{part}"
    assert client(desk).get(there).status_code == 303
    assert client(desk, "lin").get(there).status_code == 200  # whose call it is
    assert client(desk, "zhao").get(there).status_code == 403
    assert client(desk, "sun").get(there).status_code == 403  # of another team
    assert client(desk, "admin").get(there).status_code == 403
    assert set(noted(desk, "refused")) == {"zhao", "sun"}
    assert client(desk, "wang").get(f"/calls/C2{part}").status_code == 404


@pytest.mark.parametrize("call_id", ["%00", "x" * 300, "..%2f..%2fetc", "'--", "%E4%BD%A0"])
@pytest.mark.parametrize("part", ["", "/peaks", "/audio"])
def test_ids_that_nobody_has(desk, call_id, part):
    assert client(desk, "wang").get(f"/calls/{call_id}{part}").status_code == 404


def test_what_was_said_cannot_act(desk):
    call = replace(CALL, id="C9", agent_name=HOSTILE)
    desk.store.calls.save(evaluated(call, f"坐席：{HOSTILE}", f"客户：{HOSTILE}"))
    text = client(desk, "wang").get("/calls/C9").text
    assert "<script>alert" not in text
    assert Tags(text).of("data-player")


def test_a_transcript_is_read_with_names_digits_and_punctuation(desk):
    call = replace(CALL, id="C10", agent_name="周敏")
    desk.store.calls.save(evaluated(call, "坐席：您好阳光家郑", "客户：我电话要三八零零要三二二零要"))
    named = replace(desk, names=lambda queue, team: ("阳光家政",))
    spans = Tags(client(named, "wang").get("/calls/C10").text).of("data-w")
    spelt = [tag for tag in spans if tag.get("class") == "spelt"]
    assert {tag["title"] for tag in spelt} == {"听成：阳光家郑"}
    assert [tag["data-after"] for tag in spans if "data-after" in tag] == ["。", "（13800132201）。"]
    assert "spelt" not in {
        tag.get("class") for tag in Tags(client(desk, "wang").get("/calls/C10").text).of("data-w")
    }


def test_a_wording_is_shown_as_it_is_said_and_not_as_a_list_writes_it(desk):
    result = evaluated(replace(CALL, id="C13"))
    listed = tuple(
        replace(each, value="^[这]不(归|属于)(我|咱)[们]管", quote="不归我馆") if each.term == "不归我管" else each
        for each in result.findings
    )
    desk.store.calls.save(replace(result, findings=listed))
    text = client(desk, "wang").get("/calls/C13").text
    assert "不归我管" in text
    assert "(归" not in text


@pytest.mark.parametrize(("num_channels", "marked"), [(1, 2), (2, 0)])
def test_words_that_both_may_have_said_are_marked_in_a_mix_alone(desk, num_channels, marked):
    result = evaluated(replace(CALL, id="C12"), "坐席：您好请讲", "客户：喂")
    agent, customer = result.hearing.turns
    voices = (
        Stretch(Role.AGENT, agent.span, -25.0),
        Stretch(Role.CUSTOMER, Span(agent.span.middle, customer.span.end), -25.0),
    )
    recording = replace(result.recording, num_channels=num_channels)
    heard = replace(result.hearing, acoustics=Acoustics(voices, ()), recording=recording)
    desk.store.calls.save(replace(result, hearing=heard, recording=recording))
    spans = Tags(client(desk, "wang").get("/calls/C12").text).of("data-w")
    over = [tag for tag in spans if "over" in tag.get("class", "").split()]
    assert len(over) == marked
    assert {tag["title"][:6] for tag in over} == ({"两人同时说话"} if marked else set())


def test_a_masked_transcript_tells_no_number_besides(desk):
    call = replace(CALL, id="C11")
    desk.store.calls.save(evaluated(call, "坐席：好", "客户：我电话要三八零零要三二二零要"))
    masked = replace(desk, privacy=Numbers(), names=lambda queue, team: ("阳光家政",))
    spans = Tags(client(masked, "zhou").get("/calls/C11").text).of("data-w")
    assert "（" not in "".join(tag.get("data-after", "") for tag in spans)
    spans = Tags(client(masked, "wang").get("/calls/C11").text).of("data-w")
    assert "（" in "".join(tag.get("data-after", "") for tag in spans)


@pytest.mark.parametrize("status", [Status.FAILED, Status.UNSCORABLE])
def test_a_call_without_audio_says_why(desk, status):
    lost = CallResult(
        replace(CALL, id="C8"), status, "audio", "truncated", "C8.wav breaks off", uri="file:///C8.wav"
    )
    desk.store.calls.save(lost)
    browser = client(desk, "wang")
    answer = browser.get("/calls/C8")
    assert answer.status_code == 200
    assert "录音不完整" in answer.text
    assert "<audio" not in answer.text
    assert browser.get("/calls/C8/audio").status_code == 404
    assert browser.get("/calls/C8/peaks").status_code == 404


def test_a_desk_without_recordings_shows_the_text(desk):
    mute = Desk(desk.store)
    browser = client(mute, "wang")
    assert "<audio" not in browser.get("/calls/C1").text
    assert browser.get("/calls/C1/audio").status_code == 503


# -- the waveform ------------------------------------------------------------------------------------------------


def test_peaks_are_those_of_the_store_or_made_at_first_sight(desk):
    browser = client(desk, "wang")
    assert desk.store.recordings.waveform(RECORDING.id) is None
    drawn = browser.get("/calls/C1/peaks").json()
    assert (desk.store.recordings.waveform(RECORDING.id).peaks == waveform(AUDIO).peaks).all()
    assert browser.get("/calls/C1/peaks").json() == drawn
    assert drawn["rate_hz"] == 20
    assert drawn["duration"] == pytest.approx(51.126)
    assert [len(channel["peaks"]) for channel in drawn["channels"]] == [1023, 1023]
    assert max(drawn["channels"][0]["peaks"]) <= 1000


# -- the sound ---------------------------------------------------------------------------------------------------


def test_the_recording_plays_whole_and_by_ranges(desk):
    browser = client(desk, "wang")
    whole = browser.get("/calls/C1/audio?opening=a")
    assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/flac")
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["cache-control"] == "no-store"
    assert open_recording(whole.content, "copy.flac")[0].num_channels == 2
    size = len(whole.content)
    part = browser.get("/calls/C1/audio?opening=a", headers={"Range": "bytes=1000-1999"})
    assert part.status_code == 206
    assert part.headers["content-range"] == f"bytes 1000-1999/{size}"
    assert part.content == whole.content[1000:2000]
    assert part.headers["etag"] == whole.headers["etag"]
    assert part.headers["last-modified"] == whole.headers["last-modified"]
    tail = browser.get("/calls/C1/audio?opening=a", headers={"Range": "bytes=-500"})
    assert tail.content == whole.content[-500:]
    going_on = {"Range": f"bytes={size - 10}-", "If-Range": whole.headers["etag"]}
    assert browser.get("/calls/C1/audio?opening=a", headers=going_on).status_code == 206
    beyond = browser.get("/calls/C1/audio?opening=a", headers={"Range": f"bytes={size}-"})
    assert beyond.status_code == 416
    assert beyond.headers["content-range"] == f"bytes */{size}"


@pytest.mark.parametrize("wrong", ["bytes=9-1", "lines=1-2", "bytes=", "bytes=a-b", "bytes=" + "0-0," * 2000])
def test_ranges_that_make_no_sense(desk, wrong):
    assert client(desk, "wang").get("/calls/C1/audio", headers={"Range": wrong}).status_code in (200, 206, 400, 416)


def test_listening_is_noted_once_an_opening_and_never_not(desk):
    browser = client(desk, "wang")
    opening = re.search(r"audio\?opening=([\w-]+)", browser.get("/calls/C1").text)[1]
    assert noted(desk, "listen") == []
    for start in (0, 100, 5_000):
        browser.get(f"/calls/C1/audio?opening={opening}", headers={"Range": f"bytes={start}-"})
    assert noted(desk, "listen") == ["wang"]
    again = re.search(r"audio\?opening=([\w-]+)", browser.get("/calls/C1").text)[1]
    browser.get(f"/calls/C1/audio?opening={again}")
    assert noted(desk, "listen") == ["wang"] * 2
    client(desk, "li").get(f"/calls/C1/audio?opening={again}")  # another's opening does not cover
    assert noted(desk, "listen") == ["li", "wang", "wang"]
    for _ in range(2):
        browser.get("/calls/C1/audio", headers={"Range": "bytes=100-199"})  # by hand, without one
    assert noted(desk, "listen") == ["wang", "wang", "li", "wang", "wang"]


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (lambda uri: (_ for _ in ()).throw(AudioError("unreadable", f"{uri}: gone")), "录音已不在原处"),
        (lambda uri: b"something else", "已被替换"),
    ],
)
def test_a_recording_that_is_gone(desk, said):
    browser = client(desk, "wang")
    for part in ("audio", "peaks"):
        answer = browser.get(f"/calls/C1/{part}")
        assert answer.status_code == 410
        assert said in answer.text
        assert "file:///" not in answer.text
    assert browser.get("/calls/C1").status_code == 200
    assert noted(desk, "listen") == []  # nothing was heard


# -- masking -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Numbers:
    """Masks digits; in sound, the second turn."""

    mask: str = "*"

    def text(self, said):
        return re.sub(r"\d", self.mask, said)

    def spans(self, hearing):
        return (Span(9.0, 12.0),)


def test_who_has_no_clearance_reads_and_hears_it_masked(desk):
    masked = replace(desk, privacy=Numbers())
    assert "13800138000" in re.sub(r"<[^>]+>", "", client(masked, "wang").get("/calls/C1").text)
    text = client(masked, "zhou").get("/calls/C1").text
    assert "138" not in re.sub(r"<[^>]+>", "", text)
    assert "13800138000" not in text  # neither in what a form would send
    assert re.sub(r"<[^>]+>", "", text).count("***********") == 1
    assert len(Tags(text).of("data-w")) == len(Tags(client(masked, "wang").get("/calls/C1").text).of("data-w"))
    plain = client(masked, "wang").get("/calls/C1/audio")
    bleeped = client(masked, "zhou").get("/calls/C1/audio")
    assert plain.content != bleeped.content
    assert plain.headers["etag"] != bleeped.headers["etag"]


def test_a_mask_of_another_length_keeps_the_turn_but_not_its_words(desk):
    text = client(replace(desk, privacy=Numbers("（号码）")), "zhou").get("/calls/C1").text
    assert "（号码）" in text
    assert "13800138000" not in re.sub(r"<[^>]+>", "", text)
    heard = desk.store.calls.get("C1").hearing.turns
    assert len(Tags(text).of("data-w")) == len(heard[0].words) + len(heard[2].words)
