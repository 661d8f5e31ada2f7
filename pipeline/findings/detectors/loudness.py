"""A raised voice (音量). Detector ``loudness``; value in dB over the same speaker's usual level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log10
from statistics import median

from pipeline.findings.detectors.detector import VERSION, Detector, Measurement
from pipeline.findings.finding import Finding
from pipeline.hearing import Hearing, Stretch
from pipeline.hearing.turns import Role
from pipeline.timeline import Seconds, Span

RAISED_DB = 6.0
"""Over the median of the speaker's turns: twice the sound pressure, far more than words are stressed with."""
MIN_TURNS = 4  # fewer have no usual level
MIN_SOUND_S: Seconds = 0.8  # of a turn: one loud syllable is no raised voice


def raised_voices(hearing: Hearing, _phrases: Sequence[Finding] = ()) -> Iterator[Measurement]:
    """The turns of agent and customer that are at least `RAISED_DB` louder than their usual turn.

    Term ``raised``. A turn's level is the mean power of its sound, so that pauses do not count; the usual level
    of a role is the median of its turns, so that neither the line nor the microphone does. Stretches in which
    the other one speaks too are left out: in a mixed recording they are louder by that alone.

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
            (turn, level) for turn in hearing.turns_of(role) if (level := _level(alone, turn.span)) is not None
        ]
        if len(levels) < MIN_TURNS:
            continue
        usual = median(level for _, level in levels)
        for turn, level in levels:
            if level - usual >= RAISED_DB:
                yield Measurement("raised", turn.span, level - usual, role, turn, turn.text)


def _level(stretches: list[Stretch], span: Span) -> float | None:
    """The mean power in dB of what sounds inside a span; None when it is too short."""
    inside = [(s.span.overlap(span), s.level_db) for s in stretches if s.span.overlap(span) > s.span.duration / 2]
    seconds = sum(lasts for lasts, _ in inside)
    if seconds < MIN_SOUND_S:
        return None
    return 10 * log10(sum(lasts * 10 ** (level / 10) for lasts, level in inside) / seconds)


LOUDNESS = Detector("loudness", "音量", "分贝", {"raised": "提高音量"}, raised_voices, VERSION)
