"""Words become turns in the order of talk: none lost, none doubled, each where it was heard."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.hearing.transcript import Segment, Word
from pipeline.hearing.turns import Role, SpeakerSegment, Utterance, by_channel, by_voice, to_turns
from pipeline.timeline import Span
from tests.builders import WORD_S, dialogue, segment, utterance

PIECES = st.lists(
    st.tuples(st.integers(0, 1), st.text("您好再见，", min_size=1, max_size=6), st.floats(0, 60)), max_size=8
)


def role_by_speaker(utterances):
    return lambda n: (Role.AGENT, Role.CUSTOMER)[utterances[n].speaker]


def said(utterances) -> list[tuple[int, str]]:
    return [(each.speaker, each.text) for each in utterances]


# --- by channel


def test_channels_alternate_by_time():
    heard = [segment(0, "您好", 1.0), segment(0, "请讲", 5.0), segment(1, "我要投诉", 3.0)]
    assert said(by_channel(heard)) == [(0, "您好"), (1, "我要投诉"), (0, "请讲")]


def test_who_starts_first_in_an_overlap_comes_first():
    heard = [segment(0, "您先听我说完好吗", 1.0), segment(1, "嗯", 1.5), segment(1, "不听", 3.5)]
    assert said(by_channel(heard)) == [(0, "您先听我说完好吗"), (1, "嗯"), (1, "不听")]


# --- by voice


def voices(*stretches: tuple[int, float, float]) -> list[SpeakerSegment]:
    return [SpeakerSegment(speaker, Span(start, end)) for speaker, start, end in stretches]


def test_words_go_to_the_voice_that_speaks_at_their_time():
    heard = [segment(0, "您好我要投诉", 1.0), segment(0, "您请讲", 4.0)]
    change = 1.0 + 2 * WORD_S
    spoken = by_voice(heard, voices((0, 1.0, change), (1, change, 2.6), (0, 3.9, 5.0)))
    assert said(spoken) == [(0, "您好"), (1, "我要投诉"), (0, "您请讲")]


@pytest.mark.parametrize(
    ("spans", "speaker"),
    [
        ([(0, 0.0, 1.14), (1, 1.14, 3.0)], 0),  # 0.14 s of 0.25 s
        ([(0, 0.0, 1.11), (1, 1.11, 3.0)], 1),
        ([(0, 0.0, 3.0), (1, 1.1, 1.2)], 0),  # the other one speaks over it
        ([(0, 0.0, 0.9), (1, 1.5, 3.0)], 0),  # nobody; 0.1 s to the one, 0.25 s to the other
        ([(0, 0.0, 0.7), (1, 1.3, 3.0)], 1),
        ([(1, 50.0, 60.0)], 1),
    ],
)
def test_a_word_between_voices_goes_to_the_one_that_covers_most_or_is_nearest(spans, speaker):
    assert said(by_voice([segment(0, "喂", 1.0)], voices(*spans))) == [(speaker, "喂")]


def test_a_voice_that_comes_back_is_a_new_utterance():
    heard = [segment(0, "您好啊喂您讲", 0.0)]
    spoken = by_voice(heard, voices((0, 0.0, 0.75), (1, 0.75, 1.0), (0, 1.0, 2.0)))
    assert said(spoken) == [(0, "您好啊"), (1, "喂"), (0, "您讲")]


def test_without_words_nobody_spoke():
    assert by_voice([], []) == by_channel([]) == to_turns((), lambda n: Role.AGENT, 1.0) == ()


@given(PIECES, st.lists(st.tuples(st.integers(0, 1), st.floats(0, 60), st.floats(0, 5)), min_size=1, max_size=6))
def test_every_word_is_spoken_once(pieces, stretches):
    heard = [segment(0, text, start) for _, text, start in pieces]
    spoken = by_voice(heard, voices(*((speaker, start, start + length) for speaker, start, length in stretches)))
    turns = to_turns(spoken, role_by_speaker(spoken), 0.9)
    words = sorted((word for each in heard for word in each.words), key=lambda w: (w.span, w.text))
    assert sorted((w for each in spoken for w in each.words), key=lambda w: (w.span, w.text)) == words
    assert sorted((w for turn in turns for w in turn.words), key=lambda w: (w.span, w.text)) == words


# --- turns


def test_utterances_of_one_role_in_a_row_are_one_turn():
    spoken = [
        utterance(0, "您好", 0.0),
        utterance(0, "请讲", 2.0),
        utterance(1, "喂", 3.0),
        utterance(0, "您说", 4.0),
    ]
    first, second, third = to_turns(spoken, role_by_speaker(spoken), 0.93)
    assert (first.role, first.text, first.span) == (Role.AGENT, "您好请讲", Span(0.0, 2.0 + 2 * WORD_S))
    assert (second.role, second.text, second.span) == (Role.CUSTOMER, "喂", Span(3.0, 3.0 + WORD_S))
    assert (third.role, third.text) == (Role.AGENT, "您说")
    assert [turn.index for turn in (first, second, third)] == [0, 1, 2]
    assert {turn.confidence for turn in (first, second, third)} == {0.93}


def test_an_announcement_is_surely_nobodys():
    spoken = [utterance(0, "通话将被录音"), utterance(0, "您好", 3.0), utterance(1, "喂", 4.0)]
    roles = [Role.UNKNOWN, Role.AGENT, Role.CUSTOMER]
    turns = to_turns(spoken, roles.__getitem__, 0.8)
    assert [(turn.role, turn.confidence) for turn in turns] == list(zip(roles, (1.0, 0.8, 0.8), strict=True))


def test_a_turn_lasts_to_the_end_of_its_longest_word():
    spoken = [
        Utterance(0, (Word("喂", Span(1.0, 4.0), 0.9), Word("您", Span(2.0, 2.5), 0.9))),
        utterance(0, "好", 3.0),
    ]
    (turn,) = to_turns(spoken, role_by_speaker(spoken), 1.0)
    assert turn.span == Span(1.0, 4.0)


@given(PIECES)
def test_turns_change_roles_and_keep_the_order(pieces):
    spoken = by_channel(segment(*piece) for piece in pieces)
    turns = to_turns(spoken, role_by_speaker(spoken), 0.9)
    assert "".join(turn.text for turn in turns) == "".join(each.text for each in spoken)
    assert all(one.role is not other.role for one, other in pairwise(turns))
    assert [turn.span.start for turn in turns] == sorted(turn.span.start for turn in turns)
    assert [turn.index for turn in turns] == list(range(len(turns)))


# --- where the characters are heard


@pytest.mark.parametrize(
    ("start", "end", "heard"),
    [(0, 2, (0.0, 0.5)), (2, 3, (3.0, 3.4)), (1, 3, (0.0, 3.4)), (3, 5, (3.4, 4.0)), (0, 6, (0.0, 4.5))],
)
def test_characters_are_heard_where_their_words_are(start, end, heard):
    words = (
        Word("您好", Span(0.0, 0.5), 0.9),
        Word("我", Span(3.0, 3.4), 0.9),
        Word("要投", Span(3.4, 4.0), 0.9),
        Word("诉", Span(4.0, 4.5), 0.9),
    )
    (turn,) = to_turns([Utterance(0, words)], lambda n: Role.AGENT, 1.0)
    assert turn.span_of(start, end) == Span(*heard)


@given(st.data(), st.lists(st.text("您好，", min_size=1, max_size=3), min_size=1, max_size=6))
def test_a_stretch_of_text_is_heard_from_its_first_word_to_its_last(data, texts):
    spans = [Span(n * 2.0, n * 2.0 + 1.0) for n in range(len(texts))]
    words = tuple(Word(text, span, 0.9) for text, span in zip(texts, spans, strict=True))
    (turn,) = to_turns([Utterance(0, words)], lambda n: Role.AGENT, 1.0)
    start = data.draw(st.integers(0, len(turn.text) - 1))
    end = data.draw(st.integers(start + 1, len(turn.text)))
    word_of = [n for n, text in enumerate(texts) for _ in text]
    assert turn.span_of(start, end) == Span(spans[word_of[start]].start, spans[word_of[end - 1]].end)


def test_the_lines_of_a_dialogue_say_what_they_show():
    agent, customer = dialogue("坐席：您好", "客户：喂", start=2.0)
    assert (agent.role, agent.text, agent.span) == (Role.AGENT, "您好", Span(2.0, 2.5))
    assert (customer.role, customer.span) == (Role.CUSTOMER, Span(3.5, 3.75))
    assert Segment(0, agent.words).text == "您好"
