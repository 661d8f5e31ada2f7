"""The shipped scorecards, the lint of a file, and a scorecard tried with values typed by hand."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from flows.policy.claims import Lines, lines_in_force
from flows.policy.library import library_of, scorecard_of
from flows.settings import load_settings
from pipeline.errors import ConfigurationError
from pipeline.policy.packs import industries
from pipeline.scorecard import Scorecard, bundled_scorecards, load_scorecard, shown
from pipeline.scorecard.lint import Notice, errors, lint
from pipeline.scorecard.trial import Trial, try_values, with_switches


@cache
def shipped_scorecards() -> dict[str, Scorecard]:
    """The scorecards that come with callqa, by name.

    Examples
    --------
    >>> "kf01" in shipped_scorecards()
    True
    """
    return {name: load_scorecard(path) for name, path in bundled_scorecards().items()}


def checked_scorecard(name: str) -> tuple[Scorecard, tuple[Notice, ...]]:
    """A scorecard and all notices of its lint; the shipped ones beside it tell what a word means there.

    Examples
    --------
    >>> card, notices = checked_scorecard("kf01")
    >>> card.name, errors(notices)
    ('kf01', ())
    """
    card = scorecard_of(name, load_settings())
    return card, notices_of(card)


def notices_of(card: Scorecard) -> tuple[Notice, ...]:
    """All notices of the lint of a scorecard that is at hand, beside the lists of every line that judges by it.

    Examples
    --------
    >>> errors(notices_of(shipped_scorecards()["kf01"]))
    ()
    """
    settings = load_settings()
    others = tuple(other for other in shipped_scorecards().values() if other.name != card.name)
    heard_by = {line.settings for line in lines_in_force(settings).by(card)} or {settings}
    found = (notice for own in heard_by for notice in lint(card, others, lists=library_of(own).files))
    return tuple(dict.fromkeys(found))


def unknown_criteria(card: Scorecard, items: Iterable[str]) -> tuple[str, ...]:
    """A line in Chinese for each criterion of a feed that neither a scorecard nor a shipped one has, by its id.

    Examples
    --------
    >>> unknown_criteria(shipped_scorecards()["table1"], ["T1-1", "T9-9"])[0][:21]
    '提示 外部数据里的项目“T9-9”没有用上'
    """
    known: set[str] = set()
    for each in (card, *shipped_scorecards().values()):
        known |= {each.qualitative.id} if each.qualitative else set()
        for criterion in each.criteria:
            known |= {criterion.id, *(f"{criterion.id}-{n}" for n, _ in enumerate(criterion.parts, 1))}
    return tuple(
        f"提示 外部数据里的项目“{item}”没有用上：{card.name} 和自带标准都没有这个编号，请核对 judged、exemptions。"
        for item in sorted(set(items) - known)
    )


def scorecards_table() -> Table:
    """The shipped scorecards as a table: criteria, points, and the notices of the lint."""
    table = Table("名称", "标题", "版本", "评分项", "分值", "检查")
    for name in shipped_scorecards():
        card, notices = checked_scorecard(name)
        wrong = len(errors(notices))
        found = f"错误 {wrong}　提示 {len(notices) - wrong}"
        points = shown(card.points) if card.points else "—"
        table.add_row(name, Text(card.title), str(card.revision), str(len(card.criteria)), points, found)
    return table


def lines_table(lines: Lines) -> Table:
    """The service lines as a table, in the order in which they claim calls.

    Examples
    --------
    >>> lines_table(lines_in_force(load_settings())).row_count
    0
    """
    table = Table("业务线", "队列", "班组", "标准", "单位名称", "热词", "行业包")
    for line in lines.lines:
        queues, teams = (Text("、".join(names) or "不限") for names in (line.scope.queues, line.scope.teams))
        card = Text(f"{line.card.name} 第{line.card.revision}版")
        packs = [industries()[name] for name in line.settings.packs]
        words = (Text("、".join(each) or "—") for each in (line.settings.companies, line.hotwords, packs))
        table.add_row(Text(line.name), queues, teams, card, *words)
    return table


def trial_of(name: str, values: Path, switches: Mapping[str, str]) -> tuple[Scorecard, Trial]:
    """A scorecard and its trial with the values of a JSON file, ``-`` for standard input.

    Parameters
    ----------
    switches : mapping
        Keys of the scorecard that are set otherwise for this trial.

    Raises
    ------
    PolicyError
        If the scorecard is wrong.
    ConfigurationError
        If the file or a value in it is.
    """
    card = scorecard_of(name, load_settings())
    if switches:
        card = with_switches(Path(card.path), switches)
    return card, try_values(card, _read(values))


def as_object(card: Scorecard, trial: Trial) -> dict[str, Any]:
    """A trial as ``--json`` prints it; an interface.

    Examples
    --------
    >>> card = shipped_scorecards()["table1"]
    >>> as_object(card, try_values(card, {"T1-1": 28}))["items"][0]["id"]
    'T1-1'
    """
    return {
        "standard": card.name,
        "revision": card.revision,
        "items": [
            {
                "id": item.criterion_id,
                "title": item.title,
                "awarded": item.awarded,
                "possible": item.possible,
                "level": item.level,
                "reason": item.reason,
            }
            for item in trial.items
        ],
        "total": trial.total,
        "possible": trial.possible,
        "score": trial.score,
        "grade": trial.grade,
        "undecided": trial.undecided,
    }


def trial_table(card: Scorecard, trial: Trial) -> Table:
    """A trial as a table, the total below it.

    Examples
    --------
    >>> card = shipped_scorecards()["table1"]
    >>> trial_table(card, try_values(card, {"T1-1": 28})).columns[1].header
    '项目'
    """
    score = "—" if trial.score is None else shown(trial.score)
    total = f"合计 {shown(trial.total)} / {shown(trial.possible)}，百分制 {score} 分"
    grade = trial.grade or trial.undecided
    table = Table(
        "编号",
        "项目",
        "得分",
        "可得",
        "依据",
        title=f"{card.title}　第{card.revision}版",
        caption=f"{total}，{grade}" if grade else total,
    )
    for item in trial.items:
        points = (shown(item.awarded), shown(item.possible))
        table.add_row(item.criterion_id, Text(item.title), *points, Text(item.reason))
    return table


def _read(path: Path) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8-sig")
        values = json.loads(text)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: is not UTF-8; save it as UTF-8") from None
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"{path}:{error.lineno}: is not valid JSON: {error.msg}") from None
    if not isinstance(values, dict):
        raise ConfigurationError(f'{path}: must be one object of values by item id, such as {{"T1-1": 28}}')
    return values
