"""Open a recording: channels kept apart, 16 kHz, float32.

Knows recordings and levels; how a file is decoded, and what is wrong with it, `container` knows. Nothing of speech.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.container import Sound
from pipeline.audio.spool import Spool
from pipeline.call import Recording
from pipeline.timeline import Seconds, Span

SAMPLING_RATE = 16_000
"""Hz, of all audio inside the pipeline."""

Audio: TypeAlias = NDArray[np.float32]
"""(n_channels, n_samples), -1..1, at `SAMPLING_RATE`."""

DOUBTFUL_EDITION = "+opened-2"
PIECE_S = 1.0
"""Of `pieces`, at least: an AMR frame of 20 ms would be too little to pass on."""


def open_recording(content: bytes, uri: str) -> tuple[Recording, Audio]:
    """The recording in a file's bytes, and its waveform.

    Parameters
    ----------
    content : bytes
        The whole file.
    uri : str
        Where it came from; its ending tells the format of headerless files.

    Returns
    -------
    Recording, ndarray of float32, shape (n_channels, n_samples)

    Raises
    ------
    AudioError
        With reason ``empty``, ``truncated``, ``not_audio``, ``damaged``, ``channels``, ``sampling_rate``,
        ``too_long`` or ``disk_full``.

    Note
    ----
    A file whose header promises more than it holds is refused: its end, where thanks and goodbye are said, is
    missing, and the agent must not pay for it. One that holds more than it promises is read to its end. What was
    doubtful, and how it was taken, is in the notices of the recording.

    Examples
    --------
    >>> import io, wave
    >>> file = io.BytesIO()
    >>> with wave.open(file, "wb") as written:
    ...     written.setparams((2, 2, 8000, 0, "NONE", ""))
    ...     written.writeframes(bytes(2 * 2 * 20_000))
    >>> recording, audio = open_recording(file.getvalue(), "D04.wav")
    >>> recording.duration, audio.shape
    (2.5, (2, 40000))
    """
    sound = Sound(content, uri, SAMPLING_RATE)
    with Spool() as spool:
        for piece in sound.pieces():
            spool.append(piece)
        audio = spool.samples()
    recording = Recording(
        id=hashlib.sha256(content).hexdigest(),
        uri=uri,
        sampling_rate=sound.sampling_rate,
        num_channels=sound.num_channels,
        num_samples=sound.num_samples,
        duration=sound.num_samples / sound.sampling_rate,
        notices=sound.notices,
    )
    return recording, audio


def edition(recording: Recording) -> str:
    """What the keys of transcripts and voices hold beside the recording's id, which tells nothing of how it opens.

    Empty for a file that keeps its promises; another once doubtful files are opened in another way.

    Examples
    --------
    >>> edition(Recording("0" * 64, "D04.wav", 8000, 1, 8000, 1.0))
    ''
    """
    return DOUBTFUL_EDITION if recording.notices else ""


def pieces(content: bytes, uri: str, sampling_rate: int = SAMPLING_RATE) -> Iterator[Audio]:
    """The waveform of a recording piece by piece, so that a long one need not lie in memory as a whole.

    Joined, and at 16 kHz, the pieces are what `open_recording` gives.

    Parameters
    ----------
    sampling_rate : int
        Hz, of what is given.

    Raises
    ------
    AudioError
        As `open_recording` does; some of its reasons show only in the middle.

    Examples
    --------
    >>> import io, wave
    >>> file = io.BytesIO()
    >>> with wave.open(file, "wb") as written:
    ...     written.setparams((2, 2, 8000, 0, "NONE", ""))
    ...     written.writeframes(bytes(2 * 2 * 20_000))
    >>> sum(piece.shape[1] for piece in pieces(file.getvalue(), "D04.wav", 8000))
    20000
    """
    buffer: list[Audio] = []
    length = 0
    for piece in Sound(content, uri, sampling_rate).pieces():
        buffer.append(piece)
        length += piece.shape[1]
        if length >= PIECE_S * sampling_rate:
            yield np.concatenate(buffer, axis=1)
            buffer, length = [], 0
    if buffer:
        yield np.concatenate(buffer, axis=1)


def level_db(samples: NDArray[np.float32]) -> float:
    """Mean power in dB below full scale; -120 for digital silence or no samples.

    Examples
    --------
    >>> round(level_db(np.full(800, 0.1, np.float32)), 1), level_db(np.zeros(0, np.float32))
    (-20.0, -120.0)
    """
    power = float(np.mean(np.square(samples, dtype=np.float64))) if samples.size else 0.0
    return 10 * float(np.log10(max(power, 1e-12)))


def cut(audio: Audio, channel: int, span: Span) -> NDArray[np.float32]:
    """The samples of one channel inside `span`, float32, shape (n_samples,).

    Examples
    --------
    >>> cut(np.zeros((2, 32_000), np.float32), 1, Span(0.5, 0.75)).shape
    (4000,)
    """
    return audio[channel, int(span.start * SAMPLING_RATE) : int(span.end * SAMPLING_RATE)]


def duration(audio: Audio) -> Seconds:
    """The length of audio in seconds.

    Examples
    --------
    >>> duration(np.zeros((2, 32_000), np.float32))
    2.0
    """
    return float(audio.shape[1] / SAMPLING_RATE)
