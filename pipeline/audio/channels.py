"""How the channels of a recording stand to each other: two parties apart, one mix twice, or one without a voice.

Knows samples and where voices are; whose they are is not its business. What leaks over is in `leaks`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.audio import SAMPLING_RATE, Audio
from pipeline.audio.leaks import LATEST_S, Path, find_path
from pipeline.audio.power import runs
from pipeline.timeline import Seconds, Span

SAME_MIX_DB = -15.0
"""Two channels whose difference, gains and delay evened out, lies this far below them carry one mix."""
LOUDEST_COPY_DB = 60.0  # of a mix beside its copy: any
SURELY_COPY = 25.0  # a correlation that stands out less is no copy of the whole
BLOCK_S: Seconds = 10.0
FRAME_S: Seconds = 0.1
DEAD_DB = -76.0
"""A frame fainter than this has no line behind it: not even the least step of A-law."""
MIN_DEAD_S: Seconds = 8.0
CUT_S: Seconds = 0.5
"""So long without a line behind it, in the middle of a call, is no dropped packet."""
MOST_DEAD_PAUSES = 0.2
"""Of the frames beside the longest dead stretch; where more of them are dead the line is cut in every pause."""


class Layout(Enum):
    """What the channels of a recording hold, going by where voices are."""

    SILENT = "silent"
    MONO = "mono"
    TWO_PARTIES = "two_parties"
    ONE_SILENT = "one_silent"
    """The other one is a mix if it holds two voices; else a party is missing. Its voices tell."""


def layout(speech: Sequence[Sequence[Span]]) -> Layout:
    """What the channels of a recording hold, none of them a copy of the other one.

    Parameters
    ----------
    speech : sequence of sequence of Span
        For each channel, without hum and leaks, the stretches in which a voice was found.

    Examples
    --------
    >>> layout([[Span(0.0, 1.0)], []]).value, layout([[Span(0.0, 1.0)], [Span(2.0, 3.0)]]).value
    ('one_silent', 'two_parties')
    """
    if not any(speech):
        return Layout.SILENT
    if len(speech) == 1:
        return Layout.MONO
    return Layout.TWO_PARTIES if all(speech) else Layout.ONE_SILENT


def same_mix(audio: Audio) -> bool:
    """Whether two channels carry one and the same mix, perhaps one of them later, so that they are mono.

    Parameters
    ----------
    audio : ndarray of float32, shape (n_channels, n_samples)
        Looked at in blocks: a recording of hours is not copied.

    Examples
    --------
    >>> tone = np.sin(np.arange(800) / 9).astype(np.float32)
    >>> same_mix(np.stack([tone, 0.5 * tone])), same_mix(np.stack([tone, np.roll(tone, 20)]))
    (True, False)
    >>> voice = np.random.default_rng(1).standard_normal(48_000).astype(np.float32)
    >>> same_mix(np.stack([voice, 0.5 * np.roll(voice, 800)]))  # a twentieth of a second later
    True
    """
    if audio.shape[0] != 2:
        return False
    left, right, both = (sum(each) for each in zip(*_products(audio), strict=True))
    if left == 0.0 or right == 0.0:
        return False
    if left - both * both / right < 10 ** (SAME_MIX_DB / 10) * left:
        return True
    if right > left:  # a path leads from the louder one
        audio, right = audio[::-1], left
    path = find_path(audio[0], audio[1], LOUDEST_COPY_DB, LATEST_S)
    return path is not None and path.strength >= SURELY_COPY and _explains(path, audio, right)


def _products(audio: Audio) -> Iterator[tuple[float, float, float]]:
    """Block by block the power of each channel and what they have in common."""
    length = round(BLOCK_S * SAMPLING_RATE)
    for start in range(0, audio.shape[1], length):
        left, right = audio[:, start : start + length].astype(np.float64)
        yield float(left @ left), float(right @ right), float(left @ right)


def _explains(path: Path, audio: Audio, power: float) -> bool:
    """Whether the second channel is the first one on this path and little else."""
    length = round(BLOCK_S * SAMPLING_RATE)
    rest = 0.0
    for start in range(0, audio.shape[1], length):
        block = audio[1, start : start + length]
        rest += float(np.square(block - path.echo(audio[0], start, start + len(block))).sum())
    return rest < 10 ** (SAME_MIX_DB / 10) * power


def louder_copy(audio: Audio) -> int:
    """The louder one of two channels that carry one mix; the first one where they are about alike.

    Examples
    --------
    >>> tone = np.sin(np.arange(800) / 9).astype(np.float32)
    >>> louder_copy(np.stack([tone, 0.8 * tone])), louder_copy(np.stack([0.1 * tone, tone]))
    (0, 1)
    """
    left, right, _ = (sum(each) for each in zip(*_products(audio), strict=True))
    return int(right > 2 * left)


def dead_stretches(samples: NDArray[np.float32]) -> tuple[Span, ...]:
    """The stretches of `MIN_DEAD_S` or more in which a channel has no line behind it, in order.

    None where the line is cut in most pauses, as recorders with silence suppression do: its silence tells nothing.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
        One channel without constant offset.

    Examples
    --------
    >>> line = 1e-3 * np.random.default_rng(1).standard_normal(30 * SAMPLING_RATE).astype(np.float32)
    >>> line[12 * SAMPLING_RATE :] = 0
    >>> dead_stretches(line)
    (Span(start=12.0, end=30.0),)
    """
    dead = _dead_frames(samples)
    edges = runs(dead)
    long = edges[edges[:, 1] - edges[:, 0] >= MIN_DEAD_S / FRAME_S]
    num_long = int((long[:, 1] - long[:, 0]).sum())
    beside = len(dead) - num_long
    if beside and (dead.sum() - num_long) / beside > MOST_DEAD_PAUSES:
        return ()
    length = len(samples) / SAMPLING_RATE
    return tuple(Span(a * FRAME_S, min(b * FRAME_S, length)) for a, b in long.tolist())


def dead_from(samples: NDArray[np.float32]) -> Seconds | None:
    """The second from which a channel has no line behind it, to its end; None where it has one to the end.

    None as well where the line was cut before for `CUT_S` or more, once it had begun: a recorder with silence
    suppression cuts it wherever nobody speaks, so that its silence tells nothing.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
        One channel without constant offset.

    Examples
    --------
    >>> line = 1e-3 * np.random.default_rng(1).standard_normal(30 * SAMPLING_RATE).astype(np.float32)
    >>> line[27 * SAMPLING_RATE :] = 0
    >>> dead_from(line), dead_from(line[: 20 * SAMPLING_RATE])
    (27.0, None)
    """
    dead = _dead_frames(samples)
    alive = np.flatnonzero(~dead)
    if not len(alive) or alive[-1] == len(dead) - 1:
        return None
    cuts = runs(dead[alive[0] : alive[-1]])
    if len(cuts) and (cuts[:, 1] - cuts[:, 0]).max() >= CUT_S / FRAME_S:
        return None
    return round(float(alive[-1] + 1) * FRAME_S, 3)


def _dead_frames(samples: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether each frame of a channel has no line behind it."""
    hop = int(FRAME_S * SAMPLING_RATE)
    faint = 10 ** (DEAD_DB / 10)
    starts = range(0, len(samples), hop)
    return np.array([np.var(samples[n : n + hop], dtype=np.float64) < faint for n in starts], np.bool_)
