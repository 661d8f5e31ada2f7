"""The openings and closings whose words are in doubt, so that they are worth hearing a second time.

A zone is rarely heard badly as a whole: the greeting is clear and the company's name is not. So a zone is as
doubtful as its weakest few characters. Knows the words and their probabilities; neither phrases nor audio.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pipeline.hearing.transcript import Word
from pipeline.hearing.turns import Role, Turn
from pipeline.hearing.zones import ENDS, End, span_of_end
from pipeline.timeline import Seconds, Span

RUN = 4
"""Characters in a row: about the part of a required phrase that must be lost for the phrase to be missed."""
DOUBT_BELOW = 0.55
"""Mean probability of the weakest run. In the measured calls it was at most 0.52 where the recogniser had garbled a
required phrase; of all openings and closings, three in ten lie below."""
MARGIN_S: Seconds = 0.3  # the agent's words are timed a little inside their speech
UNHEARD_S: Seconds = 1.0  # speech of this length without a word was not made out


def weakest_run(words: Iterable[Word]) -> float:
    """The lowest mean probability, 0..1, of `RUN` spoken characters in a row; 0.0 without any.

    Examples
    --------
    >>> weakest_run(Word("字", Span(n, n + 1), p) for n, p in enumerate((1.0, 0.5, 0.5, 0.5, 0.5, 1.0)))
    0.5
    """
    probabilities = [word.probability for word in words if word.spoken for _ in word.text]
    runs = [probabilities[n : n + RUN] for n in range(max(1, len(probabilities) - RUN + 1))]
    return min(sum(run) / len(run) if run else 0.0 for run in runs)


def agent_words(turns: Iterable[Turn], zone: Span) -> tuple[Word, ...]:
    """The agent's words whose middle lies in a zone, in order.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> "".join(word.text for word in agent_words(hearing_of(["坐席：您好请讲", "客户：喂"]).turns, Span(0.5, 9.0)))
    '请讲'
    """
    return tuple(w for turn in turns if turn.role is Role.AGENT for w in turn.words if w.span.middle in zone)


def doubtful(turns: Sequence[Turn], zone: Span) -> bool:
    """Whether the agent's words in a zone are so improbable that others may have been said.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> from dataclasses import replace
    >>> said = hearing_of(["坐席：您好请讲"]).turns[0]
    >>> blurred = replace(said, words=tuple(replace(word, probability=0.4) for word in said.words))
    >>> doubtful([said], said.span), doubtful([blurred], said.span)
    (False, True)
    """
    return weakest_run(agent_words(turns, zone)) < DOUBT_BELOW


def doubtful_ends(turns: Sequence[Turn], speech: Iterable[Span]) -> Iterator[tuple[End, tuple[Span, ...]]]:
    """The ends of a call to be heard again, each with the stretches of speech that lie in it.

    Parameters
    ----------
    turns : sequence of Turn
        Of the whole call.
    speech : iterable of Span
        Where somebody speaks on the agent's channel.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> turns = hearing_of(["坐席：您好请讲", "（60秒）", "客户：好", "坐席：再见"]).turns
    >>> list(doubtful_ends(turns, [Span(0.0, 1.0), Span(3.0, 5.0)]))  # what was said from 3 to 5 s has no words
    [('opening', (Span(start=0.0, end=1.0), Span(start=3.0, end=5.0)))]
    """
    stretches = tuple(speech)
    for end in ENDS:
        zone = span_of_end(end, turns)
        if zone is None:
            continue
        wide = Span(max(0.0, zone.start - MARGIN_S), zone.end + MARGIN_S)
        inside = tuple(s for s in stretches if s.overlap(wide) > s.duration / 2)
        if inside and (doubtful(turns, zone) or _unheard(turns, inside)):
            yield end, inside


def _unheard(turns: Sequence[Turn], stretches: Iterable[Span]) -> bool:
    words = [word.span for turn in turns for word in turn.words]
    return any(s.duration > UNHEARD_S and not any(s.overlap(w) > 0 for w in words) for s in stretches)
