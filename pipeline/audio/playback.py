"""A call to be seen and heard in a browser: the peaks of its waveform, and a copy that every browser plays.

Knows sound and files; nothing of pages. Where the recording itself lies, `flows.night.sources` knows.

The copy is FLAC, 16 bit, at 8 or 16 kHz. Measured on the bundled calls and, in Chromium, on one of an hour: it is
made at 1,000 to 3,000 times real time (MP3: 75 to 200), plays to the sample where it was asked to (MP3 of constant
bit rate: up to 75 ms beside it; AAC: 64 ms late), and adds no loss to what the agent is judged by. An hour of two
channels at 8 kHz takes 60 MB (MP3: 29).
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from pipeline.audio.audio import SAMPLING_RATE, Audio, open_recording, pieces
from pipeline.audio.power import frame_peak
from pipeline.call import Recording
from pipeline.errors import AudioError
from pipeline.timeline import Seconds, Span

PEAKS_HZ = 20
"""Peaks a second: one for 50 ms, finer than a syllable."""
LOUDEST = 255

COPY_VERSION = 2
"""Changes when copies are made in another way, so that old ones are made again."""
MEDIA_TYPE = "audio/flac"
MAX_BYTES = 4 * 2**30
"""Of all copies together: some 65 hours of two channels at 8 kHz."""
BLEEP_HZ, BLEEP_LEVEL = 1_000.0, 0.1  # of the tone in place of what was said; 1 is full scale
LEFT_OVER_S: Seconds = 3600.0
"""A copy that was begun so long ago was given up."""


@dataclass(frozen=True, slots=True, eq=False)
class Waveform:
    """The peaks of a recording, channel by channel, to be drawn.

    Parameters
    ----------
    rate_hz : int
        Peaks a second.
    peaks : ndarray of uint8, shape (n_channels, n)
        Square root of the highest magnitude, 255 at full scale: so that what is 40 dB below it still has 26 steps.
    """

    rate_hz: int
    peaks: NDArray[np.uint8]

    @property
    def amplitudes(self) -> NDArray[np.float32]:
        """The highest magnitudes themselves, 0..1, float32, shape (n_channels, n).

        Examples
        --------
        >>> Waveform(20, np.array([[0, 51, 255]], np.uint8)).amplitudes.astype(float).round(2).tolist()
        [[0.0, 0.04, 1.0]]
        """
        return np.square(self.peaks.astype(np.float32) / LOUDEST)


def waveform(audio: Audio) -> Waveform:
    """The waveform of a recording; its last peak may stand for less time than the others.

    Parameters
    ----------
    audio : ndarray of float32, shape (n_channels, n_samples)
        At 16 kHz.

    Examples
    --------
    >>> waveform(np.array([[0.25] * 800 + [-1.0] * 100], dtype=np.float32)).peaks.tolist()
    [[128, 255]]
    """
    highest = frame_peak(audio, SAMPLING_RATE // PEAKS_HZ)
    return Waveform(PEAKS_HZ, np.rint(np.sqrt(np.clip(highest, 0.0, 1.0)) * LOUDEST).astype(np.uint8))


class BrowserCopies:
    """The copies of recordings that browsers play, in a private folder; each is made when it is first asked for.

    May be shared by threads. Two processes may share a folder: a copy appears as a whole, and both make the same.

    Parameters
    ----------
    folder : Path
        Made if it is not there; nobody but its owner may look into it.
    read : callable
        Gives the bytes of a recording by its address; raises `AudioError` where it cannot.
    max_bytes : int
        Of all copies together; beyond it those that were not asked for the longest go. They can be made again.
    """

    def __init__(self, folder: Path, read: Callable[[str], bytes], max_bytes: int = MAX_BYTES) -> None:
        self.folder, self.read, self.max_bytes = folder, read, max_bytes
        self._making = threading.Lock()  # one at a time: it takes a whole core

    def of(self, recording: Recording, bleeps: Sequence[Span] = ()) -> Path:
        """The file to play, in FLAC; made now unless it is there.

        Parameters
        ----------
        bleeps : sequence of Span
            Where a tone stands in place of what was said.

        Raises
        ------
        AudioError
            If the recording is gone or cannot be decoded; with reason ``replaced`` if it is not the one that was
            judged.
        """
        path = self.folder / f"{self.key(recording, bleeps)}.flac"
        if not _touched(path):
            with self._making:
                if not _touched(path):  # somebody may have made it while this one waited
                    self._make(path, recording, self._content(recording), bleeps)
                    self._forget_oldest(path)
        return path

    def key(self, recording: Recording, bleeps: Sequence[Span] = ()) -> str:
        """The name of a copy, by its recording and bleeps: the same key, the same bytes.

        Examples
        --------
        >>> copies = BrowserCopies(Path("copies"), read=lambda uri: b"")
        >>> recording = Recording("0" * 64, "D04.wav", 8000, 1, 8000, 1.0)
        >>> copies.key(recording)[-4:], copies.key(recording, [Span(1.0, 2.0)])[64:]
        ('00-2', '-2-e2980fa57085ccbd')
        """
        if not re.fullmatch(r"[0-9a-f]{64}", recording.id):
            raise AudioError("replaced", f"录音 {recording.uri} 的标识不对，不能播放；请重新评分这通通话")
        places = "".join(f"{span.start:.3f}-{span.end:.3f};" for span in bleeps)
        masked = "-" + hashlib.sha256(places.encode()).hexdigest()[:16] if bleeps else ""
        return f"{recording.id}-{COPY_VERSION}{masked}"

    def waveform(self, recording: Recording) -> Waveform:
        """The waveform of a recording, from the recording itself; raises what `of` raises."""
        with self._making:
            return waveform(open_recording(self._content(recording), recording.uri)[1])

    def _content(self, recording: Recording) -> bytes:
        content = self.read(recording.uri)
        if hashlib.sha256(content).hexdigest() != recording.id:
            problem = f"录音 {recording.uri} 在评分之后换过，不是评分时的那一份"
            raise AudioError("replaced", f"{problem}；请放回原来的录音，或重新评分")
        return content

    def _make(self, path: Path, recording: Recording, content: bytes, bleeps: Sequence[Span]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.chmod(0o700)
        handle, unfinished = tempfile.mkstemp(".part", dir=self.folder)  # readable by its owner only
        os.close(handle)
        try:
            _write_flac(unfinished, recording, content, bleeps)
            Path(unfinished).rename(path)
        finally:
            Path(unfinished).unlink(missing_ok=True)

    def _forget_oldest(self, newest: Path) -> None:
        now, total = time.time(), 0
        files = []
        for path in self.folder.iterdir():
            with suppress(FileNotFoundError):  # another process forgets as well
                files.append((path.stat().st_atime, path.stat().st_mtime, path.stat().st_size, path))
        for _, changed_at, size, path in sorted(files, reverse=True):
            if path.suffix == ".part":
                if now - changed_at > LEFT_OVER_S:
                    path.unlink(missing_ok=True)
                continue
            total += size
            if total > self.max_bytes and path != newest:
                path.unlink(missing_ok=True)


def bleeped(audio: Audio, spans: Iterable[Span], sampling_rate: int, start: Seconds = 0.0) -> Audio:
    """The audio with a tone in place of what sounds inside the spans, on every channel.

    Parameters
    ----------
    audio : ndarray of float32, shape (n_channels, n_samples)
        Left as it is where no span touches it; else a changed copy is given.
    start : float
        Where in the recording it begins, in seconds.

    Examples
    --------
    >>> masked = bleeped(np.zeros((1, 8000), np.float32), [Span(0.25, 0.5)], 8000)
    >>> np.flatnonzero(masked[0].round(6))[[0, -1]].tolist()
    [2001, 3999]
    """
    num_samples = audio.shape[1]
    output = audio
    for span in spans:
        first = max(0, int((span.start - start) * sampling_rate))
        last = min(num_samples, int(np.ceil((span.end - start) * sampling_rate)))
        if first >= last:
            continue
        if output is audio:
            output = audio.copy()
        at = start + np.arange(first, last) / sampling_rate
        output[:, first:last] = BLEEP_LEVEL * np.sin(2 * np.pi * BLEEP_HZ * at)
    return output


def _touched(path: Path) -> bool:
    """Whether the file is there; if so it was asked for now."""
    try:
        os.utime(path, (time.time(), path.stat().st_mtime))  # browsers take another time of change for another file
    except FileNotFoundError:
        return False
    return True


def _write_flac(path: str, recording: Recording, content: bytes, bleeps: Sequence[Span]) -> None:
    rate = 8_000 if recording.sampling_rate == 8_000 else SAMPLING_RATE
    layout = "mono" if recording.num_channels == 1 else "stereo"
    with av.open(path, "w", format="flac") as file:
        stream = file.add_stream("flac", rate=rate, layout=layout)
        stream.codec_context.format = "s16"
        resampler = av.AudioResampler("s16", layout, rate)
        for audio in _with_bleeps(pieces(content, recording.uri, rate), bleeps, rate):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(audio), "fltp", layout)
            frame.sample_rate = rate
            for part in resampler.resample(frame):
                file.mux(stream.encode(part))
        for part in resampler.resample(None):
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))


def _with_bleeps(parts: Iterator[Audio], bleeps: Sequence[Span], rate: int) -> Iterator[Audio]:
    num_samples = 0
    for audio in parts:
        yield bleeped(audio, bleeps, rate, num_samples / rate)
        num_samples += audio.shape[1]
