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

from pipeline.enums import TitledEnum

FIRST = "0" * 64
"""Stands in the first line in place of the hash of a line before it."""


class Action(TitledEnum):
    """An act that is noted in the log: its stored name, and its title for a reader."""

    SIGN_IN = "sign_in", "登录"
    SIGN_IN_FAILED = "sign_in_failed", "登录失败"
    SIGN_OUT = "sign_out", "退出"
    REFUSED = "refused", "越权被拒"
    LISTEN = "listen", "调听录音"
    READ = "read", "查看通话"
    SEARCH = "search", "搜索转写"
    EXPORT = "export", "导出"
    ACCOUNT = "account", "账号变更"
    ROSTER = "roster", "花名册更新"
    ANSWER = "answer", "评定评分项"
    UNDO_ANSWER = "undo_answer", "撤销评定"
    TAKE = "take", "领取复核"
    GIVE_BACK = "give_back", "退回队列"
    ASSIGN = "assign", "分派复核"
    FINISH = "finish", "完成复核"
    PLAN_START = "plan_start", "启用抽样计划"
    PLAN_STOP = "plan_stop", "停止抽样计划"
    CALIBRATION_DEALT = "calibration_dealt", "发起校准"
    CALIBRATION_ANSWERED = "calibration_answered", "校准盲评"
    CALIBRATION_CLOSED = "calibration_closed", "结束校准"
    RECORD_CORRECTED = "record_corrected", "话单更正"
    RECORDING_REPLACED = "recording_replaced", "录音更换"
    CORRECT = "correct", "更正听写"
    UNDO_CORRECTION = "undo_correction", "撤销更正"
    DISPUTE_RAISED = "dispute_raised", "提出申诉"
    DISPUTE_ASSIGNED = "dispute_assigned", "指派申诉"
    DISPUTE_RETURNED = "dispute_returned", "退回申诉"
    DISPUTE_ANSWERED = "dispute_answered", "补充申诉"
    DISPUTE_UPHELD = "dispute_upheld", "申诉改判"
    DISPUTE_REJECTED = "dispute_rejected", "申诉维持"
    DRAFT_PROPOSED = "draft_proposed", "提出规则草案"
    DRAFT_RELEASED = "draft_released", "发布规则草案"
    DRAFT_REJECTED = "draft_rejected", "否决规则草案"
    DRAFT_WITHDRAWN = "draft_withdrawn", "撤回规则草案"
    DRAFT_MEASURED = "draft_measured", "测算规则草案"
    LEDGER_PROPOSAL = "ledger_proposal", "提出奖惩"
    LEDGER_SIGNED = "ledger_signed", "奖惩签字"
    LEDGER_REJECTED = "ledger_rejected", "奖惩否决"
    LEDGER_WITHDRAWN = "ledger_withdrawn", "奖惩撤回"
    LEDGER_FLAG = "ledger_flag", "诚信问题登记"
    LEDGER_LOOKED = "ledger_looked", "人工定级"
    RATE = "rate", "月度评定"
    RESULT_SEEN = "result_seen", "坐席确认成绩"
    RESULT_OBJECTED = "result_objected", "坐席对成绩有异议"
    RESULT_ANSWERED = "result_answered", "答复成绩异议"
    PLAN_EDIT = "plan_edit", "修改改进计划"
    COACHING_PROPOSED = "coaching_proposed", "提出辅导任务"
    COACHING_TAKEN = "coaching_taken", "接手辅导任务"
    COACHING_ASSIGNED = "coaching_assigned", "指派辅导任务"
    COACHING_SEEN = "coaching_seen", "坐席确认辅导任务"
    COACHING_DONE = "coaching_done", "已辅导"
    COACHING_DUE = "coaching_due", "辅导任务改期"
    COACHING_CLOSED = "coaching_closed", "完成辅导任务"
    COACHING_CANCELLED = "coaching_cancelled", "取消辅导任务"
    TRY_RULES = "try_rules", "试词库或规则"


@dataclass(frozen=True, slots=True)
class Note:
    """An act to be noted in the log.

    Parameters
    ----------
    by : str
        The account's id; the sign-in name that was tried, where there is no account.
    action : str
        One of `Action`; any other text only in a line that somebody forged.
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

    @property
    def title(self) -> str:
        """The action as a reader of the log sees it.

        Examples
        --------
        >>> Note("wang", Action.LISTEN, "D04").title, Note("wang", "forged").title
        ('调听录音', 'forged')
        """
        return next((action.title for action in Action if action == self.action), self.action)


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
    >>> line = chained(1, datetime(2025, 3, 3, tzinfo=UTC), Note("wang", Action.LISTEN, "D04"), FIRST)
    >>> line.hash[:12]
    'fd2b6f106ac9'
    """
    return AuditLine(id, at, note, before, _hash(id, at, note, before))


def _hash(id: int, at: datetime, note: Note, before: str) -> str:
    head = [id, at.astimezone(UTC).isoformat(timespec="microseconds"), note.by, note.action, note.about]
    text = json.dumps(
        [*head, note.old, note.new, note.why, before], ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Break:
    """The line at which a chain does not hold, and the fault in Chinese."""

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

    Examples
    --------
    >>> at = datetime(2025, 3, 3, tzinfo=UTC)
    >>> first = chained(1, at, Note("wang", Action.LISTEN, "D04"), FIRST)
    >>> second = chained(2, at, Note("wang", Action.ANSWER, "D04"), first.hash)
    >>> first_break([first, second])
    >>> first_break([second]).problem
    '缺少第 1 行（其后是第 2 行）'
    """
    before, expected = FIRST, 1
    met_last = last is None
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
            met_last = True
        before, expected = line.hash, expected + 1
    if not met_last and last is not None:
        return Break(expected, f"日志到第 {expected - 1} 行为止，而另行记录的是第 {last[0]} 行：末尾被截去")
    return None
