"""A notice: one doubt about a scorecard, as a QA manager reads it, and what becomes of it.

Knows how a notice is told, in Chinese; what there is to notice is found by the rules beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal, TypeAlias

from pipeline.errors import PolicyError
from pipeline.scorecard import Scorecard

Severity: TypeAlias = Literal["error", "warning"]
Code: TypeAlias = Literal[
    "sum",
    "total",
    "choice",
    "weights",
    "missed",
    "points",
    "parts",
    "cut",
    "split",
    "veto",
    "bonus",
    "bands",
    "lines",
    "unit",
    "formula",
    "wording",
    "block",
    "sample",
    "example",
    "denominators",
    "indicator",
    "source",
    "phrases",
    "placeholder",
    "item",
    "consequence",
    "period",
    "plan",
    "not_applicable",
    "clocks",
    "harsh",
    "defaults",
    "minimums",
    "suggestions",
]
QUOTED = 80  # characters of the printed sentence on a line of the command line
WORD: dict[Severity, str] = {"error": "错误", "warning": "提示"}


@dataclass(frozen=True, slots=True)
class Notice:
    """One doubt about a standard.

    Parameters
    ----------
    severity : str
        ``error``: nothing may be scored before it is settled. ``warning``: printed with every month.
    code : str
        What it is about, in a word.
    criterion_id : str | None
        The criterion; None where the whole scorecard is concerned.
    path : str
        The file, as the user named it; the scorecard's name where it was not read from a file.
    line : int | None
        1-based line in that file, where it is known.
    sentence : str
        In Chinese: what is wrong, with its figures, and what to do.
    quote : str
        The sentence of the printed document that is concerned; empty where none is.
    """

    severity: Severity
    code: Code
    criterion_id: str | None
    path: str
    line: int | None
    sentence: str
    quote: str = ""

    @property
    def told(self) -> str:
        """Item and sentence."""
        return f"{self.criterion_id}：{self.sentence}" if self.criterion_id else self.sentence


def errors(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """Those that refuse to score.

    Examples
    --------
    >>> wrong = Notice("error", "sum", None, "x.yaml", 5, "不符。")
    >>> doubtful = Notice("warning", "cut", None, "x.yaml", 6, "不全。")
    >>> errors([wrong, doubtful]) == (wrong,)
    True
    """
    return tuple(notice for notice in notices if notice.severity == "error")


def refuse(card: Scorecard, notices: Iterable[Notice]) -> None:
    """Nothing, where a scorecard may score.

    Raises
    ------
    PolicyError
        With the first error's line and sentence, and how many there are beside it.
    """
    wrong = errors(notices)
    if not wrong:
        return
    first, more = wrong[0], len(wrong) - 1
    others = f"（另有 {more} 处错误，用 callqa standard check 查看全部）" if more else ""
    raise PolicyError(card.path or card.name, first.line, f"{first.told}{others}")


def describe(notices: Iterable[Notice]) -> list[str]:
    """A line for each notice, as the command line prints it.

    Examples
    --------
    >>> describe([Notice("error", "sum", "KF03-二", "x/kf03.yaml", 57, "合计 46 分，印 40 分。", "装修服务")])
    ['错误 kf03.yaml:57 KF03-二：合计 46 分，印 40 分。原文：“装修服务”']
    """
    return [f"{WORD[notice.severity]} {_place(notice)} {notice.told}{_quote(notice)}" for notice in notices]


def _place(notice: Notice) -> str:
    name = PurePath(notice.path).name
    return f"{name}:{notice.line}" if notice.line else name


def _quote(notice: Notice) -> str:
    if not notice.quote:
        return ""
    return f"原文：“{notice.quote[:QUOTED]}{'…（略）' if len(notice.quote) > QUOTED else ''}”"
