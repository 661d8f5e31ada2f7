"""The registry of classifiers for people: versions with their stages, and the gate before one counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from flows.learning.gate import GateCheck, affected_by, decision_on_live
from flows.learning.registry import load_version
from models.classifiers import tuned_criterion
from pipeline.call import SHANGHAI
from pipeline.errors import ClassifierError, ConfigurationError
from pipeline.store import Store
from pipeline.validation.learning.gate import Decision
from pipeline.validation.learning.opinions import is_judge
from pipeline.validation.learning.registry import ClassifierVersion, Stage
from pipeline.validation.learning.stakes import MonthAtStake


def classifiers_table(store_url: str) -> Table:
    """Every version with its stage, who put it there and when, and whether it can be loaded."""
    table = Table("评分项")
    table.add_column("版本", no_wrap=True)  # to be typed
    for heading in ("阶段", "由谁", "时间", "原因", "能否加载"):
        table.add_column(heading)
    with Store.open(store_url, create=False) as store:
        for each in store.classifiers.versions():
            at = f"{each.last.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
            row = (each.stage.title, each.last.by, at, each.last.reason, _loads(store, each))
            table.add_row(Text(_title(each)), each.version, *map(Text, row))
    return table


def show_classifier(store_url: str, criterion: str, version: str) -> Iterator[RenderableType]:
    """The card of a version and the history of its stages."""
    with Store.open(store_url, create=False) as store:
        registered = _registered(store, criterion, version)
        history = store.classifiers.stages(criterion, version)
    yield Text(registered.card)
    table = Table("时间", "阶段", "由谁", "原因")
    for change in history:
        at = f"{change.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        table.add_row(at, change.stage.title, Text(change.by), Text(change.reason))
    yield table


def promote(
    store_url: str, criterion: str, version: str, to: Stage, by: str, reason: str
) -> tuple[Decision, tuple[str, ...]]:
    """The gate's decision on a promotion, and the changes made, in Chinese: none where it refuses.

    Raises
    ------
    ConfigurationError
        If there is no such version, it cannot come to that stage, or nobody is named.
    """
    with Store.open(store_url, create=False) as store:
        registered = _registered(store, criterion, version)
        decision = Decision(True, ())
        if to is Stage.LIVE:
            decision = decision_on_live(store, registered)
            if not decision.passes:
                return decision, ()
        changes = store.classifiers.stage(criterion, version, to, by, reason)
    return decision, tuple(f"{each.criterion} {each.version}：{each.stage.title}" for each in changes)


def demote(
    store_url: str, criterion: str, version: str, to: Stage, by: str, reason: str
) -> tuple[tuple[str, ...], tuple[MonthAtStake, ...]]:
    """The changes made by a demotion, in Chinese, and the closed months that rest on findings of the version."""
    with Store.open(store_url, create=False) as store:
        registered = _registered(store, criterion, version)
        changes = store.classifiers.stage(criterion, version, to, by, reason)
        affected = affected_by(store, registered) if changes else ()
    return tuple(f"{each.criterion} {each.version}：{each.stage.title}" for each in changes), affected


def show_checked(checked: Iterable[GateCheck]) -> Iterator[RenderableType]:
    """Decisions of the gate, and the closed months that a demotion concerns."""
    for each in checked:
        verdict = "已降级为只提示不扣分" if each.demoted else "保持" if each.decision.passes else "此前已降级"
        yield Text(f"{each.name}：{verdict}", style="" if each.decision.passes else "red")
        for reason in each.decision.reasons:
            yield Text(f"  {reason}")
        yield from show_affected(each.affected, each.demoted)


def show_affected(affected: Iterable[MonthAtStake], demoted: bool) -> Iterator[RenderableType]:
    """The closed months that rest on what was demoted, and what to do about them and about the open ones."""
    table = Table("月份", "标准", "坐席", "通话", "扣分", "得分", title="受影响的已关账月份")
    for row in affected:
        figures = ("—" if points is None else f"{points:.1f}" for points in (row.lost, row.given))
        table.add_row(
            row.month,
            Text(f"{row.standard} 第{row.revision}版"),
            Text(row.agent_id or "—"),
            str(row.calls),
            *figures,
        )
    if table.row_count:
        yield table
        yield Text("更正须先重开：callqa month 月份 --reopen --by 姓名 --reason 原因")
    if demoted:
        yield Text("未关账的月份请重新评分：callqa rescore --scorecard 标准")


def _registered(store: Store, criterion: str, version: str) -> ClassifierVersion:
    known = store.classifiers.versions(criterion=criterion)
    found = next((each for each in known if each.version == version), None)
    if found is None:
        there = ", ".join(each.version for each in known) or "none"
        raise ConfigurationError(f"{criterion} has no version {version}; registered: {there}")
    return found


def _title(registered: ClassifierVersion) -> str:
    if not is_judge(registered.criterion):
        return tuned_criterion(registered.criterion).title
    from flows.learning.judges import title_of_judge  # noqa: PLC0415  only where there is a judge

    return title_of_judge(registered)


def _loads(store: Store, registered: ClassifierVersion) -> str:
    if is_judge(registered.criterion):
        return "不用加载"
    try:
        load_version(store, registered)
    except ClassifierError as error:
        return str(error)
    return "能"
