"""A call, a month and a comparison as the command line shows them: in Chinese, as the desk and the workbook do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from flows.policy.claims import names_of
from flows.policy.library import scorecard_of, titles_in_force
from flows.settings import load_settings
from pipeline.call import SHANGHAI, Call
from pipeline.errors import ConfigurationError, PolicyError
from pipeline.evaluation.result import CallResult
from pipeline.findings.titles import title_of, value_of
from pipeline.hearing.corrections import Correction, standing_corrections
from pipeline.hearing.reading import plain, read
from pipeline.hearing.turns import Role
from pipeline.month.assessment.closing import ClosingState
from pipeline.month.assessment.comparison import Difference
from pipeline.month.assessment.periods import PeriodResult
from pipeline.month.workbook import MonthReport
from pipeline.month.workbook.wording import person
from pipeline.review.answers import Kind, PersonAnswer, last_acts
from pipeline.review.suspected import subject_title
from pipeline.store import Store
from pipeline.tally import shown
from pipeline.timeline import place
from pipeline.titles import Titles

ROLE_STYLES = {Role.AGENT: "cyan", Role.CUSTOMER: "yellow", Role.SYSTEM: "dim", Role.UNKNOWN: "dim"}


def show_month(report: MonthReport) -> Iterator[RenderableType]:
    """The agents of a month: calls by outcome, score with its interval, grade, and why some have none."""
    closed = report.closing is not None and report.closing.state is ClosingState.CLOSED
    state = "已关账" if closed else "试算"
    title = f"{report.month} 月度考核　{report.scorecard.name} 第{report.scorecard.revision}版（{state}）"
    table = Table(title=title)
    table.add_column("坐席", no_wrap=True)
    for heading in ("通话：已评\n/不可评/失败", "得分", "区间", "应答\n秒", "禁用\n语", "致歉\n应/已"):
        table.add_column(heading, justify="right", no_wrap=True)
    if report.scorecard.grades:
        table.add_column("等级", no_wrap=True)
    undecided = dict.fromkeys(row.undecided for row in report.months if row.undecided and row.agent_id is not None)
    marks = {why: f"待定 {n}" for n, why in enumerate(undecided, 1)}
    for row in report.months:
        grade = [Text(row.grade or marks.get(row.undecided, "—"))] if report.scorecard.grades else []
        table.add_row(
            Text(person(row.agent_id, row.agent_name) or "—"),
            f"{row.calls}：{row.evaluated}/{row.unscorable}/{row.failed}",
            _points(row.score),
            "—" if row.low is None or row.high is None else _ends(row.low, row.high),
            _figure(row.speed_of_answer_s),
            str(row.banned_wording),
            f"{row.apologies_owed}/{row.apologies_given}",
            *grade,
        )
    yield table
    for why, mark in marks.items():
        yield Text(f"{mark}：{why}")


def differences_table(differences: Sequence[Difference]) -> Table:
    """Agents whose month another scorecard would change: the figures in force, then those on trial.

    Examples
    --------
    >>> differences_table([]).row_count
    0
    """
    table = Table("坐席", "得分", "等级", "奖金", "奖惩建议")
    for each in differences:
        if not each.changed:
            continue
        table.add_row(
            Text(person(each.before.agent_id, each.before.agent_name) or "—"),
            f"{_points(each.before.score)} → {_points(each.after.score)}",
            Text(f"{each.before.grade or '未定级'} → {each.after.grade or '未定级'}"),
            Text(" → ".join(pay or "—" for pay in each.pays) if each.bonus_changed else ""),
            Text("\n".join((*(f"− {title}" for title in each.lost), *(f"＋ {title}" for title in each.gained)))),
        )
    return table


def period_table(period: str, results: Sequence[tuple[str, PeriodResult]]) -> Table:
    """Agents, teams and the whole line over a quarter or a year, a row each.

    Examples
    --------
    >>> period_table("2026-Q3", []).title
    '2026-Q3 考核（已关账月份）'
    """
    table = Table("坐席/班组", "月份", "得分", "区间", "等级", title=f"{period} 考核（已关账月份）")
    for name, result in results:
        ends = "—" if result.low is None or result.high is None else f"{shown(result.low)}–{shown(result.high)}"
        grade = Text(result.grade or result.undecided or "—")
        table.add_row(Text(name), "、".join(result.months), _points(result.score), ends, grade)
    return table


def _ends(low: float, high: float) -> str:
    """An interval on two lines: a terminal is narrow, and a figure that is cut is another figure."""
    return f"{shown(low)}–\n{shown(high)}" if shown(low) != shown(high) else shown(low)


def _points(value: float | None) -> str:
    return "—" if value is None else shown(value)


def _figure(value: float | None) -> str:
    return "—" if value is None else f"{value:.1f}"


def show_call(store_url: str, call_id: str) -> Iterator[RenderableType]:
    """One call: outcome, dialogue, findings, answers, and what people said of it.

    Raises
    ------
    ConfigurationError
        If the store does not have the call.
    """
    with Store.open(store_url, create=False) as store:
        result, acts = store.calls.get(call_id), store.answers.acts(call_id)
        changes = standing_corrections(store.corrections.acts(call_id))
        parts = store.calls.parts(result.call) if result else {}
        team = (store.calls.whose(call_id) or (None, None))[1]
    if result is None:
        raise ConfigurationError(f"the store has no call {call_id}; `callqa export calls` lists what it holds")
    yield _heading(result)
    if result.call.part is not None:
        yield _parts(result, parts)
    if result.hearing is not None and result.hearing.turns:
        yield _dialogue(result, names_of(load_settings(), result.call.queue, team))
    if result.findings:
        yield _findings(result, titles_in_force(load_settings()))
    if result.evaluation is not None and result.evaluation.answers:
        yield _answers(result)
    if acts or changes:
        yield _people(acts, changes, titles_in_force(load_settings()))


def _people(acts: Sequence[PersonAnswer], changes: Sequence[Correction], titles: Titles) -> Table:
    """Answers and corrections of people on the call, in the order said; the other tables are the machine's."""
    counts = {act.id for act in last_acts(acts).values()}
    table = Table("时间", "项", "结论", "依据", title="人工（月度以此为准）")
    for act in acts:
        said = act.title if act.id in counts or act.kind is Kind.UNDO else f"{act.title}（不再作数）"
        table.add_row(_when(act.at), Text(subject_title(act, titles)), Text(said), Text(act.sentence))
    for change in changes:
        where = place(change.span.start) if change.span else ""
        table.add_row(_when(change.at), "听写", Text(change.shown), Text(f"{where} 更正（{change.by}）"))
    return table


def _when(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def _heading(result: CallResult) -> Text:
    call, evaluation = result.call, result.evaluation
    score = f" {shown(evaluation.score)} 分" if evaluation and evaluation.score is not None else ""
    lines = [f"通话 {call.id}  坐席 {call.agent_id or '—'} {call.agent_name or ''}  {result.status.title}{score}"]
    if result.reason:
        lines.append(f"原因 {result.reason}: {result.problem}")
    if result.hearing is not None:
        speed, quality = result.hearing.speed_of_answer, result.hearing.quality
        by_record, by_audio = ("—" if s is None else f"{s:.1f} 秒" for s in (speed.by_record, speed.by_audio))
        rings = "未录铃声" if speed.rings is None else f"{speed.rings} 声"
        lines.append(f"振铃应答 录音 {by_audio}，话单 {by_record}，响铃 {rings}")
        lines.append(f"角色把握 {quality.role_confidence:.0%}  转写把握 {quality.word_confidence:.0%}")
    lines += [f"数据提示：{notice}" for notice in result.notices]
    lines += [f"人工复核：{reason}" for reason in (evaluation.review if evaluation else ())]
    return Text("\n".join(lines))


def _parts(result: CallResult, parts: Mapping[int, Call]) -> Text:
    """Which part of a call this is, where in the recording, and who has the others."""
    part, heard = result.call.part, result.hearing.part if result.hearing else None
    if part is None:
        return Text()
    where = f"，录音 {place(heard.start)} 至 {place(heard.end)}" if heard else ""
    owed = [said for is_owed, said in ((part.opens, "开头"), (part.closes, "结束")) if not is_owed]
    lines = [f"第 {part.number} 段，共 {part.of} 段{where}" + (f"；不计{'和'.join(owed)}用语" if owed else "")]
    lines += [
        f"　第 {number} 段：通话 {each.id}　{person(each.agent_id, each.agent_name)}"
        for number, each in parts.items()
        if number != part.number
    ]
    return Text("\n".join(lines))


def shown_role(role: Role) -> Text:
    """The title of a role in its colour."""
    return Text(role.title, style=ROLE_STYLES[role])


def _dialogue(result: CallResult, names: Sequence[str]) -> Table:
    table = Table("时间", "角色", "内容", title="对话", show_lines=False)
    for turn in result.hearing.turns if result.hearing else ():
        said = plain(turn.text, read(turn, names, result.call.agent_name or ""))
        table.add_row(place(turn.span.start), shown_role(turn.role), Text(said))
    return table


def _findings(result: CallResult, titles: Titles) -> Table:
    table = Table("时间", "角色", "类别", "词条", "听到", "对应", title="命中")
    table.add_column("把握", justify="right")
    for finding in result.findings:
        table.add_row(
            place(finding.span.start),
            "" if finding.role is Role.UNKNOWN else shown_role(finding.role),
            titles.detector(finding.detector),
            Text(title_of(finding, titles)),
            Text(finding.quote),
            Text(value_of(finding, titles)),
            f"{finding.confidence:.0%}",
        )
    return table


def _answers(result: CallResult) -> Table:
    evaluation = result.evaluation
    table = Table("项", "项目", "结果", title="评分")
    table.add_column("得分", justify="right")
    table.add_column("依据")
    if evaluation is None:
        return table
    titles = _titles(evaluation.scorecard)
    for answer in evaluation.answers:
        points = f"{shown(answer.tally.awarded)}/{shown(answer.tally.possible)}" if answer.tally.possible else "—"
        table.add_row(
            Text(answer.criterion_id),
            Text(titles.get(answer.criterion_id, "")),
            answer.level or answer.outcome.title,
            points,
            Text("\n".join(answer.reasons)),
        )
    return table


def _titles(scorecard: str) -> dict[str, str]:
    """The titles of a scorecard's criteria; none for a file of the user's that is not at hand."""
    try:
        return {criterion.id: criterion.title for criterion in scorecard_of(scorecard, load_settings()).criteria}
    except PolicyError:
        return {}
