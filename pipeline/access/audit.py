"""The audit log: who read or decided what, when and why, each line chained to the one before by its hash.

Knows how a chain is made and where it breaks; not how it is kept (`store.audit`), nor what is worth a line.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

FIRST = "0" * 64
"""What the first line has in place of the hash of a line before it."""


@dataclass(frozen=True, slots=True)
class Note:
    """What is to be noted.

    Parameters
    ----------
    by : str
        The account's id; the sign-in name that was tried, where there is no account.
    action : str
        What was done, as `ACTIONS` names it: ``listen``, ``answer``, ``refused``.
    about : str
        The call, dispute, account or file that it was done to.
    old, new : object
        What stood before and what stands now, of plain JSON; None where there is none. Never what was said in a
        call: the log outlives the recording.
    why : str
        The reason given.
    """

    by: str
    action: str
    about: str = ""
    old: Any = None
    new: Any = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line of the log as it is kept.

    Parameters
    ----------
    id : int
        1, 2, 3 … without a gap.
    at : datetime
        In UTC, to the microsecond.
    before, hash : str
        SHA-256 in hex: of the line before, and of this one with it.
    """

    id: int
    at: datetime
    note: Note
    before: str
    hash: str


def chained(id: int, at: datetime, note: Note, before: str) -> AuditLine:
    """The line that follows the one whose hash is `before`.

    Examples
    --------
    >>> line = chained(1, datetime(2025, 3, 3, tzinfo=UTC), Note("wang", "listen", "D04"), FIRST)
    >>> line.hash[:12]
    'fd2b6f106ac9'
    """
    return AuditLine(id, at, note, before, _hash(id, at, note, before))


def _hash(id: int, at: datetime, note: Note, before: str) -> str:
    said = [id, at.astimezone(UTC).isoformat(timespec="microseconds"), note.by, note.action, note.about]
    text = json.dumps(
        [*said, note.old, note.new, note.why, before], ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain does not hold, and how one sees it, in Chinese."""

    id: int
    problem: str


def first_break(lines: Iterable[AuditLine], last: tuple[int, str] | None = None) -> Break | None:
    """The first line that was changed, taken out or put in; None for a chain that holds.

    Parameters
    ----------
    lines : iterable of AuditLine
        All of them, in order.
    last : tuple of int and str | None
        Id and hash of a line as it was noted down elsewhere, such as the last one of the month before. A chain
        whose end was cut off, or that was forged as a whole, holds in itself; only this tells.
    """
    before, expected = FIRST, 1
    seen = last is None
    for line in lines:
        if line.id != expected:
            return Break(expected, f"缺少第 {expected} 行（其后是第 {line.id} 行）")
        if line.before != before:
            return Break(line.id, f"第 {line.id} 行与前一行的哈希不相接")
        if _hash(line.id, line.at, line.note, line.before) != line.hash:
            return Break(line.id, f"第 {line.id} 行的内容与其哈希不符，已被改动")
        if last is not None and line.id == last[0]:
            if line.hash != last[1]:
                return Break(line.id, f"第 {line.id} 行的哈希与另行记录的不同，整条链被重写过")
            seen = True
        before, expected = line.hash, expected + 1
    if not seen and last is not None:
        return Break(expected, f"日志到第 {expected - 1} 行为止，而另行记录的是第 {last[0]} 行：末尾被截去")
    return None


ACTIONS = {
    "sign_in": "登录",
    "sign_in_failed": "登录失败",
    "sign_out": "退出",
    "refused": "越权被拒",
    "listen": "调听录音",
    "read": "查看通话",
    "search": "搜索转写",
    "export": "导出",
    "account": "账号变更",
    "roster": "花名册更新",
}
"""What is noted, in Chinese. Each part that decides adds its own with `|=` beside its table."""
