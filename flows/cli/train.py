"""``callqa train``: a classifier from labels, and its card as a person reads it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.cli.options import DEFAULT_STORE, By, StoreUrl
from pipeline.files import write_file

if TYPE_CHECKING:
    from models.classifiers import Card, Figures

MEASURES = {
    "precision": "准确率",
    "recall": "召回率",
    "f1": "F1",
    "average_precision": "平均准确率",
    "brier": "Brier",
    "ece": "校准误差",
}

out = Console()


def train(
    criterion: Annotated[str, typer.Argument(help="complaint, sincere_apology, empathy, impatience ...")],
    seeds: Annotated[bool, typer.Option("--seeds", help="Add generated labels to those of people.")] = False,
    store: StoreUrl = DEFAULT_STORE,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Also write the classifier here; its card beside it as .json.")
    ] = None,
    by: By = "callqa train",
) -> None:
    """Train the classifier of a criterion from the labels of the store, and register it as a draft."""
    from models.classifiers import tuned_criterion  # noqa: PLC0415  heavy rooms are entered by those that need them

    tuned = tuned_criterion(criterion)
    from flows.learning.train import train_classifier  # noqa: PLC0415

    done = train_classifier(criterion, store, by, seeds)
    card = done.card
    out.print(card_table(card))
    added = f"，另加生成标签 {done.num_generated} 条（只为起步，不说明实际效果）" if done.num_generated else ""
    out.print(Text(f"人工标签 {done.num_real} 条{added}"))
    if out_file is not None:
        write_file(out_file, done.artifact)
        write_file(out_file.with_suffix(".json"), card.to_json())
        out.print(Text(f"已写入：{out_file.resolve()}"))
    state = "同样的标签已训练过，版本和阶段不变" if done.already else "已登记为草稿，不计分"
    out.print(Text(f"{tuned.title} {card.version}：{state}"))


def card_table(card: Card) -> Table:
    """The card of a classifier: what it learned from, how well it does on whose labels, and its threshold."""
    from models.classifiers import tuned_criterion  # noqa: PLC0415
    from pipeline.validation.learning.labels import Source  # noqa: PLC0415

    table = Table("", "人工标签", "生成标签", title=f"{tuned_criterion(card.criterion).title}　{card.version}")
    counts = {Source(each.source): f"{each.num_holds} 是 / {each.num_not} 否" for each in card.counts}
    generated = counts.pop(Source.GENERATED, "—")
    table.add_row("标签", "；".join(f"{source.title} {n}" for source, n in counts.items()) or "—", generated)
    table.add_row("分组（通话与坐席）", _groups(card.field), _groups(card.generated))
    for name, title in MEASURES.items():
        table.add_row(title, _shown(card.field, name), _shown(card.generated, name))
    table.add_section()
    for title, value in (
        ("阈值", f"{card.threshold:.3f}"),
        ("阈值规则", card.threshold_how + ("" if card.rule_kept else "（未达到）")),
        ("阈值依据", "人工标签" if card.threshold_from == "field" else "含生成标签，上线前须用人工标签重训"),
        ("上线门槛", f"准确率 {card.least_precision:.0%}，召回率 {card.least_recall:.0%}（金标集）"),
        ("留作金标", f"{card.num_held_out} 条，未参与训练"),
        ("环境", f"scikit-learn {card.sklearn_version}，Python {card.python_version}"),
    ):
        table.add_row(title, value)
    return table


def _groups(figures: Figures | None) -> str:
    return "—" if figures is None else str(figures.num_groups)


def _shown(figures: Figures | None, name: str) -> str:
    if figures is None:
        return "—"
    estimate = getattr(figures, name)
    if estimate.value is None:
        return "无"
    return f"{estimate.value:.3f}（{estimate.low:.3f}–{estimate.high:.3f}）"
