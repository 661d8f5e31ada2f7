"""How fast somebody speaks (语速). Detector ``speech_rate``; value in characters a minute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from pipeline.findings.detectors.backchannel import spoken_only
from pipeline.findings.detectors.measurement import measurement
from pipeline.findings.finding import Finding
from pipeline.hearing import Hearing
from pipeline.hearing.transcript import Word
from pipeline.hearing.turns import Role, Turn
from pipeline.timeline import Seconds, Span

FAST = 280.0
"""Characters a minute above which a turn is too fast (the example of Aliyun's Smart Conversation Analysis)."""
MIN_CHARACTERS = 15  # fewer say nothing of a turn's rate
PAUSE_S: Seconds = 1.0  # a longer one is not speaking slowly but not speaking


def speech_rates(hearing: Hearing) -> Iterator[Finding]:
    """For each role that says at least `MIN_CHARACTERS` the rate of the call, and its turns that are too fast.

    Terms ``call`` and ``fast``. Characters are those of the recogniser without punctuation, a digit counting as
    one; time runs from the first word to the last without pauses of more than `PAUSE_S`.
    """
    for role in (Role.AGENT, Role.CUSTOMER):
        turns = hearing.turns_of(role)
        counted = [(_characters(turn), _seconds(turn.words)) for turn in turns]
        characters, seconds = sum(n for n, _ in counted), sum(s for _, s in counted)
        if characters >= MIN_CHARACTERS and seconds > 0:
            span = Span(turns[0].span.start, max(turn.span.end for turn in turns))
            yield measurement(hearing, "speech_rate", "call", span, 60 * characters / seconds, role)
        for turn, (num, lasts) in zip(turns, counted, strict=True):
            if num >= MIN_CHARACTERS and lasts > 0 and 60 * num / lasts > FAST:
                yield measurement(
                    hearing, "speech_rate", "fast", turn.span, 60 * num / lasts, role, turn, turn.text
                )


def _characters(turn: Turn) -> int:
    return len(spoken_only(turn.text))


def _seconds(words: Sequence[Word]) -> Seconds:
    """How long the words take, long pauses left out."""
    spoken = [word.span for word in words if word.spoken]
    if not spoken:
        return 0.0
    pauses = [max(0.0, b.start - a.end) for a, b in pairwise(spoken)]
    return spoken[-1].end - spoken[0].start - sum(pause for pause in pauses if pause > PAUSE_S)
