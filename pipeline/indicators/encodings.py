"""The text of a table's file, in the encoding that its content speaks for.

Knows characters; not delimiters nor columns (`tables`).
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from itertools import pairwise

from pipeline.call.cdr.table import decode
from pipeline.errors import ConfigurationError
from pipeline.notices import Notice, NoticeKind

_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SIGNS = frozenset("·×÷±°²³µ§¥£")
"""Signs of two bytes in UTF-8 that Chinese texts have, too."""


def decoded(content: bytes, path: str, name: str) -> tuple[str, tuple[Notice, ...]]:
    """The text of a file, and a notice where two encodings fit and its content had to decide.

    Parameters
    ----------
    name : str
        The file, for the notice.

    Raises
    ------
    ConfigurationError
        If it is no text.

    Examples
    --------
    >>> text, notices = decoded("1001,英一".encode("gbk"), "a.csv", "a.csv")
    >>> text, len(notices)
    ('1001,英一', 1)
    >>> decoded("1001,José".encode(), "a.csv", "a.csv")
    ('1001,José', ())
    """
    if b"\0" in content and not content.startswith(_MARKS):
        raise ConfigurationError(f"{path}：不是文本表格，或是没有标记的 UTF-16；请另存为 CSV UTF-8 再用")
    text = decode(content, path).lstrip("\ufeff")
    if "\0" in text:
        raise ConfigurationError(f"{path}：含有空字符，不是文本表格；请另存为 CSV UTF-8 再用")
    if content.startswith(_MARKS) or text.isascii() or not all(_is_foreign(*near) for near in _neighbours(text)):
        return text, ()
    try:
        chinese = content.decode("gb18030")
    except UnicodeDecodeError:
        return text, ()
    if not all(char.isascii() or "\u3000" <= char <= "\u9fff" for char in chinese):
        return text, ()
    told = "同时符合 UTF-8 与 GBK：按 UTF-8 读不出汉字，已按 GBK 读取；若有误请另存为 CSV UTF-8"
    return chinese, (Notice(NoticeKind.ENCODING_GUESSED, name, told),)


def _neighbours(text: str) -> Iterator[tuple[str, str, str]]:
    """Each character beyond ASCII between its neighbours."""
    padded = f" {text} "
    for (before, char), after in zip(pairwise(padded), padded[2:], strict=False):
        if not char.isascii():
            yield before, char, after


def _is_foreign(before: str, char: str, after: str) -> bool:
    """Whether a character looks like GBK read as UTF-8: of two bytes, no sign, no letter of a Latin word."""
    in_word = char < "\u0250" and any(each.isascii() and each.isalpha() for each in (before, after))
    return char < "\u0800" and char not in _SIGNS and not in_word
