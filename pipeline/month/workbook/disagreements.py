"""不一致清单: where two sources say different things, so that a person looks before the month counts.

Knows pairs that differ: a document's example and its own formula, a person and the machine, the record and the
recording. Which of the two is right is for the reader to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.call import Status
from pipeline.errors import ConfigurationError
from pipeline.evaluation import Answer, Outcome
from pipeline.month.assessment import ScoredCall
from pipeline.month.workbook.report import MonthReport
from pipeline.month.workbook.sheet import COUNT, HEAD, MIDDLE, REMARK, TEXT, TITLE, Book
from pipeline.month.workbook.wording import month_title, person, trial_remark
from pipeline.scorecard import Scorecard, score_criterion
from pipeline.tally import shown

DISAGREEMENTS = "不一致清单"
LEFT_OPEN = (Outcome.NEEDS_FEED, Outcome.NEEDS_PERSON, Outcome.COUNTED)
"""The outcomes with which the machine says nothing that a person could contradict."""
QUALITY = {"ring_disagreement": "振铃时长", "duration_disagreement": "通话时长"}
COLUMNS = (
    ("序号", 5, COUNT),
    ("类别", 11, MIDDLE),
    ("坐席", 14, TEXT),
    ("通话或评分项", 22, TEXT),
    ("一方", 34, TEXT),
    ("另一方", 34, TEXT),
    ("怎么办", 36, TEXT),
)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One pair that differs.

    Parameters
    ----------
    kind : str
        印刷样例, 机器与人工, 来源不符, 须复核.
    whose : str
        The agent; empty for the scorecard itself.
    about : str
        The call or the criterion.
    one, other : str
        What each side says.
    advice : str
        What a person should do.
    """

    kind: str
    whose: str
    about: str
    one: str
    other: str
    advice: str


def write_disagreements(book: Book, report: MonthReport) -> None:
    """Write the list; nothing where all agree."""
    found = [
        *example_disagreements(report.scorecard),
        *(each for scored in report.calls for each in call_disagreements(report, scored)),
    ]
    if not found:
        return
    heads, widths, styles = zip(*COLUMNS, strict=True)
    sheet = book.sheet(DISAGREEMENTS, widths)
    sheet.put(0, 0, f"{month_title(report.month)}　不一致清单{trial_remark(report.closing)}", TITLE, to=sheet.last)
    sheet.put(1, 0, f"共 {len(found)} 处两方说法不一致或把握不足；请逐条核对后再确认得分。", REMARK, to=sheet.last)
    sheet.line(2, heads, [HEAD] * len(heads))
    for number, each in enumerate(found, start=1):
        values = (number, each.kind, each.whose or None, each.about, each.one, each.other, each.advice)
        sheet.line(number + 2, values, styles)
    sheet.page.freeze_panes(3, 0)
    sheet.print_area(repeat=(2, 2))


def example_disagreements(card: Scorecard) -> Iterator[Disagreement]:
    """The document's own examples that its formulas contradict, and what that makes of the total.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> [each.about for each in example_disagreements(find_scorecard("table2"))]
    ['首次响应时间', '首次联系解决率', '信息记录准确性', '主动推荐率', '样例总分']
    """
    sums = [0.0, 0.0]
    for example in card.examples:
        criterion = card.criterion(example.criterion)
        try:
            scored = score_criterion(card, criterion, example.value)
        except ConfigurationError:
            continue  # a value of another kind is for the lint to report
        sums[0], sums[1] = sums[0] + example.printed, sums[1] + scored.tally.awarded
        if abs(scored.tally.awarded - example.printed) > 1e-9:
            yield Disagreement(
                "印刷样例",
                "",
                criterion.title,
                f"原文印 {shown(example.printed)} 分：{example.text}",
                f"按公式 {shown(scored.tally.awarded)} 分：{scored.reason}",
                "本系统按公式计；如应按样例，请修改标准后重新签发",
            )
    if abs(sums[0] - sums[1]) > 1e-9:
        yield Disagreement(
            "印刷样例",
            "",
            "样例总分",
            f"原文各项相加 {shown(sums[0])} 分",
            f"按公式各项相加 {shown(sums[1])} 分",
            "本系统按公式计",
        )


def call_disagreements(report: MonthReport, scored: ScoredCall) -> Iterator[Disagreement]:
    """The disagreements in one call: of people and machine, of record and recording, and doubtful roles.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from pipeline.call import Call, Direction
    >>> from pipeline.findings import Finding
    >>> from pipeline.hearing.turns import Role
    >>> from pipeline.scorecard import find_scorecard
    >>> from pipeline.timeline import Span
    >>> call = Call("C1", "1001", "林", None, Direction.INBOUND, None, None, None, None, None)
    >>> apart = Finding("C1", "data_quality", "ring_disagreement", None, Role.UNKNOWN, Span(0, 1), "", 4.2, 1, "")
    >>> scored = ScoredCall(call, Status.EVALUATED, "", "", None, (apart,), None, None)
    >>> report = SimpleNamespace(scorecard=find_scorecard("kf01"))
    >>> [(each.kind, each.advice) for each in call_disagreements(report, scored)]
    [('来源不符', '相差 4.2 秒；请核对话单与录音是否对应')]
    """
    whose = person(scored.call.agent_id, scored.call.agent_name)
    for about, one, other in _answers(report.scorecard, scored):
        yield Disagreement("机器与人工", whose, about, one, other, "以人工为准；机器的结果保留备查")
    for finding in scored.findings:
        if finding.detector == "data_quality":
            yield Disagreement("来源不符", whose, scored.call.id, *_times(scored, finding.term, finding.value))
    judged = scored.evaluation if scored.status is Status.EVALUATED else None
    review = judged.review if judged else ()
    for why in review:
        yield Disagreement("须复核", whose, scored.call.id, f"系统：{why}", "尚无人工结论", "听录音后确认或改评")


def _answers(card: Scorecard, scored: ScoredCall) -> Iterator[tuple[str, str, str]]:
    """Criteria that a person answered in another way than the machine."""
    titles = {criterion.id: criterion.title for criterion in card.criteria}
    machine = {answer.criterion_id: answer for answer in scored.machine}
    for answer in scored.answers:
        by_machine = machine.get(answer.criterion_id)
        if answer.source == "machine" or by_machine is None or by_machine.outcome in LEFT_OPEN:
            continue
        if (answer.outcome, answer.level, answer.tally) != (by_machine.outcome, by_machine.level, by_machine.tally):
            about = f"{scored.call.id}　{titles.get(answer.criterion_id, answer.criterion_id)}"
            yield about, f"机器：{_describe(by_machine)}", f"人工：{_describe(answer)}"


def _describe(answer: Answer) -> str:
    level = answer.level or answer.outcome.title
    worth = f" {shown(answer.tally.awarded)}/{shown(answer.tally.possible)} 分" if answer.tally.possible else ""
    return f"{level}{worth}" + (f"（{'；'.join(answer.reasons)}）" if answer.reasons else "")


def _times(scored: ScoredCall, term: str, apart: float | str | None) -> tuple[str, str, str]:
    """A length of time by the record and by the recording, and what to do about the difference."""
    title = QUALITY.get(term, term)
    gap = f"相差 {apart:.1f} 秒；请核对话单与录音是否对应" if isinstance(apart, float | int) else "请核对话单与录音"
    speed, call = scored.speed_of_answer, scored.call
    if term == "ring_disagreement" and speed is not None:
        record, audio = speed.by_record, speed.by_audio
    elif term == "duration_disagreement":
        began, record, audio = call.answered_at or call.ring_at, None, scored.duration
        if began and call.ended_at:
            record = (call.ended_at - began).total_seconds()
    else:
        return title, title, gap
    return _seconds("话单", title, record), _seconds("录音", title, audio), gap


def _seconds(source: str, title: str, seconds: float | None) -> str:
    return f"{source}：{title}" + (" —" if seconds is None else f" {seconds:.1f} 秒")
