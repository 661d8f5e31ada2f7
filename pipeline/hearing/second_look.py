"""Where the words of an opening or a closing may be others, so that they are worth hearing a second time.

A zone is rarely heard badly as a whole: the greeting is clear and the company's name is not. So a zone is as
doubtful as its weakest few characters. Knows the words and their probabilities; neither phrases nor audio.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pipeline.hearing.hearing import LookZone
from pipeline.hearing.transcript import Word
from pipeline.hearing.turns import Role, Turn
from pipeline.timeline import Seconds, Span

ZONES: tuple[LookZone, ...] = ("opening", "closing")
ZONE_S: Seconds = 15.0  # from the agent's first word, and before the last one
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
    heard = [word.probability for word in words if word.spoken for _ in word.text]
    runs = [heard[n : n + RUN] for n in range(max(1, len(heard) - RUN + 1))]
    return min(sum(run) / len(run) if run else 0.0 for run in runs)


def zone_span(zone: LookZone, turns: Sequence[Turn]) -> Span | None:
    """Where the agent's opening or closing lies; None when the agent says nothing.

    The first turn is no part of the closing, unless it is the only one.
    """
    spoken = [turn for turn in turns if turn.role is Role.AGENT]
    if not spoken:
        return None
    first, last = spoken[0].span, spoken[-1].span
    if zone == "opening":
        return Span(first.start, min(first.start + ZONE_S, last.end))
    after = spoken[1].span.start if len(spoken) > 1 else first.start
    return Span(max(last.end - ZONE_S, after), last.end)


def agent_words(turns: Iterable[Turn], zone: Span) -> tuple[Word, ...]:
    """The agent's words that are heard in a zone."""
    return tuple(w for turn in turns if turn.role is Role.AGENT for w in turn.words if w.span.middle in zone)


def doubtful(turns: Sequence[Turn], zone: Span) -> bool:
    """Whether the agent may have said something else in the zone than the words that were heard."""
    return weakest_run(agent_words(turns, zone)) < DOUBT_BELOW


def worth_a_look(turns: Sequence[Turn], speech: Iterable[Span]) -> Iterator[tuple[LookZone, tuple[Span, ...]]]:
    """The zones to be heard again, each with the stretches of speech that lie in it.

    Parameters
    ----------
    turns : sequence of Turn
        Of the whole call.
    speech : iterable of Span
        Where somebody speaks on the agent's channel.
    """
    stretches = tuple(speech)
    for name in ZONES:
        zone = zone_span(name, turns)
        if zone is None:
            continue
        wide = Span(max(0.0, zone.start - MARGIN_S), zone.end + MARGIN_S)
        inside = tuple(s for s in stretches if s.overlap(wide) > s.duration / 2)
        if inside and (doubtful(turns, zone) or _unheard(turns, inside)):
            yield name, inside


def _unheard(turns: Sequence[Turn], stretches: Iterable[Span]) -> bool:
    words = [word.span for turn in turns for word in turn.words]
    return any(s.duration > UNHEARD_S and not any(s.overlap(w) > 0 for w in words) for s in stretches)
