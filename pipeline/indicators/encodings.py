"""The text of a table's file; which encoding its content speaks for is decided in `pipeline.call.cdr.encoding`.

Knows that a table has no NUL; not delimiters nor columns (`tables`).
"""

from __future__ import annotations

import codecs
from dataclasses import replace

from pipeline.call.cdr import encoding
from pipeline.errors import ConfigurationError
from pipeline.notices import Notice

_BYTE_ORDER_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


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
    if b"\0" in content and not content.startswith(_BYTE_ORDER_MARKS):
        raise ConfigurationError(f"{path}：不是文本表格，或是没有标记的 UTF-16；请另存为 CSV UTF-8 再用")
    text, notices = encoding.decoded(content, path)
    if "\0" in text:
        raise ConfigurationError(f"{path}：含有空字符，不是文本表格；请另存为 CSV UTF-8 再用")
    return text.lstrip("\ufeff"), tuple(replace(notice, about=name) for notice in notices)
