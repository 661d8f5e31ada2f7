"""Every engine of speech recognition keeps to the seam, on real speech and real ringing, and is chosen by name."""

from fractions import Fraction
from functools import cache

import pytest

from models.asr import ENGINES, engine, engines
from models.asr.conformance import violations
from models.asr.recognizer import Recognizer, slower
from models.asr.whisper import Whisper
from models.ears import load_ears
from models.speech import find_speech
from models.weights import engine_of, find, pins
from pipeline.errors import ConfigurationError, WeightsError
from pipeline.hearing.transcript import Segment, Word
from pipeline.timeline import Span
from tests.greetings import GREETING, greeting, ringing
from tests.strangers import stranger

NAMES = [each.name for each in ENGINES]


@cache
def loaded(name: str) -> Recognizer:
    """An engine on the weights of the small profile."""
    pin = find("cpu", "asr")
    return engine(name).load(pin.folder, f"{pin.name}@{pin.revision}", "cpu", 0)


@pytest.mark.parametrize("name", NAMES)
def test_an_engine_keeps_to_the_seam_on_real_speech(name):
    assert violations(loaded(name), *greeting()) == ()


@pytest.mark.parametrize("name", NAMES)
def test_an_engine_hears_a_greeting_and_its_second_opinion_does_in_the_time_of_the_recording(name):
    starts = []
    for recognizer in (loaded(name), loaded(name).second_opinion()):
        segments = recognizer.transcribe(*greeting(), 0)
        assert GREETING in "".join(segment.text for segment in segments)
        starts += [word.span.start for segment in segments for word in segment.words if "请" in word.text]
    assert starts == [pytest.approx(starts[0], abs=0.4)] * 2


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_heard_while_it_rings(name):
    samples = ringing()
    speech = find_speech(samples)
    assert speech == ()
    assert loaded(name).transcribe(samples, speech, 0) == ()


def test_what_one_engine_heard_is_not_taken_for_what_another_did():
    keys = {(loaded(name).name, loaded(name).settings) for name in NAMES}
    assert len(keys) == len(NAMES)


# -- chosen by name ----------------------------------------------------------------------------------------------


def test_every_pinned_recogniser_names_an_engine():
    assert all((pin.engine in engines()) is (pin.kind == "asr") for pin in pins())
    assert engine_of("cpu") == "whisper"


def test_an_engine_that_there_is_not_is_told_with_the_choices():
    with pytest.raises(ConfigurationError, match=r"no engine 'whispre' .* choose one of whisper, sequential"):
        engine("whispre")


@pytest.fixture
def own(tmp_path):
    """A folder of weights of one's own: those of the small profile."""
    folder = tmp_path / "weights"
    folder.mkdir()
    for kind in ("asr", "segmentation", "embedding"):
        (folder / kind).symlink_to(find("cpu", kind).folder)
    return folder


def test_a_folder_of_ones_own_names_its_engine(own):
    assert engine_of("cpu", own) == "whisper"
    (own / "weights.toml").write_text('[asr]\nengine = "sequential"\n', encoding="utf-8")
    ears = load_ears.__wrapped__("cpu", own)
    assert ears.version.recognizer == str((own / "asr").resolve())
    assert ears.version.recognizer_settings.startswith("sequential-beam5-int8-1+sequential-")


@pytest.mark.parametrize(
    "said", ["[asr\n", "[asr]\nengine = 1\n", 'engine = "whisper"\n', '[asr]\nbeam = "5"\n', "asr = 1"]
)
def test_a_folder_that_says_something_else_is_refused(own, said):
    (own / "weights.toml").write_text(said, encoding="utf-8")
    with pytest.raises(WeightsError, match=r"weights\.toml: "):
        engine_of("cpu", own)


# -- what the checks see -----------------------------------------------------------------------------------------


class Careless:
    """A recogniser that says one thing, whatever it is played."""

    def __init__(self, *words: Word, settings: str = "1", channel: int = 1) -> None:
        self.name, self.settings, self.words, self.channel = "careless", settings, words, channel

    def transcribe(self, samples, speech, channel):
        return (Segment(self.channel, self.words),) if speech and samples.any() else ()

    def second_opinion(self):
        return Careless(*self.words, settings=f"{self.settings}-again", channel=self.channel)


WORD = Word("您好", Span(1.0, 1.4), 0.9)


@pytest.mark.parametrize(
    ("recognizer", "told"),
    [
        (Careless(WORD), None),
        (Careless(WORD, settings="a|b"), "does not belong into a key"),
        (Careless(WORD, channel=0), "another channel"),
        (Careless(), "no words"),
        (Careless(Word("喂", Span(1.2, 1.3), 0.9), WORD), "order of time"),
        (Careless(Word("您好", Span(8.0, 8.4), 0.9)), "outside the speech: 您好"),
        (Careless(Word("您好", Span(1.0, 1.4), 1.5)), "not within 0..1"),
        (Careless(Word("您好", Span(1, 2), 0.9)), "no plain float"),
        (Careless(Word("請問", Span(1.0, 1.4), 0.9)), "not in simplified characters: 請問"),
    ],
)
def test_the_checks_see_what_is_amiss(recognizer, told):
    found = violations(recognizer, greeting()[0], [Span(0.9, 2.0)])
    assert any(told in sentence for sentence in found) if told else found == ()


# -- an engine of another package --------------------------------------------------------------------------------

OURS = """
from models.asr.packing import WindowRecognizer
from models.asr.recognizer import Engine
from pipeline.hearing.transcript import Word
from pipeline.timeline import Span


class Ours(WindowRecognizer):
    def __init__(self, folder, name, device, threads):
        super().__init__(name, "ours-1")

    def decode(self, window):
        return (Word("您好", Span(0.4, 0.9), 0.8),)


ENGINE = Engine("ours", Ours)
"""


@pytest.fixture
def fresh_engines():
    engines.cache_clear()
    yield
    engines.cache_clear()


def test_an_engine_of_another_package_is_chosen_by_its_name(tmp_path, own, fresh_engines):
    (own / "weights.toml").write_text('[asr]\nengine = "ours"\n', encoding="utf-8")
    with stranger(tmp_path / "site", {"ours/engine.py": OURS}, "[callqa.engines]\nours = ours.engine:ENGINE\n"):
        recognizer = load_ears.__wrapped__("cpu", own).recognizer
    assert recognizer.settings == "ours-1"
    assert violations(recognizer, *greeting()) == ()


def test_whisper_keeps_the_settings_under_which_its_transcripts_are_stored():
    """Others, and every call that was ever heard would be heard again."""
    assert Whisper.settings_on("cpu") == "packed27-pause0.6-beam5-int8-6"
    assert Whisper.settings_on("cuda") == "packed27-pause0.6-beam5-float16-6"


def test_a_pace_of_one_changes_no_sample():
    samples = ringing()
    assert slower(samples, Fraction(1)) is samples
