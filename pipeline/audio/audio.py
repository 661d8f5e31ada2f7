"""Open a recording: channels kept apart, 16 kHz, float32.

Knows containers, codecs and what is wrong with a file; nothing of speech.
"""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import TypeAlias

import av
import numpy as np
from numpy.typing import NDArray

from pipeline.audio.spool import Spool
from pipeline.call import Recording
from pipeline.errors import AudioError
from pipeline.timeline import Seconds, Span

SAMPLING_RATE = 16_000
"""Hz, of all audio inside the pipeline."""

Audio: TypeAlias = NDArray[np.float32]
"""(n_channels, n_samples), -1..1, at `SAMPLING_RATE`."""

MIN_RATE_HZ, MAX_RATE_HZ, MAX_CHANNELS, MAX_HOURS = 8_000, 192_000, 2, 4.0
FORMATS = "wav,w64,mp3,ogg,flac,amr,aac,mov,matroska,asf,aiff,au,g722,alaw,mulaw,gsm"
"""Containers that are opened. FFmpeg knows others, some of which would read files or ask addresses named inside."""
HEADERLESS = {"g722": "g722", "al": "alaw", "alaw": "alaw", "ul": "mulaw", "ulaw": "mulaw", "gsm": "gsm"}
"""Endings whose files carry no header, with the demuxer to use; all are telephone audio at 8 kHz (g722: 16)."""
UNKNOWN_SIZE = 0x7FFF0000
"""Bytes; recorders that stream, and SoX in a pipe, promise at least this much, or 0, when they know no better."""
PIECE_S = 1.0
"""Of `pieces`, at least: an AMR frame of 20 ms would be too little to pass on."""
LEAK_DB = 20.0
"""A channel this far below the other one, at the same time, carries its echo."""
SAME_MIX_DB = -15.0
"""Two channels whose difference, gains evened out, lies this far below them carry one mix."""


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
        With reason ``empty``, ``truncated``, ``not_audio``, ``damaged``, ``channels``, ``sampling_rate`` or
        ``too_long``.

    Note
    ----
    A WAV file whose header promises more than the file holds is refused: its end, where thanks and goodbye
    are said, is missing, and the agent must not pay for it.

    Examples
    --------
    >>> import wave
    >>> file = io.BytesIO()
    >>> with wave.open(file, "wb") as written:
    ...     written.setparams((2, 2, 8000, 0, "NONE", ""))
    ...     written.writeframes(bytes(2 * 2 * 20_000))
    >>> recording, audio = open_recording(file.getvalue(), "D04.wav")
    >>> recording.duration, audio.shape
    (2.5, (2, 40000))
    """
    name = PurePosixPath(uri).name
    if not content:
        raise AudioError("empty", f"{name} has no content (0 bytes); fetch it again from the recorder")
    _refuse_truncated(content, name)
    rate, num_samples, audio = _decode(content, name)
    if not audio.size:
        raise AudioError("empty", f"{name} holds no sound; fetch it again from the recorder")
    recording = Recording(
        id=hashlib.sha256(content).hexdigest(),
        uri=uri,
        sampling_rate=rate,
        num_channels=audio.shape[0],
        num_samples=num_samples,
        duration=num_samples / rate,
    )
    return recording, audio


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
    >>> import wave
    >>> file = io.BytesIO()
    >>> with wave.open(file, "wb") as written:
    ...     written.setparams((2, 2, 8000, 0, "NONE", ""))
    ...     written.writeframes(bytes(2 * 2 * 20_000))
    >>> sum(piece.shape[1] for piece in pieces(file.getvalue(), "D04.wav", 8000))
    20000
    """
    with _opened(content, name := PurePosixPath(uri).name) as (container, stream):
        buffer: list[Audio] = []
        length = 0
        for _, piece in _pieces(container, stream, name, sampling_rate):
            buffer.append(piece)
            length += piece.shape[1]
            if length >= PIECE_S * sampling_rate:
                yield _joined(buffer, name)
                buffer, length = [], 0
        if buffer:
            yield _joined(buffer, name)


def _decode(content: bytes, name: str) -> tuple[int, int, Audio]:
    num_samples = 0
    with Spool() as spool, _opened(content, name) as (container, stream):
        for decoded, piece in _pieces(container, stream, name, SAMPLING_RATE):
            num_samples = decoded
            spool.append(_joined([piece], name))
        return stream.rate, num_samples, spool.samples()


@contextmanager
def _opened(content: bytes, name: str) -> Iterator[tuple[av.container.InputContainer, av.AudioStream]]:
    demuxer = HEADERLESS.get(name.rpartition(".")[2].lower()) if not content.startswith(b"RIFF") else None
    options = {"format_whitelist": FORMATS}
    if demuxer in ("alaw", "mulaw"):
        options["sample_rate"] = "8000"
    try:
        with av.open(io.BytesIO(content), "r", format=demuxer, options=options) as container:
            yield container, _stream(container, name)
    except (av.error.FFmpegError, ValueError, IndexError) as error:
        kind = type(error).__name__
        raise AudioError("not_audio", f"{name} cannot be read as audio ({kind}); is it a recording?") from error


def _stream(container: av.container.InputContainer, name: str) -> av.AudioStream:
    """The one audio stream of a call; refused when there is none, or one that is not telephone speech."""
    streams = container.streams.audio
    if not streams:
        raise AudioError("not_audio", f"{name} has no audio stream")
    if len(streams) > 1:
        raise AudioError(
            "channels", f"{name} has {len(streams)} audio streams; merge them into one of two channels"
        )
    stream = streams[0]
    if stream.codec_context is None:
        raise AudioError("not_audio", f"{name} is in a coding that is not known here; export it as PCM WAV")
    if not 1 <= stream.channels <= MAX_CHANNELS:
        raise AudioError(
            "channels", f"{name} has {stream.channels} channels; a call has one (mixed) or two (agent, customer)"
        )
    if not MIN_RATE_HZ <= stream.rate <= MAX_RATE_HZ:
        raise AudioError(
            "sampling_rate", f"{name} is sampled at {stream.rate} Hz; telephone speech needs 8000 to {MAX_RATE_HZ}"
        )
    return stream


def _pieces(
    container: av.container.InputContainer, stream: av.AudioStream, name: str, sampling_rate: int
) -> Iterator[tuple[int, Audio]]:
    """Each piece with how many samples of the file, at its own rate, were decoded so far."""
    rate = stream.rate
    resampler = av.AudioResampler("fltp", None, sampling_rate)  # no layout: FFmpeg must not mix the channels
    num_samples, damaged, sound = 0, 0, 0
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            damaged += 1
            continue
        for frame in frames:
            num_samples += frame.samples
            if num_samples > MAX_HOURS * 3600 * rate:
                raise AudioError("too_long", f"{name} is longer than {MAX_HOURS:g} hours; is it one call?")
            frame.pts = None
            for piece in resampler.resample(frame):
                sound += 1
                yield num_samples, np.asarray(piece.to_ndarray(), dtype=np.float32)
    if num_samples:
        for piece in resampler.resample(None):
            sound += 1
            yield num_samples, np.asarray(piece.to_ndarray(), dtype=np.float32)
    if damaged and damaged * 20 > damaged + sound:
        raise AudioError("damaged", f"{name}: {damaged} blocks cannot be decoded; fetch it again from the recorder")


def _joined(parts: Sequence[Audio], name: str) -> Audio:
    audio = np.concatenate(parts, axis=1, dtype=np.float32) if parts else np.zeros((1, 0), np.float32)
    if not np.isfinite(audio).all():
        raise AudioError("damaged", f"{name} holds samples that are no numbers; export it as PCM WAV")
    return np.clip(audio, -1.0, 1.0, out=audio)


def _refuse_truncated(content: bytes, name: str) -> None:
    """Compare what a RIFF header promises with what is there."""
    if content[:4] != b"RIFF" or not b"WAVE".startswith(content[8:12]):
        return
    at = 12
    while at + 8 <= len(content):
        tag, size = content[at : at + 4], struct.unpack_from("<I", content, at + 4)[0]
        there = len(content) - at - 8
        if tag == b"data":
            if there + 1 < size < UNKNOWN_SIZE:
                raise AudioError(
                    "truncated", f"{name} breaks off: its header promises {size} bytes of sound, {there} are there"
                )
            return
        at += 8 + size + size % 2
    raise AudioError("truncated", f"{name} breaks off inside its header; fetch it again from the recorder")


def same_mix(audio: Audio) -> bool:
    """Whether two channels carry one and the same mix, so that they must be treated as mono.

    Parameters
    ----------
    audio : ndarray of float32, shape (n_channels, n_samples)

    Examples
    --------
    >>> tone = np.sin(np.arange(800) / 9).astype(np.float32)
    >>> same_mix(np.stack([tone, 0.5 * tone])), same_mix(np.stack([tone, np.roll(tone, 20)]))
    (True, False)
    """
    if audio.shape[0] != 2:
        return False
    left, right = audio.astype(np.float64)
    power = float(right @ right)
    if power == 0.0 or float(left @ left) == 0.0:
        return False
    residual = left - (float(left @ right) / power) * right
    return float(residual @ residual) < 10 ** (SAME_MIX_DB / 10) * float(left @ left)


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


def without_leaks(audio: Audio, speech: Sequence[Sequence[Span]]) -> tuple[tuple[Span, ...], ...]:
    """The speech of each channel without what leaks over from the other one.

    A stretch during which the other channel speaks much louder (`LEAK_DB`) is the other party heard through the
    earpiece, not a second speaker.

    Parameters
    ----------
    speech : sequence of sequence of Span
        For each channel its stretches of speech.

    Examples
    --------
    >>> loud = np.full(SAMPLING_RATE, 0.5, np.float32)
    >>> without_leaks(np.stack([loud, 0.01 * loud]), [[Span(0.0, 1.0)], [Span(0.0, 1.0)]])
    ((Span(start=0.0, end=1.0),), ())
    """
    if len(speech) != MAX_CHANNELS:
        return tuple(tuple(spans) for spans in speech)
    return tuple(
        tuple(
            span
            for span in spans
            if level_db(cut(audio, 1 - channel, span)) - level_db(cut(audio, channel, span)) < LEAK_DB
        )
        for channel, spans in enumerate(speech)
    )
