"""Speech rate: how fast somebody speaks (语速). Detector ``speech_rate``; value in characters a minute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from pipeline.findings.detectors.backchannel import spoken_only
from pipeline.findings.detectors.detector import VERSION, Detector, Measurement
from pipeline.findings.finding import Finding
from pipeline.hearing import Hearing
from pipeline.hearing.transcript import Word
from pipeline.hearing.turns import Role, Turn
from pipeline.timeline import Seconds, Span

FAST = 280.0
"""Characters a minute above which a turn is too fast (the example of Aliyun's Smart Conversation Analysis)."""
MIN_CHARACTERS = 15  # fewer say nothing of a turn's rate
PAUSE_S: Seconds = 1.0  # a longer one is not speaking slowly but not speaking


def speech_rates(hearing: Hearing, _phrases: Sequence[Finding] = ()) -> Iterator[Measurement]:
    """For each role that says at least `MIN_CHARACTERS` the rate of the call, and its turns that are too fast.

    Terms ``call`` and ``fast``. Characters are those of the recogniser without punctuation, a digit counting as
    one; time runs from the first word to the last without pauses of more than `PAUSE_S`.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> [(one.term, one.value) for one in speech_rates(hearing_of("坐席：您好这里是阳光家政很高兴为您服务"))]
    [('call', 240.0)]
    """
    for role in (Role.AGENT, Role.CUSTOMER):
        turns = hearing.turns_of(role)
        lengths = [(_characters(turn), _seconds(turn.words)) for turn in turns]
        characters, seconds = sum(n for n, _ in lengths), sum(s for _, s in lengths)
        if characters >= MIN_CHARACTERS and seconds > 0:
            span = Span(turns[0].span.start, max(turn.span.end for turn in turns))
            yield Measurement("call", span, 60 * characters / seconds, role)
        for turn, (num, lasts) in zip(turns, lengths, strict=True):
            if num >= MIN_CHARACTERS and lasts > 0 and 60 * num / lasts > FAST:
                yield Measurement("fast", turn.span, 60 * num / lasts, role, turn, turn.text)


def _characters(turn: Turn) -> int:
    return len(spoken_only(turn.text))


def _seconds(words: Sequence[Word]) -> Seconds:
    """How long the words take, long pauses left out."""
    spans = [word.span for word in words if word.spoken]
    if not spans:
        return 0.0
    pauses = [max(0.0, b.start - a.end) for a, b in pairwise(spans)]
    return spans[-1].end - spans[0].start - sum(pause for pause in pauses if pause > PAUSE_S)


SPEECH_RATE = Detector(
    name="speech_rate",
    title="语速",
    unit="字/分",
    terms={"call": "整通语速", "fast": "说得太快"},
    detect=speech_rates,
    version=VERSION,
)
