"""The workbook of any standard: 表2 by formulas, teams, plans, proposals, what disagrees, and what is told."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zipfile import ZipFile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.audio.speed_of_answer import SpeedOfAnswer
from pipeline.call import Status
from pipeline.evaluation import Answer, Evaluation, Outcome
from pipeline.findings import Finding
from pipeline.hearing.turns import Role
from pipeline.month.assessment import AgentMonth, CriterionMonth, Origin, ScoredCall, grade_month
from pipeline.month.assessment.closing import Closing, ClosingState
from pipeline.month.ledger.entries import Evidence
from pipeline.month.ledger.proposals import Proposal
from pipeline.month.plan import draft, review
from pipeline.month.workbook import MonthReport, write_month
from pipeline.month.workbook.disagreements import call_disagreements, example_disagreements
from pipeline.month.workbook.explanations import explanations
from pipeline.month.workbook.wording import closing_title, interval, sources, total_sentence
from pipeline.scorecard import Scorecard, score_criterion
from pipeline.tally import Tally
from pipeline.timeline import Span
from tests.builders import changed, hearing

MONTH = "2026-10"
ORIGIN = {"calls": Origin.CALLS, "feed": Origin.FEED, "person": Origin.PERSON}
MISSING = {"calls": Origin.NO_CALLS, "feed": Origin.NO_FEED, "person": Origin.NO_PERSON}
SUBJECTS = {"T1-1": "本月平均振铃应答"}

TABLE2 = Scorecard.model_validate(
    {
        "name": "table2",
        "title": "客户服务人员月度考核评分表（表2）",
        "revision": 3,
        "effective_from": "2026-01-01",
        "source": "客户服务质量标准与考核体系参考 表2",
        "criteria": [
            {
                "id": "T1-1",
                "title": "首次响应时间",
                "standard": "人工电话 30 秒内；每超 10 秒扣 2 分，超 60 秒得 0 分",
                "dimension": "服务效率",
                "source_class": "E+A",
                "points": 20,
                "indicator": "calls.speed_of_answer",
                "scoring": {
                    "kind": "steps",
                    "at_most": 30,
                    "every": 10,
                    "deduct": 2,
                    "zero_beyond": 60,
                    "unit": "秒",
                },
            },
            {
                "id": "T1-2",
                "title": "用语规范得分",
                "standard": "抽查 10 条，每条不符合扣 1 分",
                "dimension": "服务态度",
                "source_class": "A",
                "points": 25,
                "parts": [{"title": "无生硬用语", "rule": {"kind": "absent", "detector": "banned_wording"}}],
                "scoring": {"kind": "errors", "deduct": 1, "sample": {"size": 10, "mode": "draw"}},
            },
            {
                "id": "T1-3",
                "title": "首次联系解决率",
                "standard": "≥85%；每低 1% 扣 1 分，低于 75% 得 0 分",
                "dimension": "问题解决",
                "source_class": "E",
                "points": 30,
                "indicator": "tickets.first_contact",
                "scoring": {
                    "kind": "steps",
                    "at_least": 0.85,
                    "every": 0.01,
                    "deduct": 1,
                    "zero_beyond": 0.75,
                    "unit": "%",
                },
            },
            {
                "id": "T1-4",
                "title": "信息记录准确性",
                "standard": "抽查 10 条，每错 1 项扣 3 分，错 3 项及以上得 0 分",
                "dimension": "合规性",
                "source_class": "E",
                "points": 15,
                "indicator": "tickets.record_errors",
                "scoring": {"kind": "errors", "deduct": 3, "zero_at": 3, "unit": "项"},
            },
            {
                "id": "T1-5",
                "title": "主动推荐率",
                "standard": "≥10%；每低 1% 扣 1 分，低于 5% 得 0 分",
                "dimension": "增值服务",
                "source_class": "M",
                "points": 10,
                "scoring": {"kind": "target", "at_least": 0.1, "missed": "zero", "unit": "%"},
            },
        ],
        "grades": [
            {"name": "优秀", "least": 90},
            {"name": "良好", "least": 80},
            {"name": "合格", "least": 60},
            {"name": "需改进", "least": 0, "failing": True},
        ],
        "consequences": [
            {
                "id": "bonus",
                "title": "绩效奖金系数 1.2",
                "when": {"grade": "优秀"},
                "coefficient": 1.2,
                "standard": "优秀者奖金系数1.2",
            },
        ],
        "examples": [
            {"criterion": "T1-1", "value": 28, "printed": 18, "text": "平均响应28秒，超2秒扣2分"},
            {"criterion": "T1-2", "value": 2, "printed": 23, "text": "2条生硬用语"},
            {"criterion": "T1-3", "value": 0.88, "printed": 28, "text": "88%"},
            {"criterion": "T1-4", "value": 1, "printed": 13, "text": "1项漏填，扣3分"},
            {"criterion": "T1-5", "value": 0.12, "printed": 9, "text": "15次（12%）"},
        ],
        "plan": [
            {
                "problem": "首次联系解决率偏低",
                "criterion": "T1-3",
                "actions": ["专项培训，每周五案例复盘会", "编《常见问题解决方案手册》"],
                "owner": "培训专员",
                "at_least": 0.9,
            }
        ],
    }
)
LEVELS = {"符合": 1.0, "基本符合": 0.8, "一般符合": 0.6, "不符合": 0.0}
RECEPTION = Scorecard.model_validate(
    {
        "name": "kf02",
        "title": "客户接待规范服务考核标准（之二，通用要求）",
        "revision": 1,
        "effective_from": "2026-01-01",
        "source": "KF02",
        "levels": LEVELS,
        "cutoffs": {"符合": 1.0, "基本符合": 0.75, "一般符合": 0.5},
        "criteria": [
            {"id": "KF02-1", "title": "服务形象", "standard": "统一工作服", "points": 12},
            {"id": "KF02-6", "title": "跟进服务", "standard": "三个工作日内回访", "points": 10,
             "indicator": "callbacks.rate"},
            {"id": "KF02-9", "title": "客户表扬", "standard": "加分", "points": 5, "bonus": True},
        ],
    }
)  # fmt: skip
PRINTED = {"T1-1": 28.0, "T1-2": 2.0, "T1-3": 0.88, "T1-4": 1.0, "T1-5": 0.12}


def month(
    card: Scorecard,
    agent_id: str | None,
    name: str,
    values: Mapping[str, object],
    team: str | None = None,
    of: str = MONTH,
    apart: float = 0.0,
    drawn: Mapping[str, tuple[str, ...]] | None = None,
    evaluated: int = 0,
) -> AgentMonth:
    """A month as `assess` leaves it, from values by item; `apart` is half the width of the score's interval."""
    criteria = []
    for criterion in card.chosen:
        value = values.get(criterion.id)
        source, worth = criterion.answered_by[0], card.points_of[criterion.id]
        scored = score_criterion(card, criterion, value, SUBJECTS.get(criterion.id, f"本月{criterion.title}"))
        found = scored.tally.possible or scored.tally.awarded
        origin = ORIGIN[source] if found else Origin.NOT_APPLICABLE if value == "n_a" else MISSING[source]
        criteria.append(
            CriterionMonth(
                criterion.id,
                criterion.title,
                worth,
                scored.tally,
                0,
                0,
                0,
                scored.tally.awarded,
                scored.tally.awarded,
                ((origin, worth),),
                value if isinstance(value, float) else None,
                sentence=scored.reason,
                drawn=(drawn or {}).get(criterion.id, ()),
            )
        )
    row = AgentMonth(
        agent_id, name, of, card.name, card.revision, evaluated, 0, 0, tuple(criteria), None, Tally(), 0, 0, 0, team
    )
    if row.score is not None:
        best = max(100.0, row.score)
        row = replace(row, low=max(0.0, row.score - apart), high=min(best, row.score + apart))
    return grade_month(row, card)


NAMES = {"1001": "林晓雯", "1002": "周敏", "1003": "王磊"}
LATE = {**PRINTED, "T1-1": 35.0, "T1-3": 0.80}  # 88, and the line of 90 within 6
POOR = {**PRINTED, "T1-3": None, "T1-5": None}
DRAWN = ("C3", "C7")
CLOSED = Closing(
    MONTH,
    "table2",
    3,
    "3f9a11c204be",
    "张三",
    "",
    datetime(2026, 11, 4, 3, 4, tzinfo=UTC),
    (("tickets.csv", "9ab3ff01c2d4"),),
    (),
    ClosingState.CLOSED,
    3,
    "0.1.0",
)
EARLIER = (
    replace(CLOSED, id=1, at=CLOSED.at - timedelta(days=2)),
    replace(
        CLOSED,
        id=2,
        at=CLOSED.at - timedelta(days=1),
        by="李四",
        reason="工单漏导 3 张",
        state=ClosingState.REOPENED,
    ),
)


def agents() -> tuple[AgentMonth, ...]:
    return (
        month(TABLE2, "1001", NAMES["1001"], PRINTED, "一组", apart=2, drawn={"T1-2": DRAWN}),
        month(TABLE2, "1002", NAMES["1002"], LATE, "一组", apart=6),
        month(TABLE2, "1003", NAMES["1003"], POOR, "二组", apart=0.5),
    )


def report(**more) -> MonthReport:
    return MonthReport(MONTH, TABLE2, agents(), (), month(TABLE2, None, "合计", PRINTED), **more)


def everything() -> MonthReport:
    first, second, _ = agents()
    before = month(TABLE2, "1001", NAMES["1001"], {**PRINTED, "T1-3": 0.8}, "一组", of="2026-09", apart=2)
    proposal = Proposal(
        "1001",
        NAMES["1001"],
        MONTH,
        "table2",
        "bonus",
        "绩效奖金系数 1.2",
        "当月优秀",
        1.2,
        (Evidence(MONTH, 95.0, "优秀"),),
        "2026-10 95.0 优秀，当月优秀",
    )
    return report(
        teams=tuple(month(TABLE2, None, team, PRINTED, team) for team in ("一组", "二组")),
        history={"1001": (before,)},
        notices=("提示 table2.yaml:21 T1-1：61 秒得 0 分还是 12 分？",),
        closing=CLOSED,
        earlier=EARLIER,
        plans={"1002": draft(TABLE2, second)},
        plan_results={"1001": review(draft(TABLE2, before), first)},
        proposals=(proposal,),
    )


def write(report: MonthReport, folder) -> openpyxl.Workbook:
    path = folder / f"{report.scorecard.name}.xlsx"
    write_month(path, report)
    return openpyxl.load_workbook(path)


@pytest.fixture(scope="module")
def workbook(tmp_path_factory):
    return write(everything(), tmp_path_factory.mktemp("month"))


def lines(sheet) -> list[tuple[object, ...]]:
    return list(sheet.iter_rows(values_only=True))


def below(sheet, *heads: str) -> list[dict[str, object]]:
    """The lines below the heads, up to the first whose first cell is empty or another head."""
    found = lines(sheet)
    top = next(n for n, line in enumerate(found) if line[: len(heads)] == heads)
    taken = []
    for line in found[top + 1 :]:
        if line[0] is None or line[1] is None:
            break
        taken.append(dict(zip(found[top], line, strict=True)))
    return taken


def told(report: MonthReport) -> dict[str, str]:
    return {topic: "\n".join(said) for topic, said in explanations(report)}


def test_sheets_in_the_order_of_a_reader(workbook):
    assert workbook.sheetnames == [
        "坐席汇总",
        "班组",
        "奖惩建议",
        "1001 林晓雯",
        "1002 周敏",
        "1003 王磊",
        "改进计划",
        "不一致清单",
        "说明",
    ]


def test_empty_sheets_are_left_out(tmp_path):
    card = changed(TABLE2, examples=())
    book = write(replace(report(), scorecard=card, months=(), line=month(card, None, "合计", {})), tmp_path)
    assert book.sheetnames == ["坐席汇总", "说明"]


def test_table2_is_printed_as_the_document_has_it(workbook):
    sheet = workbook["1001 林晓雯"]
    assert [cell.value for cell in sheet[2]][:2] == ["被考核人", "1001 林晓雯（一组）"]
    assert [line[3:5] for line in lines(sheet)[1:5]] == [
        ("考核周期", "2026年10月"),
        ("月度得分", "95.00 分（93–97）"),
        ("评分来源", "系统建议"),
        ("等级", "优秀"),
    ]
    rows = below(sheet, "维度", "指标")[:5]
    assert [(row["维度"], row["指标"], row["权重"], row["得分"], row["来源"]) for row in rows] == [
        ("服务效率", "首次响应时间", 0.2, 20, "通话"),
        ("服务态度", "用语规范得分", 0.25, 23, "通话"),
        ("问题解决", "首次联系解决率", 0.3, 30, "外部数据"),
        ("合规性", "信息记录准确性", 0.15, 12, "外部数据"),
        ("增值服务", "主动推荐率", 0.1, 10, "人工"),
    ]
    assert rows[0]["评分依据"] == "本月平均振铃应答 28 秒，不超过 30 秒，达标，得 20 分。"
    total = next(line for line in lines(sheet) if line[0] == "总分")
    assert total[3:] == (1, 95, "优秀", "各项得分相加，得 95 分；已评分值占比 100.0%。")


def test_what_has_no_points_is_told_in_the_remarks(workbook):
    sheet = workbook["1003 王磊"]
    rows = {row["指标"]: row for row in below(sheet, "维度", "指标")[:5]}
    assert (rows["首次联系解决率"]["得分"], rows["主动推荐率"]["得分"]) == ("缺外部数据", "待人工")
    assert rows["首次联系解决率"]["评分依据"].endswith("不计分；本项不计分，也不按零分计。")
    remark = next(line[1] for line in lines(sheet) if line[0] == "备注")
    assert "首次联系解决率 30 分缺外部数据，不计分，也不按零分计：请补齐外部数据后重算" in remark
    assert next(line for line in lines(sheet) if line[0] == "总分")[6].startswith("得分 55 ÷ 可得 60 × 100 = 91.67")
    undecided = next(line[1] for line in lines(workbook["1002 周敏"]) if line[0] == "备注")
    assert undecided == "得分区间 82–94 跨过 90 分线，须人工复核后定级"


def test_alike_dimensions_share_a_cell(tmp_path):
    def under(*dimensions: str) -> Scorecard:
        named = zip(TABLE2.criteria, dimensions, strict=True)
        return changed(TABLE2, criteria=tuple(c.model_copy(update={"dimension": d}) for c, d in named))

    alike = under("服务效率", "服务效率", "服务效率", "其他", "其他")
    sheet = write(replace(report(), scorecard=alike), tmp_path)["1001 林晓雯"]
    assert {"A7:A9", "A10:A11"} <= {str(area) for area in sheet.merged_cells.ranges}
    sheet = write(replace(report(), scorecard=under("", "", "", "", "")), tmp_path)["1001 林晓雯"]
    assert [row["序号"] for row in below(sheet, "序号", "指标")][:5] == ["1", "2", "3", "4", "5"]


def test_summary_ranks_with_interval_and_grade(workbook):
    sheet = workbook["坐席汇总"]
    found = {line[2]: line for line in lines(sheet)[4:7]}
    assert [line[2] for line in lines(sheet)[4:7]] == ["林晓雯", "王磊", "周敏"]
    assert found["林晓雯"][3:8] == ("一组", 95, "93–97", "优秀", 1)
    assert found["周敏"][3:7] == ("一组", 88, "82–94", "未定级")
    assert [line[0] for line in lines(sheet)[7:10]] == ["班组　一组", "班组　二组", "合计"]
    assert "通话数" not in lines(sheet)[3]  # nobody has calls


def test_grades_have_colours(workbook):
    sheet = workbook["坐席汇总"]
    fills = {sheet.cell(row, 3).value: sheet.cell(row, 7).fill.start_color.rgb for row in (5, 6, 7)}
    assert fills == {"林晓雯": "FFB7DFC4", "王磊": "FFB7DFC4", "周敏": "FFE4E7EB"}
    rules = [
        (rule.operator, float(rule.formula[0]))
        for area in sheet.conditional_formatting
        for rule in area.rules
        if str(area.sqref) == "E5:E10"
    ]
    assert rules == [("greaterThanOrEqual", pytest.approx(least, abs=1e-6)) for least in (90, 80, 60, 0)]


def test_team_page(workbook):
    found = lines(workbook["班组"])
    teams = {line[0]: line for line in found[4:6]}
    assert teams["一组"][1:4] == (2, "信息记录准确性 80%", "优秀 1、未定级 1")
    assert teams["二组"][1:4] == (1, "信息记录准确性 80%", "优秀 1")
    members = [line[0] for line in found if line[1] in NAMES]
    assert members == ["林晓雯", "周敏", "王磊"]
    reason = next(line[3] for line in found if line[0] == "周敏")
    assert reason.endswith("须人工复核后定级")


def test_the_chart_shows_the_months_before(workbook):
    sheet = workbook["1001 林晓雯"]
    (chart,) = sheet._charts
    (series,) = chart.series
    months, scores = (ref.split("!")[1] for ref in (series.cat.strRef.f, series.val.numRef.f))
    shown = [[cell.value for (cell,) in sheet[area.replace("$", "")]] for area in (months, scores)]
    assert shown == [["2026-09", "2026-10"], [90, 95]]
    assert workbook["1002 周敏"]._charts == []


def test_the_plan_is_table3_with_last_months_results(workbook):
    sheet = workbook["改进计划"]
    assert sheet["A2"].value == "责任部门"
    assert lines(sheet)[1][6] == "2026-11-04"
    rows = below(sheet, "序号", "坐席", "问题点")
    assert rows[0] == {
        "序号": 1,
        "坐席": "1002 周敏",
        "问题点": "首次联系解决率偏低",
        "失分": 5,
        "原因分析": None,
        "改进措施": "1. 专项培训，每周五案例复盘会\n2. 编《常见问题解决方案手册》",
        "责任人": "培训专员",
        "完成时间": "2026-11-30",
        "预期效果": "首次联系解决率由 80% 提高到不低于 90%",
        "完成情况": None,
    }
    found = lines(sheet)
    at = next(n for n, line in enumerate(found) if line[0] == "上月的计划与完成情况")
    results = {
        line[2]: (line[9], sheet.cell(n, 10).fill.start_color.rgb) for n, line in enumerate(found[at + 1 :], at + 2)
    }
    assert results["首次联系解决率偏低"] == (
        "首次联系解决率 2026-10 为 88%，目标不低于 90%，未达成",
        "FFF4B6B0",
    )


def test_proposals_wait_for_a_signature(workbook):
    sheet = workbook["奖惩建议"]
    assert "只有经签字才生效" in sheet["A2"].value
    assert lines(sheet)[3] == (
        1,
        "1001 林晓雯",
        "2026-10",
        "绩效奖金系数 1.2",
        1.2,
        "2026-10 95.0 优秀，当月优秀",
        "优秀者奖金系数1.2",
        None,
        None,
        None,
    )
    assert sheet.row_dimensions[4].height >= 34


def test_printed_examples_are_held_against_their_own_formula(workbook):
    rows = below(workbook["不一致清单"], "序号", "类别")
    assert [(row["通话或评分项"], row["一方"].split(" 分")[0], row["另一方"].split(" 分")[0]) for row in rows] == [
        ("首次响应时间", "原文印 18", "按公式 20"),
        ("首次联系解决率", "原文印 28", "按公式 30"),
        ("信息记录准确性", "原文印 13", "按公式 12"),
        ("主动推荐率", "原文印 9", "按公式 10"),
        ("样例总分", "原文各项相加 91", "按公式各项相加 95"),
    ]
    right = changed(TABLE2, examples=TABLE2.examples[1:2])
    assert list(example_disagreements(right)) == []


def call(
    answers: tuple[Answer, ...] = (),
    findings: tuple[Finding, ...] = (),
    review: tuple[str, ...] = (),
    machine: tuple[Answer, ...] = (),
) -> ScoredCall:
    heard = hearing("坐席：您好")
    return ScoredCall(
        heard.call,
        Status.EVALUATED,
        "",
        "",
        Evaluation("C1", "1001", "table2", 3, "f00d", Status.EVALUATED, answers, review),
        findings,
        SpeedOfAnswer(8.0, 11.5, 3),
        62.5,
        machine,
    )


def disputed(call: ScoredCall) -> list[tuple[str, ...]]:
    return [(each.kind, each.about, each.one, each.other) for each in call_disagreements(report(), call)]


def test_a_person_beside_the_machine_is_listed_where_the_two_differ():
    machine = Answer("T1-2", Outcome.NOT_MET, None, Tally(), (), ("禁用语“等着”",))
    person = replace(machine, outcome=Outcome.MET, reasons=(), source="person")
    assert disputed(call((person,), machine=(machine,))) == [
        ("机器与人工", "C1　用语规范得分", "机器：不符合（禁用语“等着”）", "人工：符合")
    ]
    assert disputed(call((replace(machine, source="person"),), machine=(machine,))) == []
    assert disputed(call((person,))) == []


def test_sources_that_disagree_are_listed_with_both_figures():
    def apart(term: str, seconds: float) -> Finding:
        return Finding("C1", "data_quality", term, None, Role.UNKNOWN, Span(0, 1), "", seconds, 1.0, "1")

    assert disputed(call(findings=(apart("ring_disagreement", 3.5), apart("duration_disagreement", 2.5)))) == [
        ("来源不符", "C1", "话单：振铃时长 8.0 秒", "录音：振铃时长 11.5 秒"),
        ("来源不符", "C1", "话单：通话时长 60.0 秒", "录音：通话时长 62.5 秒"),
    ]


def test_calls_that_a_person_should_see_are_listed():
    assert disputed(call(review=("角色把握不足（62%）",))) == [
        ("须复核", "C1", "系统：角色把握不足（62%）", "尚无人工结论")
    ]


def test_the_state_of_the_month_is_told():
    assert told(everything())["状态"].split("\n") == [
        "第2次关账：2026-11-04 11:04 张三 关账　程序版本 0.1.0",
        "此前：2026-11-02 11:04 张三 关账",
        "此前：2026-11-03 11:04 李四 重开（工单漏导 3 张）",
    ]
    assert closing_title(CLOSED, ()) == "第1次关账"
    assert closing_title(EARLIER[1], EARLIER[:1]) == "重开"
    assert told(report())["状态"] == "未留存的计算"


def test_a_trial_says_so_on_every_sheet(tmp_path):
    trial = replace(everything(), closing=replace(CLOSED, state=ClosingState.TRIAL))
    for sheet in write(trial, tmp_path):
        assert "（试算，尚未关账）" in sheet["A1"].value, sheet.title


def test_sources_and_feeds_are_told():
    said = told(everything())
    assert said["分值来源"].startswith(
        "每人 100 分，3 人平均：通话 45、外部数据 35、人工 6.67、缺外部数据 10、待人工 3.33 分。"
        "其中得到评分的 86.67 分。"
    )
    assert said["外部数据"].split("\n") == [
        "已读入：",
        "· tickets.csv（内容摘要 9ab3ff01c2d4）",
        "缺外部数据，未评分：",
        "· 首次联系解决率（tickets.first_contact）：1 人，每人 30 分",
    ]
    assert said["未评定的评分项"] == "待人工，不计分，也不按零分计：\n· 主动推荐率：1 人，每人 10 分"
    assert said["标准检查"] == "提示 table2.yaml:21 T1-1：61 秒得 0 分还是 12 分？"
    assert said["抽查名单"] == "1001 林晓雯　用语规范得分（2 条）：C3、C7"


def test_that_nothing_is_proposed_is_told():
    assert told(report())["奖惩建议"].startswith("本月没有触发任何奖惩条款。\n1 人未定级")
    assert told(everything())["奖惩建议"].startswith("1 条，见“奖惩建议”；只有经签字才生效。")


def test_bands_are_half_open_in_words():
    assert told(report())["等级"].startswith(
        "月度等级（达到下限即入档）：优秀 90 分及以上；良好 80 分及以上、90 分以下；合格 60 分及以上、80 分以下；"
        "需改进 60 分以下。"
    )
    grades = (TABLE2.grades[0], TABLE2.grades[1].model_copy(update={"least": None}), TABLE2.grades[3])
    said = told(replace(report(), scorecard=changed(TABLE2, grades=grades, consequences=())))["等级"]
    assert "优秀 90 分及以上；良好 分数线尚未填写；需改进 分数线尚未填写" in said


def test_what_is_not_assessed_and_when_something_else_applies_is_told():
    first = TABLE2.criteria[0]
    scoring = first.scoring.model_copy(update={"at_most": None})
    open_line = first.model_copy(update={"id": "T1-9", "title": "回复时限", "scoring": scoring})
    period = {
        "title": "大促",
        "first": "2026-10-01",
        "last": "2026-10-07",
        "exempt": ["T1-1"],
        "points": {"T1-3": 35},
    }
    card = changed(
        TABLE2,
        criteria=(*TABLE2.criteria, open_line),
        assessed=["T1-1", "T1-2", "T1-3", "T1-4", "T1-9"],
        periods=[period],
    )
    made = tuple(month(card, m.agent_id, str(m.agent_name), PRINTED) for m in agents())
    said = told(replace(report(), scorecard=card, months=made))
    assert said["停用与未选"].split("\n") == [
        "T1-5 主动推荐率：不在所选的考核范围内",
        "T1-9 回复时限：原文的数值未给出（[X]），本项停用",
    ]
    assert said["特殊时段"] == "大促，2026-10-01 至 2026-10-07：首次响应时间豁免、首次联系解决率改为 35 分"


def test_levels_without_calls(tmp_path):
    values = {"KF02-1": "基本符合", "KF02-6": 0.8, "KF02-9": "符合"}
    made = (month(RECEPTION, "1001", "林晓雯", values), month(RECEPTION, "1002", "周敏", {"KF02-1": "n_a"}))
    line = month(RECEPTION, None, "合计", {})
    book = write(MonthReport(MONTH, RECEPTION, made, (), line), tmp_path)
    rows = below(book["1001 林晓雯"], "序号", "项目")[:3]
    assert [(row["标准分值"], row["实际得分"], row["得分率"]) for row in rows] == [
        (12, pytest.approx(9.6), pytest.approx(0.8)),
        (10, 8, pytest.approx(0.8)),
        ("加分", 5, "—"),
    ]
    assert [row["实际得分"] for row in below(book["1002 周敏"], "序号", "项目")[:3]] == [
        "不适用",
        "缺外部数据",
        "待人工",
    ]
    assert "通话明细" not in [line[0] for line in lines(book["1001 林晓雯"])]
    assert book["坐席汇总"]["I4"].value == "客户表扬\n（加分5分）"


def test_the_drawn_calls_are_marked(tmp_path):
    answers = tuple(Answer(c.id, Outcome.MET, None, Tally(), (), ()) for c in TABLE2.chosen)
    own = call(answers)
    made = month(TABLE2, "1001", "林晓雯", PRINTED, drawn={"T1-2": ("C1",)}, evaluated=1)
    line = month(TABLE2, None, "合计", PRINTED, evaluated=1)
    book = write(MonthReport(MONTH, TABLE2, (made,), (own,), line), tmp_path)
    (row,) = below(book["1001 林晓雯"], "序号", "通话编号")
    assert row["不符合之处"] == "抽中（用语规范得分）\n全部符合"
    assert "得分" not in row


def test_totals_say_what_a_person_and_a_veto_add():
    plain = month(TABLE2, "1001", "林晓雯", PRINTED)
    assert total_sentence(TABLE2, replace(plain, qualitative=(28.0, 70.0))) == (
        "各项得分相加，得 95 分；定量占 70%，计 66.5 分，加定性 28 分；已评分值占比 100.0%。"
    )
    assert "一票否决（服务态度），本月 0 分" in total_sentence(TABLE2, replace(plain, vetoed="服务态度"))
    assert total_sentence(TABLE2, month(TABLE2, "1", "甲", {})) == "本月没有可计分的评分项。"
    assert interval(month(TABLE2, "1", "甲", {})) is None


def test_sources_are_told_in_points():
    assert sources({Origin.NO_FEED: 30.0, Origin.CALLS: 70.0}) == "通话 70、缺外部数据 30 分"
    assert sources(()) == "—"


def test_a_standard_of_many_items_prints_over_several_pages(tmp_path):
    criteria = tuple(TABLE2.criteria[0].model_copy(update={"id": f"SM-{n}", "points": 4.0}) for n in range(25))
    card = changed(TABLE2, criteria=criteria, examples=(), plan=())
    made = month(card, "1001", "林晓雯", {c.id: 28.0 for c in criteria})
    sheet = write(MonthReport(MONTH, card, (made,), (), made), tmp_path)["坐席汇总"]
    assert sheet.page_setup.fitToWidth == 2
    assert sheet.print_title_cols == "$A:$C"


def test_every_sheet_prints_on_a4(workbook):
    for sheet in workbook:
        assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")
        assert sheet.print_area.endswith(f"${sheet.max_row}")
        assert sheet.print_title_rows
        assert sheet.freeze_panes
        assert {c.font.name for line in sheet.iter_rows() for c in line if c.value is not None} == {"等线"}


def test_months_of_another_standard_are_refused(tmp_path):
    with pytest.raises(ValueError, match="林晓雯: the month is not of kf02"):
        write_month(tmp_path / "x.xlsx", replace(report(), scorecard=RECEPTION))


NASTY = st.sampled_from(
    ["=1+1", "@SUM(A1)", "+86", "-", "🙂" * 40, "甲" * 200, '"', "a\r\nb", "\x07", "", " ", "班组"]
)


@settings(deadline=None, max_examples=8)
@given(st.tuples(NASTY, NASTY, NASTY, NASTY))
def test_whatever_people_write_stays_text(tmp_path_factory, texts):
    name, team, note, title = texts
    whole = everything()
    first, *others = whole.months
    nasty = replace(
        whole,
        months=(replace(first, agent_name=name, team=team), *others),
        teams=tuple(replace(t, agent_name=team) for t in whole.teams[:1]),
        notices=(note,),
        proposals=tuple(replace(p, title=title, sentence=note) for p in whole.proposals),
        plans={"1002": tuple(replace(row, problem=note) for row in whole.plans["1002"])},
        closing=replace(CLOSED, by=title, reason=note),
    )
    path = tmp_path_factory.mktemp("nasty") / "x.xlsx"
    write_month(path, nasty)
    book = openpyxl.load_workbook(path)
    assert {cell.data_type for sheet in book for line in sheet.iter_rows() for cell in line} <= {"s", "n", "d"}
    with ZipFile(path) as parts:
        sheets = [parts.read(part).decode() for part in parts.namelist() if part.startswith("xl/worksheets/sheet")]
    assert not any("<f>" in sheet or "<f " in sheet for sheet in sheets)
