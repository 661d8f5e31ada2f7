"""The form of one call: each item of its standard with its parts, who answered, why, the points, and their sum."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.call import SHANGHAI
from pipeline.errors import ConfigurationError
from pipeline.evaluation import Answer, Evaluation, ItemAnswer, Outcome, Said
from pipeline.evaluation.criterion import points_of_items
from pipeline.evaluation.result import CallResult
from pipeline.form.printed import Column, PrintedForm
from pipeline.month.workbook.form import FOOTNOTE, SIGNATURES
from pipeline.month.workbook.levels import SOURCE
from pipeline.month.workbook.sheet import COUNT, MIDDLE, POINTS, TENTHS, TEXT, Line
from pipeline.month.workbook.wording import REASONS, levels, person, revision
from pipeline.review.answers import PersonAnswer, valid_acts
from pipeline.review.overlay import overlay
from pipeline.scorecard import CallCriterion, Item, Scorecard
from pipeline.tally import shown
from pipeline.timeline import place

BLANK = "＿＿＿＿＿＿＿＿"
"""Left to be filled in by hand."""
PLACES = 3  # told for each answer; all of them are on the page of the call
COLUMNS = (
    Column("序号", 6, COUNT),
    Column("项目", 14, TEXT),
    Column("标准", 40, TEXT),
    Column("考核与评分方法", 17, MIDDLE),
    Column("标准分值", 9, TENTHS),
    Column("实际得分", 9, POINTS),
    Column("评定", 20, MIDDLE),
    Column("评分依据", 50, TEXT),
)
BY = {"calls": "由通话评定", **SOURCE}


def call_form(
    card: Scorecard,
    result: CallResult,
    acts: Sequence[PersonAnswer] = (),
    unit: str = "",
    called: Callable[[str], str] = str,
) -> PrintedForm:
    """The form of a call as it counts: people's answers over the machine's.

    Parameters
    ----------
    card : Scorecard
        The one by which the call was judged.
    result : CallResult
        As the machine judged it.
    acts : sequence of PersonAnswer
        What counts now of all that people said of the call.
    unit : str
        被考核单位; empty leaves a blank to be filled in by hand.
    called : callable
        The name of an account, as the reader may see it.

    Raises
    ------
    ConfigurationError
        If the call has no answers to print; says why.
    """
    now = overlay(result, card, acts)
    if now.evaluation is None or not now.evaluation.answers:
        why = REASONS.get(result.reason, result.reason) or "没有评分"
        raise ConfigurationError(f"通话 {result.call.id} 没有评分（{why}），没有可打印的评分表")
    people = {id: called(act.by) for id, act in valid_acts(acts, card).items()}
    filled = _Filled(card, now, now.evaluation, people)
    return PrintedForm(
        title=card.title,
        fields=filled.fields(unit),
        columns=COLUMNS,
        lines=(*filled.lines(), filled.total()),
        notes=(*filled.notes(result), FOOTNOTE),
        signatures=SIGNATURES,
    )


@dataclass(frozen=True, slots=True)
class _Filled:
    """A call as it counts, with who answered each item and criterion."""

    card: Scorecard
    result: CallResult
    evaluation: Evaluation
    people: Mapping[str, str] = field(default_factory=dict)

    def fields(self, unit: str) -> tuple[tuple[str, str, str, str, str], ...]:
        call, card, score = self.result.call, self.card, self.evaluation.score
        at = call.started_at
        names = "、".join((card.name.upper(), *card.aliases))
        method = f"逐项评级：{levels(card)}" if card.levels else "按公式由本月数值算出"
        return (
            (
                "被考核单位",
                unit or BLANK,
                "考核时间",
                f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if at else BLANK,
                f"督办记录表　{names}",
            ),
            ("被考核人", person(call.agent_id, call.agent_name) or BLANK, "通话编号", call.id, revision(card)),
            (
                "考核方法",
                method,
                "得分（百分制）",
                "—" if score is None else f"{score:.2f} 分",
                f"出处　{card.source}",
            ),
        )

    def lines(self) -> Iterator[Line]:
        answers = {answer.criterion_id: answer for answer in self.evaluation.answers}
        for number, asked in enumerate(self.card.call_criteria, start=1):
            answer = answers.get(asked.criterion.id)
            yield self._item(number, asked, answer)
            for item in asked.items if len(asked.items) > 1 else ():
                yield self._part(asked, item, answer.item(item.id) if answer else None)

    def _item(self, number: int, asked: CallCriterion, answer: Answer | None) -> Line:
        criterion = asked.criterion
        had = answer.tally + answer.given if answer else None
        in_parts = (
            {why for each in answer.items for why in each.reasons} if answer and len(asked.items) > 1 else set()
        )
        reasons = [why for why in answer.reasons if why not in in_parts] if answer else []
        if had is not None and had.possible and had.possible < asked.points - 1e-6:
            reasons.append(f"已评 {shown(had.possible)} 分，其余待定或不适用")
        values = (
            number,
            criterion.title + ("（一票否决）" if criterion.auto_fail else ""),
            criterion.standard,
            "、".join(BY[source] for source in criterion.answered_by),
            "加分" if criterion.bonus else asked.points,
            had.awarded if had is not None and (had.possible or had.awarded) else None,
            self._says(answer, *(asked.ids if len(asked.items) < 2 else (criterion.id,))),
            self._because(answer if len(asked.items) < 2 else None, reasons),
        )
        return Line("item", values)

    def _part(self, asked: CallCriterion, item: Item, said: ItemAnswer | None) -> Line:
        worth = asked.points * item.weight
        gained: float | str = ""
        if asked.criterion.graded == "parts" and said is not None and said.share is not None:
            gained = points_of_items(asked, [(item, said)], self.card).awarded
        number = item.id.rpartition("-")[2]
        values = ("", f"（{number}）", item.title, BY[item.source], worth, gained, self._says(said, item.id))
        return Line("part", (*values, self._because(said, list(said.reasons) if said else [])))

    def _says(self, said: Said | None, *ids: str) -> str:
        """The level or outcome, and by whom: whoever answered one of these."""
        if said is None:
            return "—"
        told = said.level or said.outcome.title
        if isinstance(said, ItemAnswer) and said.source == "suggestion":
            return f"{Outcome.NEEDS_PERSON.title}\n（系统建议：{told}）"
        who = next((self.people[each] for each in ids if each in self.people), "")
        if said.source == "person":
            return f"{told}\n（人工{f'：{who}' if who else ''}）"
        return f"{told}\n（系统）" if said.outcome.decided else told

    def _because(self, said: Said | None, reasons: list[str]) -> str:
        """The reasons, and where to listen."""
        starts = sorted(self.result.findings[n].span.start for n in said.findings) if said else []
        places = list(dict.fromkeys(place(start) for start in starts))
        more = " 等" if len(places) > PLACES else ""
        where = [f"录音位置 {'、'.join(places[:PLACES])}{more}"] if places else []
        return "\n".join([*reasons, *where])

    def total(self) -> Line:
        tally, score = self.evaluation.tally, self.evaluation.score
        if score is None:
            told = "本通话没有单独计分的项目，计入月度指标。"
        else:
            told = f"实际得分 {shown(tally.awarded)} ÷ 已评分值 {shown(tally.possible)} × 100 = {shown(score)}。"
            if (left := self.card.points - tally.possible) > 1e-6:
                told += f"另有 {shown(left)} 分不适用，或待人工、外部数据评定，不按零分计。"
        awarded = tally.awarded if score is not None else None
        return Line("total", ("合计", "", "", "", self.card.points, awarded, "", told))

    def notes(self, machine: CallResult) -> Iterator[str]:
        judged = machine.evaluation
        if judged is not None and judged.revision != self.card.revision:
            yield f"系统评分时用的是第{judged.revision}版，本表按现行第{self.card.revision}版。"
        yield from (f"待复核：{why}" for why in self.evaluation.review)
