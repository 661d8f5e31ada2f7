"""Speech rate: how fast somebody speaks (语速). Detector ``speech_rate``; value in characters a minute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise

from pipeline.findings.detectors.backchannel import spoken_only
from pipeline.findings.detectors.detector import VERSION, Detector, Measurement
from pipeline.findings.finding import Finding
from pipeline.findings.thresholds import AS_SHIPPED, SpeechRate
from pipeline.hearing import Hearing
from pipeline.hearing.transcript import Word
from pipeline.hearing.turns import Role, Turn
from pipeline.timeline import Seconds, Span


def speech_rates(
    hearing: Hearing, _phrases: Sequence[Finding] = (), limits: SpeechRate = AS_SHIPPED.speech_rate
) -> Iterator[Measurement]:
    """For each role that says enough the rate of the call, and its turns that are too fast or too slow.

    Terms ``call``, ``fast`` and ``slow``. Characters are those of the recogniser without punctuation, a digit
    counting as one; time runs from the first word to the last without pauses of more than `limits.pause_s`.

    Note
    ----
    280 characters a minute are the example of Aliyun's Smart Conversation Analysis; 120 are ours, half of what is
    usual on the telephone.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> [(one.term, one.value) for one in speech_rates(hearing_of("坐席：您好这里是阳光家政很高兴为您服务"))]
    [('call', 240.0)]
    """
    for role in (Role.AGENT, Role.CUSTOMER):
        turns = hearing.turns_of(role)
        lengths = [(_characters(turn), _seconds(turn.words, limits.pause_s)) for turn in turns]
        characters, seconds = sum(n for n, _ in lengths), sum(s for _, s in lengths)
        if characters >= limits.min_characters and seconds > 0:
            span = Span(turns[0].span.start, max(turn.span.end for turn in turns))
            yield Measurement("call", span, 60 * characters / seconds, role)
        for turn, (num, lasts) in zip(turns, lengths, strict=True):
            if num < limits.min_characters or lasts <= 0:
                continue
            rate = 60 * num / lasts
            if rate > limits.fast or rate < limits.slow:
                yield Measurement("fast" if rate > limits.fast else "slow", turn.span, rate, role, turn, turn.text)


def _characters(turn: Turn) -> int:
    return len(spoken_only(turn.text))


def _seconds(words: Sequence[Word], longest_pause: Seconds) -> Seconds:
    """How long the words take, long pauses left out."""
    spans = [word.span for word in words if word.spoken]
    if not spans:
        return 0.0
    pauses = [max(0.0, b.start - a.end) for a, b in pairwise(spans)]
    return spans[-1].end - spans[0].start - sum(pause for pause in pauses if pause > longest_pause)


SPEECH_RATE = Detector(
    name="speech_rate",
    title="语速",
    unit="字/分",
    terms={"call": "整通语速", "fast": "说得太快", "slow": "说得太慢"},
    detect=speech_rates,
    version=VERSION,
    tuned=lambda thresholds: partial(speech_rates, limits=thresholds.speech_rate),
)
