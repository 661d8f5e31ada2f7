"""Doubtful openings and closings: found, heard again once, searched in both hearings, and told when unclear."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.night.second_look import look_again
from models.ears import Ears
from pipeline.findings.detection import detect
from pipeline.hearing import Look
from pipeline.hearing.second_look import DOUBT_BELOW, RUN, doubtful_ends, weakest_run
from pipeline.hearing.transcript import Segment, Transcript, Word
from pipeline.hearing.turns import Role, SpeakerSegment, Turn
from pipeline.store import Store
from pipeline.timeline import Span
from tests.builders import bundled, dialogue, hearing, segment, words

GARBLED = ("坐席：您好这里是阳光家政警戒物厌", "客户：我想问一下价格", "坐席：好的再见")
"""An opening without its offer of help, whose last four characters are in doubt."""


def doubted(turns: tuple[Turn, ...], place: int, start: int, end: int, probability: float) -> tuple[Turn, ...]:
    """The turns with the characters ``[start, end)`` of one of them heard less surely."""
    turn = turns[place]
    heard = tuple(
        replace(word, probability=probability) if start <= n < end else word for n, word in enumerate(turn.words)
    )
    return (*turns[:place], replace(turn, words=heard), *turns[place + 1 :])


def heard_badly(**parts):
    return hearing(turns=doubted(dialogue(*GARBLED, start=8.7), 0, 9, 13, 0.4), **parts)


def look(text: str, probability: float, role: Role = Role.AGENT) -> Look:
    again = tuple(replace(word, probability=probability) for word in words(text, 9.0))
    span = Span(again[0].span.start, again[-1].span.end)
    return Look("opening", span, (Turn(0, role, span, text, again, 1.0),))


def found(call):
    """The terms of the opening that were found, with their findings; and those that are unclear."""
    findings = detect(call, [bundled()["required"]])
    required = {f.term: f for f in findings if f.detector == "required_phrase"}
    return required, {f.term for f in findings if f.detector == "unclear"}


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_the_weakest_run_lies_between_the_worst_character_and_the_mean(probabilities):
    heard = [Word("字", Span(n, n + 1), p) for n, p in enumerate(probabilities)]
    weakest = weakest_run(heard)
    assert min(probabilities) - 1e-9 <= weakest
    if len(probabilities) % RUN == 0:  # the mean is that of whole runs
        assert weakest <= sum(probabilities) / len(probabilities) + 1e-9


def test_no_words_are_the_weakest_of_all():
    assert weakest_run(()) == 0.0


def test_only_a_zone_that_was_heard_badly_is_doubtful_ends():
    clear = hearing(*GARBLED)
    speech = [turn.span for turn in clear.turns]
    assert list(doubtful_ends(clear.turns, speech)) == []
    (zone, stretches), *others = doubtful_ends(heard_badly().turns, speech)
    assert (zone, others) == ("opening", [])
    assert stretches[0] == clear.turns[0].span


def test_speech_without_a_word_is_doubtful_ends():
    turns = dialogue("坐席：您好这里是阳光家政", "客户：价格", "坐席：再见", start=8.7)
    speech = [*(turn.span for turn in turns), Span(turns[-1].span.start - 0.9, turns[-1].span.start - 0.1)]
    assert list(doubtful_ends(turns, speech)) == []
    longer = [*speech[:-1], Span(turns[0].span.end + 0.2, turns[0].span.end + 1.4)]
    assert "opening" in dict(doubtful_ends((turns[0], turns[2]), longer))


def test_a_phrase_of_the_second_hearing_counts_with_less_confidence():
    required, unsure = found(heard_badly(looks=(look("您好这里是阳光家政有什么可以帮您", 0.9),)))
    assert required["offer_help"].quote == "有什么可以帮您"
    assert required["offer_help"].turn_index == 0
    assert required["offer_help"].confidence < required["company"].confidence
    assert unsure == set()


def test_a_phrase_that_was_heard_the_first_time_is_not_told_twice():
    call = heard_badly(looks=(look("您好这里是阳光家政有什么可以帮您", 0.9),))
    terms = [f.term for f in detect(call, [bundled()["required"]]) if f.detector == "required_phrase"]
    assert len(terms) == len(set(terms))


@pytest.mark.parametrize("looks", [(), (look("您好这里是阳光家政警戒物厌", 0.4),)])
def test_what_no_hearing_made_out_is_unclear(looks):
    required, unsure = found(heard_badly(looks=looks))
    assert "offer_help" not in required
    assert "offer_help" in unsure
    assert not {"company", "greeting", "thanks", "anything_else"} & unsure, "only what was missed in that zone"


def test_a_clear_second_hearing_without_the_phrase_settles_that_it_was_not_said():
    required, unsure = found(heard_badly(looks=(look("您好这里是阳光家政您请讲", 0.9),)))
    assert "offer_help" not in required
    assert unsure == set()


def test_a_clear_zone_leaves_nothing_unclear():
    assert found(hearing(*GARBLED))[1] == set()


def test_the_customers_words_do_not_count_for_the_agent():
    required, _ = found(heard_badly(looks=(look("有什么可以帮您", 0.9, Role.CUSTOMER),)))
    assert "offer_help" not in required


@dataclass
class Parrot:
    """A recogniser that says the same text wherever it is asked to listen, and counts how often that is."""

    text: str
    name: str = "parrot"
    settings: str = "1"
    asked: list[tuple[Span, ...]] = field(default_factory=list)

    def transcribe(self, _samples, speech, channel) -> tuple[Segment, ...]:
        self.asked.append(tuple(speech))
        return (segment(channel, self.text, speech[0].start),)

    def second_opinion(self) -> Parrot:
        return self


@pytest.mark.parametrize("mixed", [False, True])
def test_a_recording_is_looked_at_again_once_and_the_agent_is_told_from_the_customer(mixed, tmp_path):
    call = heard_badly()
    agent_says = "您好这里是阳光家政有什么可以帮您"
    parrot = Parrot(agent_says + "我想问一下价格" if mixed else agent_says)
    diarizer = SimpleNamespace(name="voices", settings="1")
    ears = Ears(parrot, diarizer)
    start = call.turns[0].span.start
    ends = start + len(agent_says) / 4
    voices = (SpeakerSegment(1, Span(start, ends)), SpeakerSegment(0, Span(ends, ends + 9)))
    speech = tuple(turn.span for turn in call.turns)
    transcript = Transcript("parrot", (), (speech,) if mixed else ((), speech))
    audio = np.zeros((1 if mixed else 2, 16_000 * 30), np.float32)
    with Store.open(f"sqlite:///{tmp_path}/callqa.db") as store:
        store.recordings.save_diarization(call.recording.id, "voices", ears.diarization_settings, voices)
        looks = look_again(call, audio, transcript, 1, ears, store)
        again = look_again(call, audio, transcript, 1, ears, store)
    assert again == looks
    assert len(parrot.asked) == 1
    (opening,) = looks
    assert [turn.text for turn in opening.turns if turn.role is Role.AGENT] == [agent_says]
    assert len(opening.turns) == (2 if mixed else 1)
    assert "offer_help" in found(replace(call, looks=looks))[0]


def test_the_weakest_run_of_the_garbled_call_is_in_doubt():
    assert weakest_run(heard_badly().turns[0].words) < DOUBT_BELOW < weakest_run(hearing(*GARBLED).turns[0].words)
