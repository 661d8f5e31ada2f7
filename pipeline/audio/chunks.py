"""Containers made of chunks that tell their size, read chunk by chunk: RIFF and its kin, AIFF, CAF, AU, MP4.

Sizes are promises: recorders that crash, stream or are joined by hand leave wrong ones.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from pipeline.audio.envelope import FETCH_AGAIN, JOINED, STALE, Envelope, broken_inside
from pipeline.errors import AudioError

UNKNOWN_SIZE = 0x7FFF0000
"""Bytes; recorders that stream, and SoX in a pipe, promise at least this much, or 0, when they know no better."""
MAX_TRAILER_BYTES = 64 * 1024
"""Of what is no chunk and no sound behind the sound: a tag, a text, or a block filled up."""
TRAILERS = (b"ID3", b"TAG", b"APETAGEX", b"<", b"{")
KNOWN_CHUNKS = frozenset(
    (b"LIST", b"id3 ", b"ID3 ", b"bext", b"fact", b"cue ", b"smpl", b"inst", b"JUNK", b"junk", b"PAD ", b"FLLR")
) | {b"iXML", b"axml", b"aXML", b"afsp", b"PEAK", b"DISP", b"_PMX"}


@dataclass(frozen=True, slots=True)
class _Wave:
    """A WAVE file, and where its chunks of sound begin and end."""

    form: bytes
    layout: bytes  # its "fmt " chunk
    sounds: tuple[tuple[int, int], ...]
    missing: int
    stale: bool
    end: int


def riff(content: bytes, name: str) -> Envelope:
    """The sound of a RIFF, RIFX, RF64 or BW64 file: all chunks of sound, and all files that were joined to it.

    A size that is too small is stale, as a recorder leaves it that never comes back to the header: what follows is
    sound, unless it reads as chunks. One that is too large is a promise that is not kept.

    Raises
    ------
    AudioError
        With reason ``truncated`` if it breaks off before any sound.
    """
    waves = list(_waves(content))
    sounds = [(wave, place) for wave in waves for place in wave.sounds]
    if not sounds or (len(waves) > 1 and not waves[-1].sounds):
        raise broken_inside(name, "文件头")
    there = sum(end - start for _, (start, end) in sounds)
    promised = there + sum(wave.missing for wave in waves)
    doubts = []
    if len(waves) > 1:
        doubts.append(JOINED.format(len(waves)))
    elif len(sounds) > 1:
        doubts.append(f"文件内有 {len(sounds)} 段声音数据，已按先后全部读取")
    if any(wave.stale for wave in waves):
        doubts.append(STALE)
    if not doubts:
        return Envelope((content,), promised, there)
    return Envelope(_rewritten(content, sounds), promised, there, doubts=tuple(doubts))


def _rewritten(content: bytes, sounds: list[tuple[_Wave, tuple[int, int]]]) -> tuple[bytes, ...]:
    """Sound in one file for each layout in a row."""
    files: list[tuple[_Wave, list[bytes]]] = []
    for wave, (start, end) in sounds:
        if not files or (files[-1][0].form, files[-1][0].layout) != (wave.form, wave.layout):
            files.append((wave, []))
        files[-1][1].append(content[start:end])
    written = []
    for wave, pieces in files:
        order = ">" if wave.form == b"RIFX" else "<"
        size = min(sum(map(len, pieces)), 0xFFFFFFFF)
        form = b"RIFX" if order == ">" else b"RIFF"
        head = struct.pack(f"{order}4sI4s4sI", form, 0xFFFFFFFF, b"WAVE", b"fmt ", len(wave.layout))
        written.append(b"".join([head, wave.layout, struct.pack(f"{order}4sI", b"data", size), *pieces]))
    return tuple(written)


def _waves(content: bytes) -> Iterator[_Wave]:
    at = 0
    while _is_wave(content, at):
        wave = _wave(content, at)
        yield wave
        at = wave.end


def _is_wave(content: bytes, at: int) -> bool:
    return content[at : at + 4] in (b"RIFF", b"RIFX", b"RF64", b"BW64") and content[at + 8 : at + 12] == b"WAVE"


def _wave(content: bytes, begin: int) -> _Wave:
    form = content[begin : begin + 4]
    number = struct.Struct(">I" if form == b"RIFX" else "<I")
    layout, large, sounds, missing, stale = b"", None, [], 0, False
    at, total = begin + 12, len(content)
    while at + 8 <= total and not _is_wave(content, at):
        tag, size = content[at : at + 4], number.unpack_from(content, at + 4)[0]
        body = at + 8
        if tag == b"ds64" and body + 16 <= total:
            (large,) = struct.unpack_from("<Q", content, body + 8)
        if tag == b"fmt ":
            layout = content[body : body + size]
        if tag != b"data":
            at = body + size + size % 2
            continue
        if size == 0xFFFFFFFF and large:
            size = large
        if body + size > total + 1 and not _is_unknown(size, large):
            missing += body + size - total
            sounds.append((body, total))
            at = total
        elif (follows := _after(content, body, size, number)) is not None and not _is_unknown(size, large):
            sounds.append((body, min(body + size, total)))
            at = follows
        else:
            # FFmpeg takes an RF64 file at its word, and one that was never finished says 0
            stale |= 0 < size < UNKNOWN_SIZE or large == 0
            at = _next_wave(content, body)
            sounds.append((body, at))
    return _Wave(form, layout, tuple(sounds), missing, stale, max(at, begin + 12))


def _is_unknown(size: int, large: int | None) -> bool:
    return size >= UNKNOWN_SIZE and size != large


def _after(content: bytes, body: int, size: int, number: struct.Struct) -> int | None:
    """Where the next chunk begins behind one of this size; None if what is there does not read as chunks.

    Some writers forget that a chunk of odd size is filled up.
    """
    for at in (body + size + size % 2, body + size):
        if _reads_as_chunks(content, at, number):
            return at
    return None


def _reads_as_chunks(content: bytes, at: int, number: struct.Struct) -> bool:
    total = len(content)
    while at + 8 <= total:
        tag, size = content[at : at + 4], number.unpack_from(content, at + 4)[0]
        if _is_wave(content, at) or tag == b"data" or tag in KNOWN_CHUNKS:
            return True
        if not tag.isascii() or not tag.decode().isprintable() or at + 8 + size > total + 1:
            break
        at += 8 + size + size % 2
    rest = content[at:]
    is_small = len(rest) <= MAX_TRAILER_BYTES
    return len(rest) < 8 or not rest.strip(b"\0") or (is_small and rest.startswith(TRAILERS))


def _next_wave(content: bytes, at: int) -> int:
    """Where another file begins that was joined to this one; else the end."""
    while (at := content.find(b"WAVEfmt ", at)) >= 0:
        if _is_wave(content, at - 8):
            return at - 8
        at += 8
    return len(content)


@dataclass(frozen=True, slots=True)
class _Kin:
    """How another family writes its chunks: a tag, a size, and what it counts."""

    magic: re.Pattern[bytes]  # of a whole file
    first: int  # where the first chunk is
    tag: int  # bytes of a tag
    width: int  # bytes of a size
    order: Literal["big", "little"]
    counts_head: bool  # whether a size counts tag and size, too
    align: int
    sound: bytes  # how the tag of the sound begins

    def size_at(self, content: bytes, at: int) -> int:
        """The size of the body of the chunk there; negative where it is not known."""
        size = int.from_bytes(content[at + self.tag : at + self.head], self.order, signed=self.width > 4)
        return size - self.head if self.counts_head else size

    @property
    def head(self) -> int:
        """Bytes of tag and size."""
        return self.tag + self.width


_AIFF = _Kin(re.compile(rb"FORM.{4}AIF[FC]", re.DOTALL), 12, 4, 4, "big", False, 2, b"SSND")
_CAF = _Kin(re.compile(rb"caff\x00\x01\x00\x00desc"), 8, 4, 8, "big", False, 1, b"data")
_W64 = _Kin(re.compile(rb"riff\x2e\x91\xcf\x11"), 40, 16, 8, "little", True, 8, b"data")
_AU = re.compile(rb"\.snd\x00\x00.{2}", re.DOTALL)


def aiff(content: bytes, name: str) -> Envelope:
    """The sound of an AIFF file; see `riff`."""
    return _of_kin(content, name, _AIFF)


def caf(content: bytes, name: str) -> Envelope:
    """The sound of a CAF file; see `riff`."""
    return _of_kin(content, name, _CAF)


def w64(content: bytes, name: str) -> Envelope:
    """The sound of a Wave64 file; see `riff`."""
    return _of_kin(content, name, _W64)


def _of_kin(content: bytes, name: str, kin: _Kin) -> Envelope:
    at = kin.first
    while at + kin.head <= len(content):
        size, body = kin.size_at(content, at), at + kin.head
        end = body + size + -(body + size) % kin.align
        if content[at : at + len(kin.sound)] == kin.sound:
            if size >= 0 and (other := kin.magic.search(content, end)):
                return _joined(content, other.start(), lambda part: _of_kin(part, name, kin))
            counted = len(content) - (at if kin.counts_head else body)
            whole = content[: at + kin.tag], counted.to_bytes(kin.width, kin.order), content[body:]
            return _of_one_chunk(content, body, size, end, whole)
        if size < 0:
            break
        at = end
    raise broken_inside(name, "文件头")


def au(content: bytes, name: str) -> Envelope:
    """The sound of an AU file; see `riff`."""
    if len(content) < 24:
        raise broken_inside(name, "文件头")
    body, size = struct.unpack_from(">II", content, 4)
    size = -1 if size == 0xFFFFFFFF else size
    if size >= 0 and (other := _AU.search(content, body + size)):
        return _joined(content, other.start(), lambda part: au(part, name))
    return _of_one_chunk(content, body, size, body + size, (content[:8], b"\xff\xff\xff\xff", content[12:]))


def _joined(content: bytes, at: int, envelope_of: Callable[[bytes], Envelope]) -> Envelope:
    """Of a file that ends where another one begins."""
    one, others = envelope_of(content[:at]), envelope_of(content[at:])
    parts = (*one.parts, *others.parts)
    promised, there = one.promised + others.promised, one.there + others.there
    return replace(others, parts=parts, promised=promised, there=there, doubts=(JOINED.format(len(parts)),))


def _of_one_chunk(content: bytes, body: int, size: int, end: int, whole: tuple[bytes, ...]) -> Envelope:
    """The one chunk of sound; `whole` is the file with a size that reaches its end, for one whose size is stale."""
    there = max(0, len(content) - body)
    if size < 0:
        return Envelope((content,), there, there)
    rest = content[end : end + MAX_TRAILER_BYTES + 1]
    if len(rest) < 8 or not rest.strip(b"\0") or (rest[:4].isascii() and rest[:4].decode().isprintable()):
        return Envelope((content,), size, min(size, there))
    return Envelope((b"".join(whole),), there, there, doubts=(STALE,))


def mp4(content: bytes, name: str) -> Envelope:
    """The sound of an MP4 file by its outer boxes: each must be there as a whole, and the list of samples, too.

    Raises
    ------
    AudioError
        With reason ``truncated`` if the list of samples (``moov``) is not there: a recorder writes it last.
    """
    at, total = 0, len(content)
    tags: set[bytes] = set()
    while at + 8 <= total:
        size, tag = struct.unpack_from(">I4s", content, at)
        if size == 1 and at + 16 <= total:
            (size,) = struct.unpack_from(">Q", content, at + 8)
        if size == 0:
            size = total - at
        if size < 8 or not (tag.isascii() and tag.decode().isprintable()):
            break  # no box: what is left over is none of ours
        if tag == b"ftyp" and {b"moov", b"mdat"} <= tags:
            return _joined(content, at, lambda part: mp4(part, name))
        tags.add(tag)
        at += size
    if b"moof" in tags and at > total:  # how many fragments would have followed, nobody knows
        raise broken_inside(name, "一个片段")
    if b"moov" not in tags:
        raise AudioError("truncated", f"{name} 没有录完，缺少声音的索引；{FETCH_AGAIN}")
    return Envelope((content,), max(at, total), total, unit="字节")
