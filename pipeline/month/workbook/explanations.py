"""说明: what stands behind the figures, by which rules, from which sources, and what to beware of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from pipeline.month.assessment import AgentMonth, Origin
from pipeline.month.workbook.report import MonthReport
from pipeline.month.workbook.sheet import LABEL, TEXT, TITLE, Book
from pipeline.month.workbook.wording import (
    closing_sentence,
    closing_title,
    levels,
    month_title,
    person,
    revision,
    sources,
    trial_remark,
)
from pipeline.scorecard import Criterion, Grade, Period, Scorecard
from pipeline.tally import DECIMALS, shown

Topic: TypeAlias = tuple[str, tuple[str, ...]]
"""A subject, and the sentences about it: a cell for each."""

EXPLANATIONS = "说明"

BY_CALL = """\
每通通话逐项评分，得出得分与可得分；月度得分 = 各通得分相加 ÷ 各通可得分相加 × 100。
先加后除，不是各通百分数的平均：可得分多的通话分量也重。"""
BY_MONTH = """\
不逐通评分的评分项每月评一次：先由通话、外部数据或人工得出本月的数值或等级，再换成分数。
月度得分 = 各项得分相加 ÷ 各项可得分相加 × 100。"""
NOT_APPLICABLE = """\
不适用的评分项（例如客户没有投诉，就没有应致歉）退出分母，既不加分也不扣分；缺数据、待人工的也是。"""
INTERVAL = """\
区间是得分的高低界限：听写、角色和短语匹配都可能有误，按把握大小推算得分最多会低、会高到多少；
抽查的评分项另计抽到哪几通的运气。区间越窄，得分越可靠。
区间跨过等级线的坐席不定级，也没有奖惩建议，须人工复核后再定。"""
MEASURES = """\
平均振铃应答时长：已接听的呼入通话，从第一声振铃到坐席开口（录音里有振铃音）或到摘机（只有话单）的平均秒数。
三声内接听率：该项评出结果的通话中，按时接听的比例。
禁用语次数：已评通话中坐席说出禁用语的次数；客户说的不计。
应致歉、已致歉：客户投诉或表示不满的已评通数，以及其中坐席在此之后真诚致歉的通数；随口的“不好意思”不算。
月份以通话的第一时刻、按北京时间划分。"""
LEFT_OUT = """\
听不清、无人接听等为不可评，文件或话单有误为失败；都不得分也不扣分，逐通列在“失败与不可评”。
已评、不可评、失败三者之和等于全部通话。没有坐席的通话列在“未分配”一行，不参加排名。"""
LIMITS = """\
转写由语音识别模型完成。产品自带的是小型模型，适合试用；在真实电话录音上会听错、漏听，“未听到”不等于“没有说”。
单声道录音里谁是坐席由系统推断，把握不足的通话注有“请复核”。
通话少的坐席得分起伏大，一两通的差别不宜据以排名或奖惩。"""
PROPOSAL = """\
所有得分和奖惩都是系统的建议，经人工复核、签字之后才算数。
每一处失分都写明理由；有位置的（分:秒，自录音开头算起）可以回听。"""


def write_explanations(book: Book, report: MonthReport) -> None:
    """Write the sheet, a line for each thing to say."""
    sheet = book.sheet(EXPLANATIONS, (20, 120))
    sheet.put(0, 0, f"{month_title(report.month)}　说明{trial_remark(report.closing)}", TITLE, to=1)
    row = 1
    for topic, said in explanations(report):
        for number, sentence in enumerate(said):
            sheet.put(row, 0, "" if number else topic, LABEL)
            sheet.put(row, 1, sentence, TEXT)
            row += 1
    sheet.page.freeze_panes(1, 0)
    sheet.print_area(repeat=(0, 0))


def explanations(report: MonthReport) -> tuple[Topic, ...]:
    """Everything there is to say of the month; topics that do not arise are left out."""
    card = report.scorecard
    by_call, by_month = (any(c.by_call is wanted for c in card.chosen) for wanted in (True, False))
    made = "\n".join([*([BY_CALL] if by_call else []), *([BY_MONTH] if by_month else []), NOT_APPLICABLE])
    heard = (("指标口径", (MEASURES,)), ("不可评与失败", (LEFT_OUT,)), ("请注意", (LIMITS,)))
    topics: tuple[Topic, ...] = (
        ("标准", (f"{card.title}，总分 {shown(card.points)} 分\n出处：{card.source}",)),
        ("版本", (_version(report),)),
        ("状态", (_state(report),)),
        ("分值来源", (_sources(report),)),
        ("外部数据", tuple(_feeds(report))),
        ("等级", tuple(_grades(card))),
        ("得分怎么来", (made,)),
        ("得分区间", (INTERVAL,)),
        ("未评定的评分项", tuple(_open(report))),
        ("停用与未选", tuple(_inactive(card))),
        ("特殊时段", tuple(_period(period, card) for period in card.periods)),
        ("奖惩建议", tuple(_consequences(report))),
        *(heard if report.calls else ()),
        ("标准检查", report.notices or ("没有发现问题。",)),
        ("抽查名单", tuple(_draw_lines(report.months))),
        ("效力", (PROPOSAL,)),
    )
    return tuple((topic, said) for topic, said in topics if said)


def _version(report: MonthReport) -> str:
    card = report.scorecard
    evaluations = [scored.evaluation for scored in report.calls if scored.answers and scored.evaluation]
    lexicons = sorted({evaluation.lexicons for evaluation in evaluations})
    lines = [revision(card) + (f"　文件摘要：{card.digest}" if card.digest else "")]
    if report.calls:
        lines.append(f"词库：{'、'.join(lexicons) or '—'}")
    if len(lexicons) > 1:
        lines.append("本月先后用过几个词库，口径不一：请先重新评分（callqa rescore）再定月度得分。")
    return "\n".join(lines)


def _state(report: MonthReport) -> str:
    """The last act on the month, and all acts before; nothing is overwritten."""
    closing = report.closing
    lines = [closing_title(closing, report.earlier)]
    if closing is not None:
        lines[0] += f"：{closing_sentence(closing)}"
        if closing.code_version:
            lines[0] += f"　程序版本 {closing.code_version}"
    before = [one for one in report.earlier if closing is None or one.id != closing.id]
    return "\n".join([*lines, *(f"此前：{closing_sentence(one)}" for one in before)])


def _sources(report: MonthReport) -> str:
    """The points of a scorecard by where they came from, on the average of the agents."""
    agents = [month for month in report.months if month.agent_id is not None]
    if not agents:
        return "本月没有坐席。"
    sums = {origin: sum(a.origins.get(origin, 0.0) for a in agents) / len(agents) for origin in Origin}
    full, scored = sum(sums.values()), sum(sums[origin] for origin in Origin if origin.scored)
    least = report.scorecard.least_scored
    return (
        f"每人 {shown(full)} 分，{len(agents)} 人平均：{sources(sums)}。其中得到评分的 {shown(scored)} 分。\n"
        f"适用的分值中得到评分的不足 {least:.0%} 时不定级；各人的分值来源见各人的表。"
    )


def _feeds(report: MonthReport) -> Iterator[str]:
    """The feeds that were read, and the criteria for which one was missing."""
    read = report.closing.feeds if report.closing else ()
    if read:
        yield "已读入：\n" + "\n".join(f"· {name}（内容摘要 {digest}）" for name, digest in read)
    missing = _lacking(report, Origin.NO_FEED)
    if missing:
        yield "缺外部数据，未评分：\n" + "\n".join(missing)
    elif not read:
        yield "没有读入外部数据。"


def _lacking(report: MonthReport, wanted: Origin) -> list[str]:
    """The criteria that lack one kind of source, with the indicators asked for and how many agents it concerns."""
    lines = []
    for index, criterion in enumerate(report.scorecard.chosen):
        origins = [dict(m.criteria[index].origins) for m in report.months if m.agent_id is not None]
        without = [shares[wanted] for shares in origins if shares.get(wanted)]
        if without:
            asked = "、".join(_indicators(criterion)) if wanted is Origin.NO_FEED else ""
            lines.append(
                f"· {criterion.title}{f'（{asked}）' if asked else ''}：{len(without)} 人，"
                f"每人 {shown(max(without))} 分"
            )
    return lines


def _indicators(criterion: Criterion) -> tuple[str, ...]:
    named = (criterion.indicator, *(part.indicator for part in criterion.parts))
    return tuple(dict.fromkeys(name for name in named if name))


def _grades(card: Scorecard) -> Iterator[str]:
    if card.levels:
        cutoffs = "、".join(f"{share:.0%} 及以上为{name}" for name, share in card.cutoffs)
        yield (
            f"每项按等级得分：{levels(card)}。\n"
            f"一项含多个要点时，按做到的比重定等级：{cutoffs}，不足为{card.levels[-1][0]}。"
        )
    if card.grades:
        yield f"月度等级（达到下限即入档）：{'；'.join(_bands(card.grades))}。"
    yield f"得分四舍五入到{DECIMALS}位小数；定级、排名和各处显示都用这个得分。"


def _bands(grades: tuple[Grade, ...]) -> Iterator[str]:
    """Each band with both its ends."""
    better: float | None = float("inf")
    for grade in grades:
        if grade.least is None or better is None:
            yield f"{grade.name} 分数线尚未填写"
        else:
            ends = [f"{shown(grade.least)} 分及以上"] if grade.least else []
            ends += [f"{shown(better)} 分以下"] if better < float("inf") else []
            yield f"{grade.name} {'、'.join(ends)}"
        better = grade.least


def _open(report: MonthReport) -> Iterator[str]:
    """The criteria that have no points for some agents, by why."""
    for origin in Origin:
        if origin.scored or origin in (Origin.NO_FEED, Origin.NOT_APPLICABLE):
            continue
        if lines := _lacking(report, origin):
            yield f"{origin.title}，不计分，也不按零分计：\n" + "\n".join(lines)


def _inactive(card: Scorecard) -> Iterator[str]:
    chosen = {criterion.id for criterion in card.chosen}
    for criterion in card.criteria:
        if criterion.id not in chosen:
            why = "原文的数值未给出（[X]），本项停用" if criterion.open else "不在所选的考核范围内"
            yield f"{criterion.id} {criterion.title}：{why}"


def _period(period: Period, card: Scorecard) -> str:
    titles = {criterion.id: criterion.title for criterion in card.criteria}
    hours = f" {period.hours[0]:%H:%M}–{period.hours[1]:%H:%M}" if period.hours else ""
    changed = [f"{titles[id]}豁免" for id in period.exempt]
    changed += [f"{titles[id]}改为 {shown(worth)} 分" for id, worth in period.points.items()]
    days = f"{period.first:%Y-%m-%d} 至 {period.last:%Y-%m-%d}{hours}"
    reason = f"（{period.reason}）" if period.reason else ""
    return f"{period.title}，{days}：{'、'.join(changed) or '没有改动'}{reason}"


def _consequences(report: MonthReport) -> Iterator[str]:
    """The number of proposals, or why there is no page of them."""
    undecided = sum(bool(month.undecided) for month in report.months if month.agent_id is not None)
    if report.proposals:
        yield f"{len(report.proposals)} 条，见“奖惩建议”；只有经签字才生效。"
    elif not report.scorecard.consequences:
        yield "本标准没有写奖惩条款，没有奖惩建议。"
    else:
        yield "本月没有触发任何奖惩条款。"
    if undecided:
        yield f"{undecided} 人未定级，没有与等级相关的建议；原因见各人的表。"


def _draw_lines(months: Iterable[AgentMonth]) -> Iterator[str]:
    """The calls of each agent's draw, so that anybody can listen to the same ones."""
    for agent in months:
        for criterion in agent.criteria:
            if criterion.drawn:
                whose = person(agent.agent_id, agent.agent_name)
                yield f"{whose}　{criterion.title}（{len(criterion.drawn)} 条）：{'、'.join(criterion.drawn)}"
