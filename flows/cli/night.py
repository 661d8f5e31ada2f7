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

from flows.cli.options import DEFAULT_STORE, FeedsFolder, Profile, ScorecardNames, Since, StoreUrl
from flows.settings import load_settings
from pipeline.call.cdr import dialects

out, err = Console(), Console(stderr=True)


def run(
    recordings: Annotated[str, typer.Option(help="Folder of recordings, any fsspec URL.")],
    cdr: Annotated[str, typer.Option(help="Call detail records, any fsspec URL.")],
    cdr_format: Annotated[Literal[tuple(dialects())], typer.Option(help="Their dialect.")] = "csv",  # type: ignore[valid-type]
    store: StoreUrl = DEFAULT_STORE,
    scorecard: ScorecardNames = None,
    feeds: FeedsFolder = None,
    profile: Profile = None,
    weights: Annotated[Path | None, typer.Option(help="A folder with weights of your own.")] = None,
) -> None:
    """Hear and score every call of a night. Safe to start again: what is done is not heard twice."""
    from flows.night.sources import list_recordings, read_records  # noqa: PLC0415
    from flows.policy.claims import doubts_of, lines_of  # noqa: PLC0415
    from flows.policy.policy import policy_for  # noqa: PLC0415
    from models.weights import check_weights  # noqa: PLC0415
    from pipeline.indicators import Feeds  # noqa: PLC0415
    from pipeline.store import Store  # noqa: PLC0415

    settings = load_settings(profile=profile, weights=weights)
    if settings.judge_url:
        from flows.night.judging import check_judge  # noqa: PLC0415

        check_judge(settings)
    standards = tuple(scorecard or ())
    lines = lines_of(standards, settings)  # what is typed wrong is told before models and orchestrator are started
    for line in lines.lines:
        policy_for(line.card, line.settings)
    Feeds.read(feeds)
    read_records(cdr, cdr_format)
    list_recordings(recordings)
    check_weights(settings.profile, settings.weights)
    Store.open(store).close()

    from flows.learning.classifiers import show_checked  # noqa: PLC0415
    from flows.learning.shadow import shadow_line  # noqa: PLC0415
    from flows.night.quality import quality_table  # noqa: PLC0415
    from flows.night.unclaimed import unclaimed_line  # noqa: PLC0415
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

        place = str(feeds) if feeds else None
        night = nightly(recordings, cdr, store, cdr_format, standards, settings, progress, place)
    counts = "，".join(f"{status.title} {night.by_status[status]}" for status in Status)
    out.print(Text(f"通话 {night.num_calls}：{counts}；本次处理 {night.num_processed}"))
    if unclaimed := unclaimed_line(night.unclaimed):
        out.print(Text(unclaimed))
    for doubt in doubts_of(lines) if lines.path else ():
        out.print(Text(doubt))
    for sentence in night.edited:
        out.print(Text(sentence))
    if disagreements := shadow_line(night.disagreements):
        out.print(Text(disagreements))
    if night.asking is not None:
        out.print(Text(str(night.asking)))
    for part in show_checked(night.demotions):
        out.print(part)
    if night.doubts:
        out.print(quality_table(night.doubts))
    for result in night.failures:
        err.print(Text(f"失败 {result.call.id}（{result.stage}）{result.reason}: {result.problem}", style="red"))
    if night.failures:
        raise typer.Exit(1)


def rescore(
    scorecard: ScorecardNames = None,
    since: Since = None,
    store: StoreUrl = DEFAULT_STORE,
) -> None:
    """Judge the stored calls again by the standard of their line, from their turns alone: no audio, no model."""
    from flows.night.rescore import gold_agreement, rescore_calls  # noqa: PLC0415

    settings, standards = load_settings(), tuple(scorecard or ())
    if not standards and settings.lines is None:
        raise typer.BadParameter("say by which standard", param_hint="--standard")
    rescored = rescore_calls(standards, store, since.date() if since else None, settings)
    out.print(Text(f"重新评分 {rescored.judged} 通"))
    if rescored.unclaimed:
        out.print(Text(f"没有适用标准 {rescored.unclaimed} 通，没有改动"))
    agreed, num_ruled = gold_agreement(standards, store, settings)
    if num_ruled:
        out.print(Text(f"申诉改判的 {num_ruled} 项，机器现在与其中 {agreed} 项一致"))
