"""Classifiers that are not live beside the one that is, compared over calls that both looked at."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rich.table import Table
from rich.text import Text

from flows.learning.registry import active_versions
from models.classifiers import tuned_criterion
from pipeline.store import Store
from pipeline.timeline import place
from pipeline.validation.learning.registry import Stage
from pipeline.validation.learning.shadow import Disagreement, disagreement

SHOWN = 10
"""Places to listen to that a table lists of each side."""


def shadow_disagreements(store: Store, call_ids: Collection[str] | None = None) -> tuple[Disagreement, ...]:
    """Where each version that runs and is not live disagrees with the one that is.

    Parameters
    ----------
    call_ids : collection of str | None
        The calls that are looked at, of those judged since the version came to its stage; None for all of them.
    """
    found, wanted = [], None if call_ids is None else set(call_ids)
    for each in active_versions(store):
        if each.stage is not Stage.LIVE:
            tuned = tuned_criterion(each.criterion)
            both = store.evaluations.calls_since(each.last.at)
            kept = both if wanted is None else [call_id for call_id in both if call_id in wanted]
            findings = store.evaluations.findings(kept)
            found.append(disagreement(each.criterion, each.version, (tuned.detector, tuned.term), findings))
    return tuple(found)


def shadow_table(store_url: str) -> Table:
    """Disagreements of versions that are not live as a table, with the first places to listen to."""
    table = Table("评分项", "版本", "通话", "一致", "只有影子", "只有在用", "可听（影子／在用）")
    with Store.open(store_url, create=False) as store:
        for each in shadow_disagreements(store):
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
    """The disagreements of a night in one line of Chinese; empty where nothing ran beside the live ones.

    Examples
    --------
    >>> shadow_line([])
    ''
    """
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
        result = store.calls.get(call_id)
        if result is not None and result.hearing is not None and turn_index < len(result.hearing.turns):
            shown.append(f"{call_id} {place(result.hearing.turns[turn_index].span.start)}")
    return "、".join(shown)
