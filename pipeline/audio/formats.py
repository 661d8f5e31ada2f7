"""Formats of recordings: the one list that the intake and the decoder share, and what else is taken for one.

What a file is, its first bytes say; its name counts only where they say nothing, as in a file without a header.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath


@dataclass(frozen=True, slots=True)
class Format:
    """One way to keep sound in a file.

    Parameters
    ----------
    title : str
        As a person knows it, in Chinese where it has no name of its own.
    demuxer : str
        What FFmpeg calls it; empty for one that is not opened.
    endings : tuple of str
        In lower case, without the dot.
    magic : bytes
        A pattern that the first bytes match; empty where nothing marks them.
    options : mapping
        What the demuxer must be told, because the file does not say it.
    advice : str
        Of one that is not opened: what to do about it, in Chinese.
    is_headerless : bool
        Whether nothing but the name tells that a file is one.
    """

    title: str
    demuxer: str = ""
    endings: tuple[str, ...] = ()
    magic: bytes = b""
    options: Mapping[str, str] = field(default_factory=dict)
    advice: str = ""
    is_headerless: bool = False

    def matches(self, content: bytes) -> bool:
        """Whether the first bytes of a file say that it is one."""
        return bool(self.magic) and re.match(self.magic, content[:512], re.DOTALL) is not None


RAW_8_KHZ = {"sample_rate": "8000"}
CONVERT = "请在录音系统中转成 WAV（16 位 PCM）"
EXPORT = "请导出为 WAV（16 位 PCM）"

FORMATS = (
    Format("WAV", "wav", ("wav", "wave", "wav49", "bwf", "rf64", "bw64"), rb"(RIFF|RIFX|RF64|BW64).{4}WAVE"),
    Format("Wave64", "w64", ("w64",), rb"riff\x2e\x91\xcf\x11"),
    Format("Ogg", "ogg", ("ogg", "oga", "opus", "spx"), rb"OggS"),
    Format("FLAC", "flac", ("flac",), rb"fLaC"),
    Format("AMR", "amr", ("amr", "awb"), rb"#!AMR(-WB)?\n"),
    Format(
        "MP4", "mov", ("m4a", "mp4", "m4b", "mov", "3gp", "3gpp", "3g2"), rb".{4}(ftyp|moov|mdat|wide|free|skip)"
    ),
    Format("Matroska", "matroska", ("webm", "mka", "mkv"), rb"\x1a\x45\xdf\xa3"),
    Format("Windows Media", "asf", ("wma", "asf"), rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
    Format("AIFF", "aiff", ("aif", "aiff", "aifc"), rb"FORM.{4}AIF[FC]"),
    Format("CAF", "caf", ("caf",), rb"caff\x00"),
    Format("AU", "au", ("au", "snd"), rb"\.snd"),
    Format("MP3", "mp3", ("mp3", "mp2", "mpga")),
    Format("AAC", "aac", ("aac", "adts")),
    Format("G.722", "g722", ("g722",), is_headerless=True),
    Format("A 律", "alaw", ("al", "alaw", "alw", "pcma"), options=RAW_8_KHZ, is_headerless=True),
    Format("μ 律", "mulaw", ("ul", "ulaw", "ulw", "mu", "pcmu"), options=RAW_8_KHZ, is_headerless=True),
    Format("GSM", "gsm", ("gsm",), is_headerless=True),
    Format("16 位 PCM", "s16le", ("sln", "slin"), options=RAW_8_KHZ, is_headerless=True),
    Format("16 位 PCM", "s16le", ("sln16",), options={"sample_rate": "16000"}, is_headerless=True),
)
"""Formats that are opened. FFmpeg knows others, some of which would read files or ask addresses named inside."""

REFUSED = (
    Format("没有文件头的声音数据", endings=("pcm", "raw"), advice=f"文件没有写明采样率和编码，{CONVERT}"),
    Format("G.729", endings=("g729", "g729a", "729"), advice=CONVERT),
    Format("G.723.1", endings=("g723", "g7231", "g723_1"), advice=CONVERT),
    Format("G.726", endings=("g726", "g726-32", "g726-24", "g726-16", "g726-40"), advice=CONVERT),
    Format("Dialogic ADPCM", endings=("vox",), advice=CONVERT),
    Format("iLBC", endings=("ilbc", "lbc"), magic=rb"#!iLBC", advice=CONVERT),
    Format("SILK", endings=("silk", "slk"), magic=rb"\x02?#!SILK", advice=CONVERT),
    Format("EVS", endings=("evs",), magic=rb"#!EVS", advice=CONVERT),
    Format("多声道 AMR", magic=rb"#!AMR", advice=CONVERT),
    Format("DSS", endings=("dss", "ds2"), magic=rb"[\x02\x03]ds[s2]", advice=CONVERT),
    Format("RealAudio", endings=("ra", "rm"), magic=rb"\.(ra\xfd|RMF)", advice=CONVERT),
    Format("gzip 压缩包", magic=rb"\x1f\x8b\x08", advice="请先解压，再用其中的录音"),
    Format("ZIP 压缩包", magic=rb"PK(\x03\x04|\x05\x06)", advice="请先解压，再用其中的录音"),
    Format("7z 压缩包", magic=rb"7z\xbc\xaf\x27\x1c", advice="请先解压，再用其中的录音"),
    Format("RAR 压缩包", magic=rb"Rar!\x1a\x07", advice="请先解压，再用其中的录音"),
    Format("bzip2 压缩包", magic=rb"BZh[1-9]1AY&SY", advice="请先解压，再用其中的录音"),
    Format("xz 压缩包", magic=rb"\xfd7zXZ\x00", advice="请先解压，再用其中的录音"),
    Format("tar 归档", magic=rb".{257}ustar", advice="请先解压，再用其中的录音"),
    Format(
        "网页",
        magic=rb"(\xef\xbb\xbf)?\s*<(!doctype|html|head|(?i:!DOCTYPE|HTML|HEAD))",
        advice="服务器给的是一条消息，不是录音；请用浏览器打开看看，处理后重新取",
    ),
    Format(
        "文本（XML 或 JSON）",
        magic=rb"(\xef\xbb\xbf)?\s*(<\?xml|<[A-Z][A-Za-z]+>|\{\s*\")",
        advice="服务器给的是一条消息，不是录音；请看看其中说了什么，处理后重新取",
    ),
    Format("Git LFS 指针", magic=rb"version https://git-lfs", advice="请取回它所指的文件"),
    Format("PDF 文档", magic=rb"%PDF-", advice="请换成录音文件"),
    Format("图片", magic=rb"\x89PNG|\xff\xd8\xff|GIF8", advice="请换成录音文件"),
)
"""What is found in place of a recording, and formats in which one cannot be opened."""

_BY_ENDING = {ending: one for one in (*REFUSED, *FORMATS) for ending in one.endings}

WHITELIST = ",".join(sorted({one.demuxer for one in FORMATS}))
"""The demuxers that FFmpeg may use."""


def is_recording(path: str) -> bool:
    """Whether a file is taken for a recording by its name.

    Examples
    --------
    >>> is_recording("calls/D04.WAV"), is_recording("calls/D04.g729"), is_recording("calls/D04.truth.json")
    (True, True, False)
    """
    return by_ending(path) is not None


def by_ending(path: str) -> Format | None:
    """The format that a name promises; None for one without an ending, or with another.

    Examples
    --------
    >>> by_ending("D04.opus").title, by_ending("D04.txt")
    ('Ogg', None)
    """
    return _BY_ENDING.get(PurePosixPath(path).suffix.lower().removeprefix("."))


def by_name(demuxer: str) -> Format:
    """The format that FFmpeg knows by this name.

    Examples
    --------
    >>> by_name("aac").title
    'AAC'
    """
    return next((one for one in FORMATS if one.demuxer == demuxer), Format(demuxer, demuxer))


def by_content(content: bytes) -> Format | None:
    """The format that the first bytes of a file tell; None where they tell none, as in many MP3 files.

    Examples
    --------
    >>> by_content(b"fLaC" + bytes(40)).title, by_content(b"<!doctype html>").title, by_content(bytes(40))
    ('FLAC', '网页', None)
    """
    return next((one for one in (*FORMATS, *REFUSED) if one.matches(content)), None)


def of(content: bytes, path: str) -> Format | None:
    r"""The format of a file: by its content, else by its name; None where FFmpeg must find it out.

    Examples
    --------
    >>> of(b"RIFF\0\0\0\0WAVE", "call.mp3").title, of(bytes(99), "call.ul").title, of(bytes(99), "call.wav")
    ('WAV', 'μ 律', None)
    """
    told = by_content(content)
    named = by_ending(path)
    if told is not None or named is None:
        return told
    return named if named.is_headerless or not named.demuxer else None
