"""Raised voices, and voices that are too low (音量). Detector ``loudness``; value in dB."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from math import log10
from statistics import median

from pipeline.findings.detectors.detector import VERSION, Detector, Measurement
from pipeline.findings.finding import Finding
from pipeline.findings.thresholds import AS_SHIPPED, Loudness
from pipeline.hearing import Hearing, Stretch
from pipeline.hearing.turns import Role
from pipeline.timeline import Seconds, Span


def raised_voices(
    hearing: Hearing, _phrases: Sequence[Finding] = (), limits: Loudness = AS_SHIPPED.loudness
) -> Iterator[Measurement]:
    """The turns that are much louder than the same speaker's usual turn, and speakers who are usually too low.

    Terms ``raised``, value dB over the usual level; ``quiet``, value the usual level in dB below full scale, span
    from the first turn to the last. A turn's level is the mean power of its sound, so that pauses do not count;
    the usual level of a role is the median of its turns, so that neither the line nor the microphone does.
    Stretches in which the other one speaks too are left out: in a mixed recording they are louder by that alone.

    Note
    ----
    6 dB are twice the sound pressure, far more than words are stressed with. Speech on the line is near -26 dB
    (ITU-T P.56); at -42 dB, which is ours, it is 16 dB lower, and a low line sounds the same as a low voice.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from pipeline.hearing import Acoustics, Stretch
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> call = hearing_of(["客户：我要退款", "坐席：好的请讲", "客户：我要退款", "坐席：好的请讲"] * 3)
    >>> levels = [-25.0] * 11 + [-15.0]
    >>> voices = tuple(Stretch(turn.role, turn.span, level) for turn, level in zip(call.turns, levels))
    >>> call = replace(call, acoustics=Acoustics(voices, ()))
    >>> [(one.role.value, one.turn.index, one.value) for one in raised_voices(call)]
    [('agent', 11, 10.0)]
    """
    if hearing.acoustics is None:
        return
    for role in (Role.AGENT, Role.CUSTOMER):
        others = [s.span for s in hearing.acoustics.stretches if s.role is not role]
        alone = [s for s in hearing.acoustics.of(role) if not any(s.span.overlap(o) > 0 for o in others)]
        levels = [
            (turn, level)
            for turn in hearing.turns_of(role)
            if (level := _level(alone, turn.span, limits.min_sound_s)) is not None
        ]
        if len(levels) < limits.min_turns:
            continue
        usual = median(level for _, level in levels)
        if usual < limits.quiet_db:
            yield Measurement("quiet", Span(levels[0][0].span.start, levels[-1][0].span.end), usual, role)
        for turn, level in levels:
            if level - usual >= limits.raised_db:
                yield Measurement("raised", turn.span, level - usual, role, turn, turn.text)


def _level(stretches: list[Stretch], span: Span, least: Seconds) -> float | None:
    """The mean power in dB of what sounds inside a span; None when it is too short."""
    inside = [(s.span.overlap(span), s.level_db) for s in stretches if s.span.overlap(span) > s.span.duration / 2]
    seconds = sum(lasts for lasts, _ in inside)
    if seconds < least:
        return None
    return 10 * log10(sum(lasts * 10 ** (level / 10) for lasts, level in inside) / seconds)


LOUDNESS = Detector(
    name="loudness",
    title="音量",
    unit="分贝",
    terms={"raised": "提高音量", "quiet": "声音太小"},
    detect=raised_voices,
    version=VERSION,
    tuned=lambda thresholds: partial(raised_voices, limits=thresholds.loudness),
)
