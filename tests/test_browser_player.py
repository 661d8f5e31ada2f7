"""Hearing a call in a real browser: it really plays, from the right place, and the page keeps up with it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from pipeline.audio.audio import SAMPLING_RATE, open_recording
from pipeline.audio.playback import BrowserCopies
from pipeline.audio.ringing import Ringback
from pipeline.call import Status
from pipeline.desk import Desk
from pipeline.desk.visit import COOKIE
from pipeline.evaluation import Answer, Evaluation, Outcome
from pipeline.evaluation.result import CallResult
from pipeline.hearing import Acoustics, Stretch
from pipeline.store import Store
from pipeline.tally import Tally
from pipeline.timeline import Span
from tests.browsers import offences, served
from tests.builders import CALL, dialogue, finding, hearing
from tests.desks import people

ROOT = Path(__file__).parent
CONTENT = (ROOT / "calls" / "D04.wav").read_bytes()  # A-law, which no browser plays
RECORDING, AUDIO = open_recording(CONTENT, "file:///calls/D04.wav")
PLACES = (12.0, 25.0, 36.0)  # of the findings


def a_call(call_id="C1", recording=RECORDING):
    call = replace(CALL, id=call_id)
    lines = [f"{'坐席' if n % 2 == 0 else '客户'}：{'一二三四五六七八九十' * 2}" for n in range(6)]
    turns = dialogue(*lines, start=8.0)
    voices = tuple(Stretch(turn.role, turn.span, -20.0) for turn in turns)
    heard = replace(
        hearing(call=call, turns=turns),
        recording=recording,
        ringback=Ringback((Span(0.9, 1.9), Span(5.9, 6.9))),
        acoustics=Acoustics(voices, (Span(45.0, 48.0),)),
    )
    found = tuple(
        replace(finding("banned_wording", f"用语{n}", at), call_id=call_id) for n, at in enumerate(PLACES)
    )
    answers = (Answer("B", Outcome.NOT_MET, "不符合", Tally(0, 10), (0, 1, 2), ("说了禁用语",)),)
    judged = Evaluation(call_id, call.agent_id, "test", 1, "f00d", Status.EVALUATED, answers, ("角色把握不足",))
    return CallResult(call, Status.EVALUATED, recording=recording, hearing=heard, findings=found, evaluation=judged)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk")
    with Store.open(f"sqlite:///{folder}/callqa.db") as store:
        people(store)
        store.sessions.open("token", "wang", timedelta(hours=1))
        store.calls.save(a_call())
        store.calls.save(a_call("C2", replace(RECORDING, id="ab" * 32, uri="file:///calls/replaced.wav")))
        lost = replace(CALL, id="C3")
        store.calls.save(CallResult(lost, Status.FAILED, "audio", "truncated", "breaks off", uri="file:///C3.wav"))
        copies = BrowserCopies(folder / "copies", lambda uri: b"another" if "replaced" in uri else CONTENT)
        yield Desk(store, copies=copies)


@pytest.fixture(scope="module")
def address(desk, browser):
    with served(desk) as address:
        yield address


@pytest.fixture
def page(browser, address):
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 800}, locale="zh-CN")
    context.add_cookies([{"name": COOKIE, "value": "token", "url": address}])
    page = context.new_page()
    wrong = []
    page.on("pageerror", lambda error: wrong.append(f"a script failed: {error}"))
    page.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
    yield page
    context.close()
    assert not wrong


def opened(page, there="/calls/C1"):
    page.goto(there)
    page.locator('[data-player][data-ready="true"]').wait_for()
    page.locator('[data-player][data-audible="true"]').wait_for()
    return page


def now(page):
    return page.evaluate("document.querySelector('audio').currentTime")


def wait_until(page, condition):
    page.wait_for_function(f"() => {{ const audio = document.querySelector('audio'); return {condition} }}")


def test_it_really_plays_and_the_word_under_the_needle_is_lit(page, desk):
    opened(page, "/calls/C1?at=9")
    assert now(page) == pytest.approx(9.0, abs=0.01)
    page.keyboard.press("Space")
    wait_until(page, "audio.currentTime > 9.5")
    first = page.locator(".lit").inner_text()
    wait_until(page, "audio.currentTime > 10.6")
    page.keyboard.press("Space")
    wait_until(page, "audio.paused")
    assert page.locator(".lit").count() == 1
    lit, at = float(page.locator(".lit").get_attribute("data-w")), now(page)
    assert lit <= at + 0.05 < lit + 0.35  # words of a quarter of a second each
    assert page.locator(".lit").inner_text() != first
    assert page.locator(".turn.now").count() == 1
    assert [line.note.by for line in desk.store.audit.newest(about="C1", action="listen")][:1] == ["wang"]


def sounding(heard, quantum=128):
    """`heard` from its first sound on, without the silence that a browser plays in while it waits for data."""
    began = int(np.flatnonzero(np.abs(heard).max(axis=0) > 0)[0])
    return np.hstack(
        [
            block
            for start in range(began, heard.shape[1], quantum)
            if np.any(block := heard[:, start : start + quantum])
        ]
    )


def test_what_sounds_is_what_was_recorded_there(page):
    """The sound after a jump, captured in the browser, lies where the recording has it."""
    opened(page)
    heard = page.evaluate(
        """async () => {
          const audio = document.querySelector('audio'), context = new AudioContext({ sampleRate: 16000 });
          const tap = context.createScriptProcessor(16384, 2, 2), got = [];
          const of = (sound) => [0, 1].map((n) => Array.from(sound.getChannelData(n)));
          tap.onaudioprocess = (event) => got.push(of(event.inputBuffer));
          context.createMediaElementSource(audio).connect(tap); tap.connect(context.destination);
          audio.currentTime = 30.5;
          await new Promise((done) => audio.addEventListener('seeked', done, { once: true }));
          await audio.play();
          await new Promise((done) => setTimeout(done, 3500));
          audio.pause();
          return [0, 1].map((n) => got.flatMap((part) => part[n]));
        }"""
    )
    heard = sounding(np.array(heard))
    loudest = int(np.abs(AUDIO[:, 30 * SAMPLING_RATE : 32 * SAMPLING_RATE]).max(axis=1).argmax())
    part = heard[loudest, : SAMPLING_RATE // 2]
    around = AUDIO[loudest, 29 * SAMPLING_RATE : 33 * SAMPLING_RATE]
    alike = np.correlate(around, part, "valid")
    assert 29 + int(alike.argmax()) / SAMPLING_RATE == pytest.approx(30.5, abs=0.02)


def test_jumping_from_finding_to_finding(page):
    opened(page)
    for key, place in (("j", 0), ("j", 1), ("j", 2), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        wait_until(page, f"!audio.paused && Math.abs(audio.currentTime - {PLACES[place] - 2}) < 0.6")
        assert page.locator("[data-player]").get_attribute("data-finding") == str(place)
        assert page.locator("[data-finding][aria-current]").get_attribute("data-play") == str(PLACES[place])


def test_a_finding_again_and_again(page):
    opened(page)
    page.keyboard.press("j")
    page.locator('[data-do="speed"]').select_option("2")
    page.keyboard.press("l")
    assert page.locator("[data-player]").get_attribute("data-looping") == "true"
    wait_until(page, f"audio.currentTime > {PLACES[0] + 1}")
    wait_until(page, f"audio.currentTime < {PLACES[0] + 0.5}")
    page.keyboard.press("l")
    wait_until(page, f"audio.currentTime > {PLACES[0] + 2}")


def test_a_word_is_heard_by_a_click_and_evidence_from_two_seconds_before(page):
    opened(page)
    word = page.locator("[data-turn='2'] [data-w]").nth(3)
    word.click()
    wait_until(page, f"!audio.paused && Math.abs(audio.currentTime - {word.get_attribute('data-w')}) < 0.6")
    chip = page.locator(".found [data-play]").nth(1)
    chip.click()
    wait_until(page, f"Math.abs(audio.currentTime - ({chip.get_attribute('data-play')} - 2)) < 0.6")
    page.locator("[data-turn='1'] .at[data-play]").click()
    turn = float(page.locator("[data-turn='1'] .at[data-play]").get_attribute("data-play"))
    wait_until(page, f"Math.abs(audio.currentTime - {turn}) < 0.6")


def test_a_finding_in_the_waveform_is_heard_by_a_click(page):
    opened(page)
    page.locator("[part~='finding-1']").click()
    wait_until(page, f"!audio.paused && Math.abs(audio.currentTime - {PLACES[1] - 2}) < 0.6")
    page.locator("#wave").click(position={"x": 400, "y": 90})
    wait_until(page, "audio.currentTime > 27 && audio.currentTime < 32")


def test_silence_is_skipped_and_speed_is_chosen(page):
    opened(page)
    page.get_by_label("跳过静音").check()
    page.get_by_label("倍速").select_option("1.5")
    page.locator("[data-do='toggle']").click()
    wait_until(page, "audio.currentTime > 7.5 && audio.currentTime < 9")  # the ringing before the first word
    assert page.evaluate("document.querySelector('audio').playbackRate") == 1.5


def test_the_arrows_seek_but_not_while_typing(page):
    opened(page, "/calls/C1?at=20")
    page.keyboard.press("ArrowRight")
    assert now(page) == pytest.approx(25, abs=0.1)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert now(page) == pytest.approx(15, abs=0.1)
    page.evaluate("document.querySelector('.judge').append(document.createElement('textarea'))")
    field = page.locator(".judge > textarea")
    field.fill("")
    field.press("j")
    field.press(" ")
    assert now(page) == pytest.approx(15, abs=0.1)
    assert field.input_value() == "j "


def test_the_keys_are_explained(page):
    opened(page)
    page.keyboard.press("Shift+?")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("j")
    assert now(page) == 0
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")


def test_two_channels_are_drawn_with_their_findings(page):
    opened(page)
    drawn = page.evaluate(
        """() => {
          const inside = [...document.querySelector('#wave').children].map((one) => one.shadowRoot).find(Boolean);
          const pixels = (it) => it.getContext('2d').getImageData(0, 0, it.width, it.height).data;
          const isDrawn = (one) => [...one.querySelectorAll('canvas')].some((it) => pixels(it).some(Boolean));
          const regions = [...inside.querySelectorAll('[part~=region]')];
          return {
            channels: [...inside.querySelectorAll('.canvases > div')].filter(isDrawn).length,
            regions: regions.length,
            wide: regions.every((one) => one.getBoundingClientRect().width > 1),
          };
        }"""
    )
    assert drawn["channels"] == 2
    assert drawn["regions"] >= 3 + 2 + 1 + 1  # findings, rings, music, quiet
    assert drawn["wide"]


def test_a_recording_that_was_replaced_is_not_played_and_the_page_says_so(page):
    page.goto("/calls/C2")
    page.get_by_text("已被替换").wait_for()
    assert page.locator("[data-w]").count() > 100


def test_a_call_without_a_recording(page):
    page.goto("/calls/C3")
    page.get_by_text("没有可播放的录音").wait_for()
    assert page.get_by_text("录音不完整").count() >= 1


@pytest.mark.parametrize("there", ["/calls/C1", "/calls/C3"])
def test_nothing_serious_for_who_cannot_see_or_point(page, there):
    page.goto(there)
    if there.endswith("1"):
        opened(page, there)
        page.keyboard.press("j")
    assert not offences(page)


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (820, 1180)])
def test_it_fits_the_screen(page, width, height):
    page.set_viewport_size({"width": width, "height": height})
    opened(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("[data-do='toggle']").click()
    assert page.locator("[data-do='toggle']").is_visible()
