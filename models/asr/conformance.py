"""Whether a recogniser keeps to the seam of `models.asr.recognizer`: for tests of engines, one's own too.

    assert not violations(recognizer, samples, speech)

Knows shapes, order, times, characters and probabilities; not whether the words are right, which takes calls with
their truth (`callqa eval`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from models.asr.recognizer import Recognizer, Samples
from models.asr.text import simplified
from pipeline.audio.audio import SAMPLING_RATE
from pipeline.hearing.transcript import Segment, text_of
from pipeline.timeline import Seconds, Span

EDGE_S: Seconds = 0.25  # a word may reach so far over the edge of its stretch
CHANNEL = 1


def violations(recognizer: Recognizer, samples: Samples, speech: Sequence[Span]) -> tuple[str, ...]:
    """What a recogniser does against the seam on one channel, in sentences; empty if it keeps to it.

    Parameters
    ----------
    recognizer : Recognizer
        Loaded.
    samples : ndarray of float32, shape (n_samples,)
        A channel at 16 kHz with clear speech: a recogniser that hears no word of it is told so.
    speech : sequence of Span
        Where somebody speaks in it, in seconds.

    Examples
    --------
    >>> import numpy as np
    >>> class Deaf:
    ...     name, settings = "deaf", "1"
    ...     transcribe = staticmethod(lambda samples, speech, channel: ())
    ...     second_opinion = lambda self: self
    >>> violations(Deaf(), np.zeros(16_000, np.float32), [Span(0.2, 0.8)])
    ('no word was heard', 'the second opinion has the settings of the first', 'second opinion: no word was heard')
    """
    first = recognizer.transcribe(samples, speech, CHANNEL)
    second = recognizer.second_opinion()
    found = [*_key(recognizer), *_words(first, speech), *_silence(recognizer, samples)]
    if recognizer.transcribe(samples, speech, CHANNEL) != first:
        found.append("the same samples give other words the second time")
    if (second.name, second.settings) == (recognizer.name, recognizer.settings):
        found.append("the second opinion has the settings of the first")
    again = second.transcribe(samples, speech, CHANNEL)
    found += [f"second opinion: {told}" for told in (*_key(second), *_words(again, speech))]
    return tuple(found)


def _key(recognizer: Recognizer) -> Iterator[str]:
    """What keeps name and settings from being a key of what was heard."""
    for told, value in (("name", recognizer.name), ("settings", recognizer.settings)):
        if not value or not value.isprintable() or "|" in value:
            yield f"{told} {value!r} is empty or holds what does not belong into a key"


def _words(segments: Sequence[Segment], speech: Sequence[Span]) -> Iterator[str]:
    """What is amiss with the words of a channel."""
    words = [word for segment in segments for word in segment.words]
    figures = [figure for word in words for figure in (word.span.start, word.span.end, word.probability)]
    if not words:
        yield "no word was heard"
    if any(segment.channel != CHANNEL for segment in segments):
        yield "a segment has another channel than was asked for"
    if not all(segment.words for segment in segments):
        yield "a segment has no words"
    if any(type(figure) is not float for figure in figures):
        yield "a time or a probability is no plain float"
    if any(after.span.start < before.span.start for before, after in pairwise(words)):
        yield "words are not in the order of time"
    if outside := [word.text for word in words if not _inside(word.span, speech)]:
        yield f"words outside the speech: {''.join(outside)}"
    if any(not 0 <= word.probability <= 1 for word in words):
        yield "a probability is not within 0..1"
    if simplified(text := text_of(words)) != text:
        yield f"not in simplified characters: {text}"


def _inside(word: Span, speech: Sequence[Span]) -> bool:
    return any(span.start - EDGE_S <= word.start and word.end <= span.end + EDGE_S for span in speech)


def _silence(recognizer: Recognizer, samples: Samples) -> Iterator[str]:
    """What is heard where nobody speaks: without stretches of speech, and in digital silence said to be one."""
    if recognizer.transcribe(samples, (), CHANNEL):
        yield "words without a stretch of speech"
    everything = Span(0.0, len(samples) / SAMPLING_RATE)
    if segments := recognizer.transcribe(samples * 0, [everything], CHANNEL):
        yield f"words in digital silence: {''.join(segment.text for segment in segments)}"
