"""Containers made of frames, pages or blocks, walked one by one: MP3, AAC, AMR, GSM, Ogg, FLAC, Matroska.

Most tell no length as a whole; one that breaks off shows by its last frame, or by the lack of a page that ends it.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

from pipeline.audio.envelope import FETCH_AGAIN, JOINED, STALE, Envelope, broken_inside
from pipeline.errors import AudioError

MAX_TRAILER_BYTES = 64 * 1024
"""Of a tag or a filling behind the last frame."""
GSM_FRAME = 33  # bytes
AMR_SIZES = (13, 14, 16, 18, 20, 21, 27, 32, 6)
AMR_WB_SIZES = (18, 24, 33, 37, 41, 47, 51, 59, 61, 6)
"""Bytes of a frame by its mode, with the byte that tells it; frames of other modes have that byte only."""
AMR_MAGIC = re.compile(rb"#!AMR(?:-WB)?\n")

_KBIT = {
    (1, 3): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 1): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 3): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 1): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""By version (1, or 2 for 2 and 2.5) and layer as the header has it (3: I, 2: II, 1: III)."""
_ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


def mp3(content: bytes, name: str) -> Envelope:
    """The sound of an MP3 file: by the size that its first frame tells, if it does; else by its last frame."""
    begin = _first_mp3_frame(content)
    parts = (_without_trailer(content, begin, _mp3_frame),)
    if size := _told_by_first_frame(content[begin : begin + 200]):
        there = len(parts[0]) - begin
        doubts = (STALE,) if there > size + MAX_TRAILER_BYTES // 16 else ()
        return Envelope(parts, size, min(size, there), unit="字节", doubts=doubts)
    if _end_of_frames(content, begin, _mp3_frame) > len(content):
        raise broken_inside(name, "最后一帧")
    return Envelope(parts)


def _told_by_first_frame(frame: bytes) -> int:
    """The bytes of all frames by a header of Xing, LAME or Fraunhofer; 0 without one."""
    if (at := max(frame.find(b"Xing"), frame.find(b"Info"))) >= 0 and at + 16 <= len(frame):
        flags, _, size = struct.unpack_from(">III", frame, at + 4)
        return int(size) if flags & 3 == 3 else 0
    return int.from_bytes(frame[46:50], "big") if frame[36:40] == b"VBRI" else 0


def _first_mp3_frame(content: bytes) -> int:
    """Where the first frame is that another one follows; behind a tag."""
    at = after_id3(content)
    while (at := content.find(b"\xff", at, at + 2**16)) >= 0:
        size = _mp3_frame(content, at)
        if size and _mp3_frame(content, at + size):
            return at
        at += 1
    return len(content)


def after_id3(content: bytes) -> int:
    """Where the sound begins behind a tag at the head; 0 without one."""
    if content[:3] != b"ID3" or len(content) < 10:
        return 0
    size = 0
    for byte in content[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size


def _mp3_frame(content: bytes, at: int) -> int:
    """Bytes of the MPEG audio frame there; 0 if there is none."""
    if at + 4 > len(content) or content[at] != 0xFF or content[at + 1] & 0xE0 != 0xE0:
        return 0
    version, layer = content[at + 1] >> 3 & 3, content[at + 1] >> 1 & 3
    rate, rest = content[at + 2] >> 4, content[at + 2] >> 2 & 3
    if version == 1 or layer == 0 or rate in (0, 15) or rest == 3:
        return 0
    kbit, hz, padding = _KBIT[1 if version == 3 else 2, layer][rate], _HZ[version][rest], content[at + 2] >> 1 & 1
    if layer == 3:
        return (12_000 * kbit // hz + padding) * 4
    samples = 576 if layer == 1 and version != 3 else 1152
    return samples * 125 * kbit // hz + padding


def adts(content: bytes, name: str) -> Envelope:
    """The sound of a raw AAC file, by its last frame."""
    begin = after_id3(content)
    if _end_of_frames(content, begin, _adts_frame) > len(content):
        raise broken_inside(name, "最后一帧")
    return Envelope((_without_trailer(content, begin, _adts_frame),))


def _adts_frame(content: bytes, at: int) -> int:
    if at + 7 > len(content) or content[at] != 0xFF or content[at + 1] & 0xF6 != 0xF0:
        return 0
    return (content[at + 3] & 3) << 11 | content[at + 4] << 3 | content[at + 5] >> 5


def _end_of_frames(content: bytes, at: int, frame: Callable[[bytes, int], int]) -> int:
    """Where a row of frames ends; beyond the end of a file that breaks off inside one."""
    while size := frame(content, at):
        at += size
    return at


def _without_trailer(content: bytes, begin: int, frame: Callable[[bytes, int], int]) -> bytes:
    """The file without a tag or filling behind its frames, which FFmpeg would try to decode."""
    end = _end_of_frames(content, begin, frame)
    is_trailer = begin < end < len(content) <= end + MAX_TRAILER_BYTES and b"\xff" not in content[end:]
    return content[:end] if is_trailer else content


def amr(content: bytes, name: str) -> Envelope:
    """The sound of an AMR file, and of those joined to it, by their last frames."""
    heads = list(AMR_MAGIC.finditer(content))
    ends = [head.start() for head in heads[1:]] + [len(content)]
    parts = []
    for head, end in zip(heads, ends, strict=True):
        sizes = AMR_WB_SIZES if b"WB" in head.group() else AMR_SIZES
        begin = at = head.end()
        while at < end:
            mode = content[at] >> 3 & 15
            begin, at = at, at + (sizes[mode] if mode < len(sizes) else 1)
        if at > end == len(content) and content[begin:].strip(b"\0"):
            raise broken_inside(name, "最后一帧")
        parts.append(content[head.start() : end] if len(heads) > 1 else content)
    return Envelope(tuple(parts), doubts=(JOINED.format(len(parts)),) if len(parts) > 1 else ())


def gsm(content: bytes, name: str) -> Envelope:
    """The sound of a headerless GSM file, by its last frame."""
    if len(content) % GSM_FRAME:
        raise broken_inside(name, "最后一帧")
    return Envelope((content,))


def flac(content: bytes, _name: str) -> Envelope:
    """The sound of a FLAC file: its header tells how many samples it has, only decoding whether they are there."""
    return Envelope((content,), num_samples=int.from_bytes(content[21:26], "big") & 0xFFFFFFFFF)


def ogg(content: bytes, name: str) -> Envelope:
    """The sound of an Ogg file and of those chained to it; each must have a page that ends it."""
    starts: list[int] = []
    open_streams: set[int] = set()
    in_head = False
    for at, kind, serial, size in _ogg_pages(content):
        if at + size > len(content):
            raise broken_inside(name, "最后一页")
        begins = bool(kind & 2)
        if begins and not in_head:
            if open_streams:
                break
            starts.append(at)
        in_head = begins
        (open_streams.discard if kind & 4 else open_streams.add)(serial)
    if open_streams:
        raise AudioError("truncated", f"{name} 不完整：没有结束标记；{FETCH_AGAIN}")
    if len(starts) < 2:
        return Envelope((content,))
    parts = tuple(content[start:end] for start, end in pairwise([*starts, len(content)]))
    return Envelope(parts, doubts=(JOINED.format(len(parts)),))


def _ogg_pages(content: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Of each page where it is, its flags, its stream and its size."""
    at = 0
    while (at := content.find(b"OggS", at)) >= 0 and at + 27 <= len(content):
        kind, serial, num = content[at + 5], int.from_bytes(content[at + 14 : at + 18], "little"), content[at + 26]
        table = content[at + 27 : at + 27 + num]
        size = 27 + num + sum(table)
        yield at, kind, serial, size if len(table) == num else len(content)
        at += size


def matroska(content: bytes, name: str) -> Envelope:
    """The sound of a Matroska or WebM file: by the size of its segment, or by its last block where it has none."""
    at, total = 0, len(content)
    while at < total:
        element = _element(content, at)
        if element is None:
            break
        tag, body, size = element
        if tag == b"\x18\x53\x80\x67" and size is not None:
            end = body + size
            if content[end : end + 4] == b"\x1a\x45\xdf\xa3":
                others = matroska(content[end:], name)
                parts = (content[:end], *others.parts)
                return replace(others, parts=parts, doubts=(JOINED.format(len(parts)),))
            return Envelope((content,), size, min(size, total - body), unit="字节")
        at = body if size is None else body + size
    if at > total:
        raise broken_inside(name, "最后一块")
    return Envelope((content,))


def _element(content: bytes, at: int) -> tuple[bytes, int, int | None] | None:
    """Of an EBML element its tag, where its body begins, and its size; None for a size that is not known."""
    width = 9 - content[at].bit_length()
    begin = at + width
    if width > 4 or begin >= len(content):
        return None
    length = 9 - content[begin].bit_length()
    if length > 8:
        return None
    size = int.from_bytes(content[begin : begin + length], "big") & (1 << 7 * length) - 1
    is_unknown = size == (1 << 7 * length) - 1
    return content[at:begin], begin + length, None if is_unknown else size


def asf(content: bytes, _name: str) -> Envelope:
    """The sound of a Windows Media file, by the size that its header tells; one that was streamed tells none."""
    at = content.find(_ASF_PROPERTIES, 0, 2**16)
    if at < 0 or at + 92 > len(content):
        return Envelope((content,))
    (size,), (flags,) = struct.unpack_from("<Q", content, at + 40), struct.unpack_from("<I", content, at + 88)
    promised = 0 if flags & 1 else size
    return Envelope((content,), promised, min(promised, len(content)), unit="字节")
