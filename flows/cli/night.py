"""``callqa run`` and ``callqa rescore``: the words; what they do is in `flows.night`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from flows.cli.options import DEFAULT_STORE, Profile, ScorecardName, Since, StoreUrl
from flows.settings import load_settings
from pipeline.call.cdr import dialects

out, err = Console(), Console(stderr=True)


def run(
    recordings: Annotated[str, typer.Option(help="Folder of recordings, any fsspec URL.")],
    cdr: Annotated[str, typer.Option(help="Call detail records, any fsspec URL.")],
    cdr_format: Annotated[Literal[tuple(dialects())], typer.Option(help="Their dialect.")] = "csv",  # type: ignore[valid-type]
    store: StoreUrl = DEFAULT_STORE,
    scorecard: ScorecardName = "kf01",
    profile: Profile = None,
    weights: Annotated[Path | None, typer.Option(help="A folder with weights of your own.")] = None,
) -> None:
    """Hear and score every call of a night. Safe to start again: what is done is not heard twice."""
    from flows.night.sources import list_recordings, read_records  # noqa: PLC0415
    from flows.policy.policy import policy_of  # noqa: PLC0415
    from pipeline.store import Store  # noqa: PLC0415

    settings = load_settings(profile=profile, weights=weights)
    policy_of(scorecard, settings)  # what is typed wrong is told before models and orchestrator are started
    read_records(cdr, cdr_format)
    list_recordings(recordings)
    Store.open(store).close()

    from flows.learning.classifiers import show_checked  # noqa: PLC0415
    from flows.learning.shadow import shadow_line  # noqa: PLC0415
    from flows.night.quality import quality_table  # noqa: PLC0415
    from flows.orchestrator import orchestrator  # noqa: PLC0415
    from pipeline.call import Status  # noqa: PLC0415

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=err,
    )

    def progress(total: int, todo: int) -> Callable[[int], None]:
        line = bar.add_task("质检", total=total, completed=total - todo)
        return lambda done: bar.advance(line, done)

    with orchestrator(), bar:
        from flows.night.night import nightly  # noqa: PLC0415  Prefect looks around while it is imported

        night = nightly(recordings, cdr, store, cdr_format, scorecard, settings, progress)
    counts = "，".join(f"{status.title} {night.by_status[status]}" for status in Status)
    out.print(Text(f"通话 {night.num_calls}：{counts}；本次处理 {night.num_processed}"))
    if line := shadow_line(night.disagreements):
        out.print(Text(line))
    for part in show_checked(night.demotions):
        out.print(part)
    if night.doubts:
        out.print(quality_table(night.doubts))
    for result in night.failures:
        err.print(Text(f"失败 {result.call.id}（{result.stage}）{result.reason}: {result.problem}", style="red"))
    if night.failures:
        raise typer.Exit(1)


def rescore(
    scorecard: ScorecardName,
    since: Since = None,
    store: StoreUrl = DEFAULT_STORE,
) -> None:
    """Judge the stored calls again, from their turns alone: no audio, no model."""
    from flows.night.rescore import gold_agreement, rescore_calls  # noqa: PLC0415

    settings = load_settings()
    num_judged = rescore_calls(scorecard, store, since.date() if since else None, settings)
    out.print(Text(f"重新评分 {num_judged} 通"))
    agreed, num_ruled = gold_agreement(scorecard, store, settings)
    if num_ruled:
        out.print(Text(f"申诉改判的 {num_ruled} 项，机器现在与其中 {agreed} 项一致"))
