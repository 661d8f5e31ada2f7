"""Classifiers that are not live beside what is: counted in the calls that both looked at."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rich.table import Table
from rich.text import Text

from flows.learning.serving import running
from models.classifiers import tuned_criterion
from pipeline.store import Store
from pipeline.timeline import place
from pipeline.validation.learning.registry import Stage
from pipeline.validation.learning.shadow import Disagreement, disagreement

SHOWN = 10
"""Places to listen to that a table lists of each side."""


def compared_with_live(store: Store, call_ids: Collection[str] | None = None) -> tuple[Disagreement, ...]:
    """Each version that runs and is not live, beside what is.

    Parameters
    ----------
    call_ids : collection of str | None
        The calls that are looked at, of those judged since the version came to its stage; None for all of them.
    """
    found, wanted = [], None if call_ids is None else set(call_ids)
    for each in running(store):
        if each.stage is not Stage.LIVE:
            tuned = tuned_criterion(each.criterion)
            both = store.judged_since(each.last.at)
            kept = both if wanted is None else [call_id for call_id in both if call_id in wanted]
            findings = store.findings_of(kept)
            found.append(disagreement(each.criterion, each.version, (tuned.detector, tuned.term), findings))
    return tuple(found)


def shadow_table(store_url: str) -> Table:
    """The same as a table, with the first places to listen to."""
    table = Table("评分项", "版本", "通话", "一致", "只有影子", "只有在用", "可听（影子／在用）")
    with Store.open(store_url, create=False) as store:
        for each in compared_with_live(store):
            table.add_row(
                tuned_criterion(each.criterion).title,
                each.version,
                str(each.calls),
                str(each.both),
                str(len(each.only_shadow)),
                str(len(each.only_live)),
                Text(f"{_places(store, each.only_shadow)}／{_places(store, each.only_live)}"),
            )
    return table


def shadow_line(compared: Sequence[Disagreement]) -> str:
    """The counts of a night in one line; empty where nothing ran beside what is live."""
    counts = (
        f"{tuned_criterion(each.criterion).title} 一致 {each.both}、只有影子 {len(each.only_shadow)}、"
        f"只有在用 {len(each.only_live)}"
        for each in compared
        if each.calls
    )
    line = "；".join(counts)
    return f"影子模型：{line}（callqa classifier shadow 可看详情）" if line else ""


def _places(store: Store, turns: Sequence[tuple[str, int]]) -> str:
    shown = []
    for call_id, turn_index in turns[:SHOWN]:
        result = store.result(call_id)
        if result is not None and result.hearing is not None and turn_index < len(result.hearing.turns):
            shown.append(f"{call_id} {place(result.hearing.turns[turn_index].span.start)}")
    return "、".join(shown)
