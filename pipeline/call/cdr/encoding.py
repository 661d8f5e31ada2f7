"""The bytes of a file -> its text: one encoding for the whole file, by evidence.

Knows bytes; not what a text says. What is no text at all (a workbook, an archive) is refused by its name.
"""

from __future__ import annotations

import codecs
import re

from pipeline.errors import ConfigurationError
from pipeline.notices import Notice, NoticeKind

_SIGNS = (
    (b"PK\x03\x04", "an Excel workbook (.xlsx)"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook (.xls)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"%PDF", "a PDF"),
    (b"SQLite format 3", "a database"),
)
_MARKUP = re.compile(rb"\s*<(\?xml|!doctype|html|table|meta|head)", re.IGNORECASE)
_JSON = re.compile(rb"\s*(\{\s*\"|\[\s*\{)")
_MARKS = frozenset("·×÷±°²³µ§¥£")
"""Signs of two bytes in UTF-8 that Chinese texts have, too."""
_LATIN_WORD = re.compile(r"[A-Za-z][\u00c0-\u024f]|[\u00c0-\u024f][A-Za-z]")


def decode(content: bytes, name: str) -> str:
    """The text of a file in UTF-8 (with or without BOM), UTF-16, or GB18030; see `decoded`.

    Examples
    --------
    >>> decode("工号,1001".encode("gb18030"), "cdr.csv")
    '工号,1001'
    """
    return decoded(content, name)[0]


def decoded(content: bytes, name: str) -> tuple[str, tuple[Notice, ...]]:
    """The text of a file, and what was doubtful about its encoding.

    A file that is UTF-8 apart from some damaged bytes is refused: read as GB18030 it would give wrong names without
    a word. One that could be either is what makes Chinese of it.

    Raises
    ------
    ConfigurationError
        Naming what the file is instead of text, or the line and the byte at which the text ends to be text.

    Examples
    --------
    >>> text, (notice,) = decoded("D01,郑姚".encode("gbk"), "cdr.csv")
    >>> text, notice.kind.title
    ('D01,郑姚', '编码按内容判断')
    """
    for sign, what in _SIGNS:
        if content.startswith(sign):
            raise ConfigurationError(f"{name}: is {what}, not text: save it as CSV UTF-8 and run again")
    if _MARKUP.match(content.removeprefix(codecs.BOM_UTF8)):
        raise ConfigurationError(f"{name}: is a web page or XML, not CSV: save it as CSV UTF-8 and run again")
    if _JSON.match(content.removeprefix(codecs.BOM_UTF8)):
        raise ConfigurationError(f"{name}: is JSON, not CSV: have the telephone system write CSV and run again")
    encoding = _wide(content)
    try:
        text = content.decode(encoding or "utf-8-sig")
    except UnicodeDecodeError as error:
        failure = error
    else:
        if encoding and not content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return text, (Notice(NoticeKind.ENCODING_GUESSED, name, f"文件没有编码标记，按 {encoding} 读取"),)
        return _likelier(content, text, name)
    if not encoding and not _is_damaged_utf8(content):
        try:
            return content.decode("gb18030"), ()
        except UnicodeDecodeError as error:
            failure = error
    readable = failure.object[: failure.start].decode(failure.encoding, "ignore")
    offset = len(content) - len(failure.object) + failure.start
    raise ConfigurationError(
        f"{name}:{readable.count(chr(10)) + 1}: the byte at offset {offset} is no {failure.encoding} text; "
        "save the call detail records as UTF-8 (in Excel: CSV UTF-8) and run again"
    ) from failure


def _wide(content: bytes) -> str | None:
    """UTF-16, by its mark, or where every other byte of the beginning is NUL."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = content[:64]
    if len(head) >= 8 and len(content) % 2 == 0:
        for encoding, nul in (("utf-16-le", 1), ("utf-16-be", 0)):
            if head[nul::2].count(0) > 0.7 * len(head) / 2 and not head[1 - nul :: 2].count(0):
                return encoding
    return None


def _likelier(content: bytes, text: str, name: str) -> tuple[str, tuple[Notice, ...]]:
    """The text, or the one that GBK makes of bytes that are UTF-8 by chance: some names are (郑, 姚, 耀).

    By chance they are characters of two bytes alone, from letters of many alphabets, where GBK has common Chinese;
    a sign that Chinese texts have, or a letter in a Latin word (José, Müller), is not there by chance.
    """
    foreign = {char for char in text if char >= "\x80"}
    if not foreign or max(foreign) >= "\u0800" or foreign & _MARKS or content.startswith(codecs.BOM_UTF8):
        return text, ()
    if _LATIN_WORD.search(text):
        return text, ()
    try:
        chinese = content.decode("gb18030")
    except UnicodeDecodeError:
        return text, ()
    if not all(char.isascii() or "\u3000" <= char <= "\u9fff" for char in chinese):
        return text, ()
    told = "文字按 UTF-8 和 GBK 都读得通，按 GBK 读出的是汉字，采用 GBK；若有误请另存为 CSV UTF-8"
    return chinese, (Notice(NoticeKind.ENCODING_GUESSED, name, told),)


def _is_damaged_utf8(content: bytes) -> bool:
    """Whether more characters of three and four bytes are whole than are broken; in GB18030 next to none are."""
    text = content.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return content.startswith(codecs.BOM_UTF8) or sum(char >= "\u0800" for char in text) - broken > broken
