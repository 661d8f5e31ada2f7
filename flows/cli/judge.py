"""``callqa judge``: the words; what they do is in `flows.learning.judges` and `flows.night.judging`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from flows.cli.options import DEFAULT_STORE, ScorecardName, StoreUrl, example
from flows.settings import load_settings

judge_app = typer.Typer(
    help="A language model of your own network that suggests answers; off unless CALLQA_JUDGE_URL is set.",
    no_args_is_help=True,
)
out = Console()


@judge_app.command("try", epilog=example("callqa judge try D04 --item KF01-7-1"))
def try_judge(
    call_id: str,
    item: Annotated[str, typer.Option(help="The item that is asked.")],
    show: Annotated[bool, typer.Option("--show", help="Print what would be sent, and send nothing.")] = False,
    store: StoreUrl = DEFAULT_STORE,
) -> None:
    """Ask one question about one call: what leaves the process, and what comes back. Nothing is kept."""
    from flows.night.judging import tried  # noqa: PLC0415

    for line in tried(store, call_id, item, load_settings(), sends=not show):
        out.print(Text(line))


@judge_app.command("eval", epilog=example("callqa judge eval --standard kf01 --gold labels"))
def evaluate(
    standard: ScorecardName = "kf01",
    gold: Annotated[
        str, typer.Option(help="labels: what people answered in the store; or a CSV file call_id,item,verdict.")
    ] = "labels",
    model: Annotated[
        list[str] | None, typer.Option(help="A model that was asked; may be repeated. Left out: all of them.")
    ] = None,
    store: StoreUrl = DEFAULT_STORE,
) -> None:
    """Agreement of models with people, and of models with each other: exact and kappa, by item, with intervals."""
    from flows.learning.judges import compare_judges, comparison_table  # noqa: PLC0415
    from pipeline.store import Store  # noqa: PLC0415

    file = None if gold == "labels" else Path(gold)
    with Store.open(store, create=False) as open_store:
        compared, thrown = compare_judges(open_store, standard, load_settings(), file, model or ())
    if not compared:
        out.print(Text(f"还没有模型回答过 {standard} 的题：设好 CALLQA_JUDGE_URL 后，callqa run 会问"))
        return
    out.print(comparison_table(compared))
    for name, number in thrown.items():
        out.print(Text(f"{name}：作废 {number} 题（引文核对不上或读不懂），不计入上表"))
    if file is None:
        out.print(Text("人工的结论里，有些是看过建议后给的，会偏向一致；影子运行期间的才是各判各的"))
