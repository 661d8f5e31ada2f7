"""The sound of a file decoded piece by piece, at its true times: what is in the way is refused, or told.

Knows FFmpeg; the one place where its errors become ours. What the bytes of a container promise, `envelope` and its
kin know; which formats there are, `formats` knows.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TypeAlias

import av
import numpy as np
from numpy.typing import NDArray

from pipeline.audio import chunks, formats, frames
from pipeline.audio.envelope import FETCH_AGAIN, STALE, Envelope, broken_inside
from pipeline.audio.formats import Format
from pipeline.errors import AudioError
from pipeline.notices import Notice, NoticeKind
from pipeline.timeline import Seconds, Span, place

Samples: TypeAlias = NDArray[np.float32]

MIN_RATE_HZ, MAX_RATE_HZ, MAX_CHANNELS, MAX_HOURS = 8_000, 192_000, 2, 4.0
SMALL_MISS_S: Seconds = 0.25
"""Less than this of the end may be missing: nothing is said in it, and codecs pad by as much."""
HOLE_S: Seconds = 0.1
"""Time stamps that run ahead of the sound by this much leave a hole; less is their own jitter."""
LONGEST_HOLE_S: Seconds = 900.0
"""A longer hole is no pause in a call: the time stamps are wrong."""
DAMAGED_SHARE = 0.05  # of a file's blocks, at most
MANY_BLOCKS, FEWEST_SAMPLES = 5_000, 16
"""No coding has so few samples in a block; a header that says so would take hours."""
NOT_OPENED = {"g729": "G.729", "g723_1": "G.723.1"}
"""Codings, by FFmpeg's name, that are refused whatever they are packed in."""
BEGIN_AT_ZERO = ("matroska", "mov", "asf")
"""Containers whose time stamps count from the start of the recording; in others, from wherever it was cut."""
CARRY_TIMES = (*BEGIN_AT_ZERO, "ogg")
"""Containers that carry time stamps; for others FFmpeg only counts frames."""
MAX_JUNK_BYTES = 2**16
"""Before a WAV file, of what some recorders put there."""
_WAVE = re.compile(rb"(RIFF|RF64|BW64).{4}WAVE", re.DOTALL)

_ENVELOPES = {
    "wav": chunks.riff,
    "au": chunks.au,
    "aiff": chunks.aiff,
    "caf": chunks.caf,
    "w64": chunks.w64,
    "mov": chunks.mp4,
    "mp3": frames.mp3,
    "aac": frames.adts,
    "amr": frames.amr,
    "gsm": frames.gsm,
    "flac": frames.flac,
    "ogg": frames.ogg,
    "matroska": frames.matroska,
    "asf": frames.asf,
}


class Sound:
    """The sound of one file.

    Parameters
    ----------
    content : bytes
        The whole file.
    uri : str
        Where it came from; its ending tells the format of headerless files.
    sampling_rate : int
        Hz, of what is given.

    Attributes
    ----------
    sampling_rate, num_channels, num_samples : int
        Of the file; complete once all pieces were given.

    Raises
    ------
    AudioError
        See `pipeline.audio.audio.open_recording`.
    """

    def __init__(self, content: bytes, uri: str, sampling_rate: int) -> None:
        self.name = PurePosixPath(uri).name
        self.sampling_rate = self.num_channels = self.num_samples = 0
        self._doubts: dict[NoticeKind, list[str]] = {}
        self._wanted_hz, self._given = sampling_rate, 0
        self._resampler: av.AudioResampler | None = None
        self._format_of_frames: tuple[str, str, int] | None = None
        self._blocks = self._damaged = 0
        self._lost_s: Seconds = 0.0  # in damaged blocks, since the last hole
        self._holes: list[Span] = []
        if not content:
            raise AudioError("empty", f"{self.name} 是空文件（0 字节）；{FETCH_AGAIN}")
        with _boundary(self.name):
            content, self._format = _recognised(content, self.name)
            self._envelope = _ENVELOPES.get(self._format.demuxer, _untold)(content, self.name)
        for doubt in self._envelope.doubts:
            self._doubt(NoticeKind.SIZE_APART, doubt)
        if otherwise := _named_otherwise(self.name, self._format):
            self._doubt(NoticeKind.ENDING_APART, otherwise)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What was doubtful about the file; complete once all pieces were given."""
        return tuple(
            Notice(kind, self.name, "；".join(dict.fromkeys(doubts))) for kind, doubts in self._doubts.items()
        )

    def pieces(self) -> Iterator[Samples]:
        """The waveform, float32, -1..1, shape (n_channels, n); pieces of any length, in order."""
        broken = self._envelope.broken(self.name) if self._envelope.missing else None
        with _boundary(self.name, broken), _ends_early(self.name):
            for part in self._envelope.parts:
                yield from self._pieces_of(part)
            yield from self._flushed()
            self._check()

    def _pieces_of(self, part: bytes) -> Iterator[Samples]:
        begun, origin, is_timed = self.num_samples, None, self._format.demuxer in CARRY_TIMES
        with _opened(part, self._format) as container:
            stream = _stream(container, self.name)
            self.sampling_rate = self.sampling_rate or stream.rate
            for packet in container.demux(stream):
                try:
                    decoded = packet.decode()
                except av.error.InvalidDataError:
                    self._damaged += 1
                    yield from self._lost(packet)
                    continue
                for frame in decoded:
                    yield from self._in_format(frame)
                    if is_timed and frame.pts is not None and frame.time_base is not None:
                        at = float(frame.pts * frame.time_base)
                        origin = self._origin(at) if origin is None else origin
                        yield from self._silence(at - origin - (self.num_samples - begun) / self.sampling_rate)
                    self._blocks += 1
                    if self._blocks > MANY_BLOCKS and self.num_samples < FEWEST_SAMPLES * self._blocks:
                        raise AudioError("damaged", f"{self.name} 的声音切得太碎，读不下去；{formats.CONVERT}")
                    self._count(round(frame.samples * self.sampling_rate / frame.sample_rate))
                    frame.pts = None
                    yield from self._resampled(frame)

    def _lost(self, packet: av.Packet[av.AudioStream]) -> Iterator[Samples]:
        """Silence for blocks that cannot be decoded, where no time stamps tell of it."""
        if self._format.demuxer in CARRY_TIMES or not packet.duration or not self._format_of_frames:
            return
        self._lost_s += float(packet.duration * packet.time_base)
        if self._lost_s > HOLE_S:
            lost, self._lost_s = self._lost_s, 0.0
            yield from self._silence(lost)

    def _origin(self, first: Seconds) -> Seconds:
        """The time stamp at which a file begins, by that of its first sound: a late start is a hole like others."""
        if self._format.demuxer not in BEGIN_AT_ZERO:
            return first
        if first <= LONGEST_HOLE_S:
            return 0.0
        self._doubt(NoticeKind.GAP_FILLED, f"时间戳从 {first:.0f} 秒开始，按录音开头处理")
        return first

    def _in_format(self, frame: av.AudioFrame) -> Iterator[Samples]:
        """Get ready for a frame; what the resampler held of frames in another format is given."""
        now = frame.format.name, frame.layout.name, frame.sample_rate
        if now == self._format_of_frames:
            return
        num_channels = frame.layout.nb_channels
        if self._format_of_frames is None:
            _check_channels(num_channels, self.name)
            _check_rate(frame.sample_rate, self.name)
            self.num_channels, self.sampling_rate = num_channels, frame.sample_rate
        instant = place(self.num_samples / self.sampling_rate)
        if num_channels != self.num_channels:
            problem = f"{self.name} 在 {instant} 处由 {self.num_channels} 个声道变为 {num_channels} 个"
            raise AudioError("channels", f"{problem}；请在此处切开，或合成一个 WAV（16 位 PCM）")
        if self._format_of_frames and frame.sample_rate != (before := self._format_of_frames[2]):
            _check_rate(frame.sample_rate, self.name)
            change = f"采样率在 {instant} 处由 {before} Hz 变为 {frame.sample_rate} Hz，已统一"
            self._doubt(NoticeKind.FORMAT_CHANGED, change)
        yield from self._flushed()
        self._format_of_frames = now

    def _silence(self, seconds: Seconds) -> Iterator[Samples]:
        """Silence where the time stamps leave a hole, so that what follows sounds at its true time."""
        if seconds <= HOLE_S:
            return
        begin = self.num_samples / self.sampling_rate
        if seconds > LONGEST_HOLE_S:
            problem = f"{self.name} 的时间戳在 {place(begin)} 处跳过 {seconds:.0f} 秒，不可信"
            raise AudioError("damaged", f"{problem}；{formats.EXPORT}")
        yield from self._flushed()
        self._count(round(seconds * self.sampling_rate))
        self._holes.append(Span(begin, begin + seconds))
        left = round(self.num_samples * self._wanted_hz / self.sampling_rate) - self._given
        while left > 0:
            size = min(left, self._wanted_hz)
            left -= size
            self._given += size
            yield np.zeros((self.num_channels, size), np.float32)

    def _count(self, num_samples: int) -> None:
        self.num_samples += num_samples
        if self.num_samples > MAX_HOURS * 3600 * self.sampling_rate:
            raise AudioError("too_long", f"{self.name} 超过 {MAX_HOURS:g} 小时；请核对是不是一通通话的录音")

    def _resampled(self, frame: av.AudioFrame | None) -> Iterator[Samples]:
        if self._resampler is None:
            # no layout: FFmpeg must not mix the channels
            self._resampler = av.AudioResampler("fltp", None, self._wanted_hz)
        for part in self._resampler.resample(frame):
            piece = np.asarray(part.to_ndarray(), dtype=np.float32)
            if not np.isfinite(piece).all():
                raise AudioError("damaged", f"{self.name} 中有无效的声音数据；{formats.EXPORT}")
            self._given += piece.shape[1]
            yield np.clip(piece, -1.0, 1.0)

    def _flushed(self) -> Iterator[Samples]:
        if self._resampler is not None:
            yield from self._resampled(None)
            self._resampler = None

    def _check(self) -> None:
        """Refuse what is not whole, and tell what is nearly so; all pieces were given."""
        if not self._given:
            raise AudioError("empty", f"{self.name} 中没有声音数据；{FETCH_AGAIN}")
        if self._damaged > DAMAGED_SHARE * (self._damaged + self._blocks):
            raise AudioError("damaged", f"{self.name} 有 {self._damaged} 个数据块无法解码；{FETCH_AGAIN}")
        envelope, seconds = self._envelope, self.num_samples / self.sampling_rate
        if envelope.num_samples:
            envelope = replace(envelope, promised=envelope.num_samples, there=self.num_samples, unit="个采样")
        if envelope.missing * seconds > SMALL_MISS_S:
            raise envelope.broken(self.name)
        if envelope.missing:
            self._doubt(NoticeKind.SIZE_APART, f"比文件头所写少 {envelope.missing * seconds:.2f} 秒，按完整处理")
        if 0 < envelope.num_samples < self.num_samples:
            self._doubt(NoticeKind.SIZE_APART, STALE)
        if self._damaged:
            self._doubt(NoticeKind.DAMAGED, f"有 {self._damaged} 个数据块无法解码，其中的声音听不到")
        if self._holes:
            total = sum(hole.duration for hole in self._holes)
            first = place(self._holes[0].start)
            told = f"时间戳有 {len(self._holes)} 处空缺，共 {total:.1f} 秒，第一处在 {first}，已补为静音"
            self._doubt(NoticeKind.GAP_FILLED, told)

    def _doubt(self, kind: NoticeKind, problem: str) -> None:
        self._doubts.setdefault(kind, []).append(problem)


def coding(content: bytes, uri: str) -> str:
    """FFmpeg's name of the coding of a file that opens, such as ``pcm_alaw``; raises what `Sound` raises."""
    name = PurePosixPath(uri).name
    with _boundary(name):
        content, found = _recognised(content, name)
        with _opened(content, found) as container:
            return str(_stream(container, name).codec_context.name)


@contextmanager
def _boundary(name: str, broken: AudioError | None = None) -> Iterator[None]:
    """Whatever FFmpeg, or we on nonsense, may raise becomes our error: `broken` for a file known to be so."""
    try:
        yield
    except AudioError as error:
        if broken and error.reason in ("empty", "not_audio", "damaged"):
            raise broken from error
        raise
    except Exception as error:  # FFmpeg's errors are of many kinds, and what broken bytes lead to is not foreseen
        if broken:
            raise broken from error
        ending = "，扩展名也不是录音的" if formats.by_ending(name) is None else ""
        raise AudioError("not_audio", f"{name} 不能作为录音读取{ending}；请核对是不是录音文件") from error


@contextmanager
def _ends_early(name: str) -> Iterator[None]:
    """A file of a known format that ends where FFmpeg expects more is broken off, whatever it promised."""
    try:
        yield
    except av.error.EOFError as error:
        raise broken_inside(name, "声音") from error


def _recognised(content: bytes, name: str) -> tuple[bytes, Format]:
    """The file without what some recorders put before it, and its format."""
    begin = frames.after_id3(content)
    if (behind := formats.by_content(content[begin : begin + 512])) and begin:
        content = content[begin:]
        return content, behind
    if content[:4] == b"RIFF" and b"WAVE".startswith(content[8:12]) and len(content) < 12:
        raise broken_inside(name, "文件头")
    found = formats.of(content, name)
    if found is None and (wave := _WAVE.search(content, 0, MAX_JUNK_BYTES)):
        return content[wave.start() :], formats.by_name("wav")
    if found is None:
        with _opened(content, Format("", "")) as container:
            demuxer = container.format.name.partition(",")[0]
            found = formats.by_name(demuxer)
    if not found.demuxer:
        raise AudioError("not_audio", f"{name} 的格式是“{found.title}”，不能使用；{found.advice}")
    return content, found


def _untold(content: bytes, _name: str) -> Envelope:
    return Envelope((content,))


def _named_otherwise(name: str, found: Format) -> str | None:
    """How the name of a file contradicts what is in it; None where it does not."""
    named, ending = formats.by_ending(name), PurePosixPath(name).suffix
    if named is not None and named.title == found.title:
        return None
    if not ending:
        return f"文件名没有扩展名，按内容读作 {found.title}"
    return f"扩展名是 {ending}，内容是 {found.title}，按内容读取"


def _opened(content: bytes, found: Format) -> av.container.InputContainer:
    options = {"format_whitelist": formats.WHITELIST, **found.options}
    return av.open(io.BytesIO(content), "r", format=found.demuxer or None, options=options)


def _stream(container: av.container.InputContainer, name: str) -> av.AudioStream:
    """The one audio stream of a call; refused when there is none, or one that is not telephone speech."""
    streams = container.streams.audio
    if not streams:
        raise AudioError("not_audio", f"{name} 中没有音轨；请核对是不是录音文件")
    if len(streams) > 1:
        raise AudioError("channels", f"{name} 有 {len(streams)} 条音轨；请合成一条双声道的音轨")
    stream = streams[0]
    if stream.codec_context is None:
        raise AudioError("not_audio", f"{name} 的编码无法识别；{formats.EXPORT}")
    if title := NOT_OPENED.get(stream.codec_context.name):
        raise AudioError("not_audio", f"{name} 的编码是 {title}，不能使用；{formats.CONVERT}")
    _check_channels(stream.channels, name)
    _check_rate(stream.rate, name)
    return stream


def _check_channels(num_channels: int, name: str) -> None:
    if not 1 <= num_channels <= MAX_CHANNELS:
        problem = f"{name} 有 {num_channels} 个声道，而一通通话只有一个（混合）或两个（坐席、客户）"
        raise AudioError("channels", f"{problem}；请检查录音系统的设置")


def _check_rate(rate: int, name: str) -> None:
    if not MIN_RATE_HZ <= rate <= MAX_RATE_HZ:
        problem = f"{name} 的采样率是 {rate} Hz，应在 {MIN_RATE_HZ} 至 {MAX_RATE_HZ} Hz 之间"
        raise AudioError("sampling_rate", f"{problem}；请检查录音系统的设置")
