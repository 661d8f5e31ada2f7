"""The workbook as a manager opens it: read back with openpyxl, every figure checked against the calls behind it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from zipfile import ZipFile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.audio.speed_of_answer import SpeedOfAnswer
from pipeline.call import Call, Direction, Status
from pipeline.errors import ConfigurationError
from pipeline.evaluation import Answer, Evaluation, ItemAnswer, Outcome
from pipeline.findings import Finding
from pipeline.hearing.turns import Role
from pipeline.month.assessment import ScoredCall, assess, whole_line
from pipeline.month.workbook import OWN, MonthReport, write_month
from pipeline.month.workbook.basis import answers_to, basis, losses
from pipeline.month.workbook.explanations import explanations
from pipeline.month.workbook.report import Chapter
from pipeline.month.workbook.sheet import MAX_TEXT, MIDDLE, Book, clean, sheet_name
from pipeline.month.workbook.summary import rank_chapters
from pipeline.scorecard import Criterion, Scorecard
from pipeline.tally import Tally, shown
from pipeline.timeline import Span, place

MONTH = "2025-03"
PHRASES = {"greeting": "您好", "company": "单位名称", "staff_id": "工号", "offer_help": "有什么可以帮到您"}

LEVELS = {"符合": 1.0, "基本符合": 0.8, "一般符合": 0.6, "不符合": 0.0}


def heard(title: str, *terms: str, **more) -> dict[str, object]:
    return {
        "title": title,
        "rule": {"kind": "heard", "detector": "required_phrase", "terms": terms, **more},
    }


def item(number: int, title: str, points: float, *parts: dict[str, object], **more) -> dict[str, object]:
    return {
        "id": f"KF01-{number}",
        "title": title,
        "standard": f"{title}的标准",
        "points": points,
        "parts": parts,
        **more,
    }


CARD = Scorecard.model_validate(
    {
        "name": "KF01",
        "title": "客服规范服务考核标准（之一，电话接听）",
        "revision": 1,
        "effective_from": "2025-01-01",
        "source": "客服规范服务考核标准 KF01",
        "levels": LEVELS,
        "cutoffs": {"符合": 1.0, "基本符合": 0.75, "一般符合": 0.5},
        "criteria": [
            item(1, "服务时间", 10, indicator="hours.answered", note="需要按小时的话务数据"),
            item(2, "服务资源", 10, indicator="hours.served", note="需要排队、遇忙、放弃数据"),
            item(3, "接听速度", 5, {"title": "三声内接听", "rule": {"kind": "rings", "at_most": 3}}),
            item(
                4,
                "电话礼仪",
                15,
                heard("规范用语", *PHRASES, inbound_only=["offer_help"]),
                {"title": "语气亲切", "rule": {"kind": "absent", "detector": "banned_wording"}},
                {
                    "title": "投诉主动致歉",
                    "rule": {"kind": "duty", "trigger": "complaint", "detector": "apology", "terms": ["sincere"]},
                },
            ),
            item(5, "聆听技巧", 10, note="是否听懂客户之意由人工评定"),
            item(6, "电话记录", 10, indicator="tickets.closed", note="需要工单记录"),
            item(7, "回应诉求", 25, note="方案是否恰当、问题是否关闭由人工评定"),
            item(8, "主动协助", 5, heard("询问其他需要", "anything_else")),
            item(9, "感谢致电", 5, heard("感谢", "thanks")),
            item(10, "结束通话", 5, heard("道别", "goodbye"), {"title": "客户先收线", "rule": {"kind": "hangup"}}),
        ],
    }
)
AGENTS = {"1001": "林晓雯", "1002": "周敏", "1003": "王磊", "2001": "陈建国", "2002": "何静", "3001": "=1+1"}


@dataclass
class Plan:
    """What happens in a call, from which its findings and answers follow."""

    id: str
    agent: str | None
    at: str = "03-03 09:00:00"  # Asia/Shanghai
    wait: float = 9.0
    rings: int | None = 2
    outbound: bool = False
    talk: float = 48.0
    missing: tuple[str, ...] = ()
    banned: tuple[tuple[float, str], ...] = ()
    complaint: float | None = None
    apology: float | None = None
    hung_up: str | None = None
    review: tuple[str, ...] = ()


def scored(plan: Plan) -> ScoredCall:
    """The call as the pipeline would leave it."""
    local = datetime.fromisoformat(f"2025-{plan.at.replace(' ', 'T')}+08:00")
    call = Call(
        id=plan.id,
        agent_id=plan.agent,
        agent_name=AGENTS.get(plan.agent or ""),
        queue="家政服务热线",
        direction=Direction.OUTBOUND if plan.outbound else Direction.INBOUND,
        caller="13800132201",
        ring_at=local.astimezone(UTC),
        answered_at=local.astimezone(UTC) + timedelta(seconds=plan.wait),
        ended_at=local.astimezone(UTC) + timedelta(seconds=plan.wait + plan.talk),
        recording_name=f"{plan.id}.wav",
        answered=True,
        hangup_by=plan.hung_up,
    )
    findings: list[Finding] = []

    def hear(detector: str, term: str, role: Role, start: float, quote: str) -> None:
        findings.append(Finding(plan.id, detector, term, 0, role, Span(start, start + 1), quote, None, 0.9, "1"))

    start = plan.wait + 0.8
    for n, term in enumerate(t for t in PHRASES if t not in plan.missing):
        hear("required_phrase", term, Role.AGENT, start + n, PHRASES[term])
    for at, word in plan.banned:
        hear("banned_wording", word, Role.AGENT, at, word)
    if plan.complaint is not None:
        hear("complaint", "投诉", Role.CUSTOMER, plan.complaint, "我要投诉")
    if plan.apology is not None:
        hear("apology", "sincere", Role.AGENT, plan.apology, "非常抱歉")
    end = plan.wait + plan.talk
    for n, term in enumerate(t for t in ("anything_else", "thanks", "goodbye") if t not in plan.missing):
        hear("required_phrase", term, Role.AGENT, end - 6 + 2 * n, term)
    places = {(f.detector, f.term): i for i, f in enumerate(findings)}
    apologised = plan.apology is not None and plan.complaint is not None and plan.apology >= plan.complaint
    late = plan.rings > 3 if plan.rings is not None else plan.wait > 15
    parts = {
        "KF01-3": [
            None if plan.outbound else (1 - late, f"三声内接听：铃响 {plan.rings} 声、{plan.wait:.1f} 秒才接听", ())
        ],
        "KF01-4": [
            (
                1 - len(set(plan.missing) & set(PHRASES)) / 4,
                "规范用语：未听到" + "、".join(PHRASES[t] for t in plan.missing if t in PHRASES),
                tuple(i for (d, t), i in places.items() if t in PHRASES),
            ),
            (
                not plan.banned,
                "语气亲切：禁用语" + "、".join(f"“{word}”{place(at)}" for at, word in plan.banned),
                tuple(i for i, f in enumerate(findings) if f.detector == "banned_wording"),
            ),
            None
            if plan.complaint is None
            else (
                apologised,
                f"投诉主动致歉：客户 {place(plan.complaint)} 投诉后未听到致歉",
                (places["complaint", "投诉"],),
            ),
        ],
        **{
            id: [
                (
                    term not in plan.missing,
                    f"{part}：未听到{title}",
                    tuple(i for (_, t), i in places.items() if t == term),
                )
            ]
            for id, term, part, title in (
                ("KF01-8", "anything_else", "询问其他需要", "主动询问"),
                ("KF01-9", "thanks", "感谢", "感谢来电"),
            )
        },
        "KF01-10": [
            (
                "goodbye" not in plan.missing,
                "道别：未听到“再见”",
                tuple(i for (_, t), i in places.items() if t == "goodbye"),
            ),
            None if plan.hung_up is None else (plan.hung_up == "customer", "客户先收线：坐席先收线", ()),
        ],
    }
    answers = tuple(answered(criterion, parts.get(criterion.id)) for criterion in CARD.criteria)
    return ScoredCall(
        call=call,
        status=Status.EVALUATED,
        reason="",
        problem="",
        evaluation=Evaluation(
            plan.id, plan.agent, "KF01", 1, "9f31c2ab", Status.EVALUATED, answers, review=plan.review
        ),
        findings=tuple(findings),
        speed_of_answer=SpeedOfAnswer(plan.wait, plan.wait + 0.8 if plan.rings else None, plan.rings),
        duration=end,
    )


def answered(criterion: Criterion, parts: list[tuple[float, str, tuple[int, ...]] | None] | None) -> Answer:
    if parts is None:
        outcome = Outcome.NEEDS_FEED if criterion.answered_by == ("feed",) else Outcome.NEEDS_PERSON
        return Answer(criterion.id, outcome, None, Tally(), (), (criterion.note,))
    known = [part for part in parts if part is not None]
    if not known:
        return Answer(criterion.id, Outcome.NOT_APPLICABLE, None, Tally(), (), ("呼出通话不计接听速度",))
    share = sum(part[0] for part in known) / len(known)
    level, worth = CARD.level(share)
    awarded = worth * criterion.points
    outcome = {"符合": Outcome.MET, "不符合": Outcome.NOT_MET}.get(level, Outcome.PARTLY_MET)
    short = [part for part in known if part[0] < 1]
    return Answer(
        criterion.id,
        outcome,
        level,
        Tally(awarded, criterion.points),
        tuple(i for part in (short or known) for i in part[2]),
        tuple(part[1] for part in short),
        items=tuple(item_of(f"{criterion.id}-{n}", part) for n, part in enumerate(parts, 1)),
    )


def item_of(id: str, part: tuple[float, str, tuple[int, ...]] | None) -> ItemAnswer:
    if part is None:
        return ItemAnswer(id, Outcome.NOT_APPLICABLE)
    return ItemAnswer(id, Outcome.of_share(float(part[0])), float(part[0]), findings=part[2])


def unscored(id: str, agent: str | None, at: str | None, status: Status, reason: str, problem: str) -> ScoredCall:
    made = scored(Plan(id, agent, at or "03-01 00:00:00"))
    if at is None:
        made = replace(
            made, call=replace(made.call, ring_at=None, answered_at=None, ended_at=None, source="cdr.csv:31")
        )
    heard = status is Status.UNSCORABLE and agent is not None
    return replace(
        made,
        status=status,
        reason=reason,
        problem=problem,
        evaluation=None,
        findings=(),
        speed_of_answer=made.speed_of_answer if heard else None,
        duration=None if status is Status.FAILED else made.duration,
    )


CALLS = [
    *map(
        scored,
        [
            Plan("D01", "1001", "03-03 09:12:05", hung_up="customer"),
            Plan("D03", "1001", "03-03 11:20:18", 14.0, 3, missing=("thanks",), complaint=31.2, apology=36.0),
            Plan("D09", "1001", "03-04 13:15:44", 4.0, 1, missing=("staff_id",)),
            Plan("D18", "1001", "03-06 11:11:11", 7.0, 2),
            Plan("D23", "1001", "03-07 15:15:15", 8.0, None, missing=("anything_else",)),
            Plan("D02", "1002", "03-03 10:05:41", 4.0, 1),
            Plan("D08", "1002", "03-04 10:40:02", 12.0, None, outbound=True),
            Plan("D11", "1002", "03-05 09:05:31", 12.0, 3, complaint=22.0, apology=27.5, hung_up="customer"),
            Plan(
                "D04", "1003", "03-03 14:02:33", 17.0, 4, missing=("company", "staff_id"), banned=((22.4, "等着"),)
            ),
            Plan("D13", "1003", "03-05 11:31:16", 7.0, 2, missing=("thanks", "goodbye"), hung_up="agent"),
            Plan(
                "D14",
                "1003",
                "03-05 14:18:55",
                13.0,
                3,
                banned=((19.0, "不知道"), (40.2, "不归我管")),
                complaint=30.0,
            ),
            Plan("D17", "1003", "03-06 10:02:12", 2.0, 1, missing=("thanks",), review=("角色把握不足（62%）",)),
            Plan("D21", "1003", "03-07 09:09:09", 8.0, 2, missing=("anything_else", "thanks")),
            Plan("D05", "2001", "03-03 15:33:50", 27.0, 6, missing=("offer_help",), banned=((41.0, "大概"),)),
            Plan("D10", "2001", "03-04 18:22:09", 9.0, 2),
            Plan("D12", "2001", "03-05 10:12:48", 7.0, 2, complaint=18.0, apology=25.0),
            Plan("D16", "2001", "03-06 09:20:40", 9.0, 2, missing=("thanks",)),
            Plan("D20", "2001", "03-06 17:50:21", 17.0, 4),
            Plan("D24", "2001", "03-07 19:48:30", 33.0, 7, missing=("greeting", "staff_id")),
            Plan(
                "D06",
                "2002",
                "03-04 08:45:10",
                24.0,
                5,
                missing=(*PHRASES, "anything_else", "thanks", "goodbye"),
                banned=((25.24, "喂，说话"), (39.75, "你急什么"), (51.55, "大概")),
                complaint=36.24,
            ),
            Plan("D07", "2002", "03-04 09:30:27", 9.0, 2, missing=("anything_else",)),
            Plan("D15", "2002", "03-05 16:40:03", 18.0, 4, missing=("staff_id", "thanks")),
            Plan("D19", "2002", "03-06 14:25:37", 8.0, None, outbound=True, missing=("anything_else",)),
            Plan("D26", None, "03-07 20:00:00", 6.0, 2),
        ],
    ),
    unscored(
        "D22", "2002", "03-07 12:34:56", Status.UNSCORABLE, "low_coverage", "语音中只有 31% 转写成文字，不足以评分"
    ),
    unscored("D25", None, "03-07 21:05:00", Status.UNSCORABLE, "no_answer", "振铃 42 秒，无人接听"),
    unscored(
        "D-BAD1", None, "03-07 22:12:11", Status.FAILED, "truncated", "D-BAD1.wav breaks off inside its header"
    ),
    unscored("D-BAD2", None, "03-07 22:19:11", Status.FAILED, "empty", "D-BAD2.wav has no content (0 bytes)"),
    unscored("cdr.csv:31", None, None, Status.FAILED, "bad_record", "开始时间“昨天”不是时间"),
    unscored("D27", "3001", "03-08 08:00:00", Status.FAILED, "no_recording", '=HYPERLINK("http://x")\r\n@SUM\x07'),
]


def report(calls=CALLS, **more) -> MonthReport:
    return MonthReport(
        MONTH, CARD, assess(MONTH, CARD, calls), tuple(calls), whole_line(MONTH, CARD, calls), **more
    )


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("month") / "2025-03.xlsx"
    write_month(path, report())
    return path


@pytest.fixture(scope="module")
def workbook(path):
    return openpyxl.load_workbook(path)


def rows(sheet, head: str) -> list[dict[str, object]]:
    """The rows below the line of heads that begins with `head`, up to the first that is neither item nor part."""
    lines = [[cell.value for cell in line] for line in sheet.iter_rows()]
    top = next(n for n, line in enumerate(lines) if line[:2] == head.split())
    found = []
    for line in lines[top + 1 :]:
        if not isinstance(line[0], int) and line[0] != "—":
            if not line[0] and str(line[1]).startswith("（"):
                continue  # a sub-item
            break
        found.append(dict(zip(lines[top], line, strict=True)))
    return found


def test_sheets_in_order(workbook):
    agents = ["1001 林晓雯", "1002 周敏", "1003 王磊", "2001 陈建国", "2002 何静", "3001 =1+1", "未分配"]
    assert workbook.sheetnames == ["坐席汇总", *agents, "不一致清单", "失败与不可评", "说明"]


def test_summary_shows_each_agent_as_assessed(workbook):
    lines = {line["工号"]: line for line in rows(workbook["坐席汇总"], "排名 工号")}
    months = assess(MONTH, CARD, CALLS)
    assert len(lines) == len(months)
    for month in months:
        line = lines[month.agent_id or "—"]
        assert (line["姓名"], line["通话数"]) == (month.agent_name, month.calls)
        assert (line["已评"], line["不可评"], line["失败"]) == (month.evaluated, month.unscorable, month.failed)
        assert line["月度得分"] == (pytest.approx(month.score) if month.evaluated else "—")
        assert line["已评分\n值占比"] == ("—" if month.scored_share is None else pytest.approx(month.scored_share))
        wait = month.speed_of_answer_s
        assert line["平均振铃\n应答时长\n（秒）"] == ("—" if wait is None else pytest.approx(wait))
        share = month.within_three_rings.share
        assert line["三声内\n接听率"] == ("—" if share is None else pytest.approx(share))
        assert line["禁用语\n次数"] == month.banned_wording
        assert (line["应致歉\n通数"], line["已致歉\n通数"]) == (month.apologies_owed, month.apologies_given)
        if month.evaluated:
            assert line["服务时间\n（10分）"] == "缺外部数据"
            assert line["聆听技巧\n（10分）"] == "待人工"
            assert line["电话礼仪\n（15分）"] == pytest.approx(month.criteria[3].tally.share)


def test_summary_ranks_and_totals(workbook):
    sheet = workbook["坐席汇总"]
    lines = rows(sheet, "排名 工号")
    assert [line["排名"] for line in lines] == [1, 2, 3, 4, 5, "—", "—"]
    scores = [line["月度得分"] for line in lines if line["排名"] != "—"]
    assert scores == sorted(scores, reverse=True)
    assert [line["姓名"] for line in lines[-2:]] == ["=1+1", "未分配"]
    totals = [cell.value for cell in sheet[5 + len(lines)]]
    assert totals[0] == "合计"
    assert totals[3:7] == [len(CALLS), 24, 2, 4]
    line = whole_line(MONTH, CARD, CALLS)
    assert totals[7] == pytest.approx(line.score)
    assert totals[7] != pytest.approx(sum(scores) / len(scores), abs=0.1)  # not a mean of percents


def test_names_lead_to_the_sheets(workbook):
    cells = workbook["坐席汇总"]["C"]
    targets = {cell.value: cell.hyperlink.location for cell in cells if cell.hyperlink}
    assert targets["王磊"] == "'1003 王磊'!A1"
    assert targets["=1+1"] == "'3001 =1+1'!A1"
    assert targets.keys() == {*AGENTS.values(), "未分配"}


def test_form_head(workbook):
    sheet = workbook["1003 王磊"]
    assert sheet["A1"].value == "客服规范服务考核标准（之一，电话接听）　月度考核表"
    head = {
        sheet.cell(row, column).value: sheet.cell(row, column + 2).value
        for row in (2, 3, 4, 5)
        for column in (1, 4)
    }
    assert head == {
        "被考核人": "1003 王磊",
        "考核周期": "2025年3月",
        "评分表及版本": "KF01 第1版（2025-01-01起施行）",
        "月度得分": "65.71 分（46.56–84.87）",  # surely heard, but only five calls: see `chance`
        "考核方法": "逐项评级：符合 ×1、基本符合 ×0.8、一般符合 ×0.6、不符合 ×0",
        "评分来源": "系统建议，须复核 1 通",
        "分值来源": "通话 35、缺外部数据 30、待人工 35 分",
        "等级": "—",
    }
    assert [sheet.cell(row, 9).value for row in (2, 3, 4, 5)] == [
        "督办记录表　KF01",
        "通话　共 5 通：已评 5、不可评 0、失败 0",
        "指标　平均振铃应答 10.2 秒；三声内接听 4/5 通；禁用语 3 次；应致歉 1 通、已致歉 0 通",
        "本标准不分月度等级",
    ]


def test_form_items_add_up(workbook):
    month = next(m for m in assess(MONTH, CARD, CALLS) if m.agent_id == "1003")
    items = rows(workbook["1003 王磊"], "序号 项目")
    assert [item["项目"] for item in items] == [criterion.title for criterion in CARD.criteria]
    scored_items = [item for item in items if isinstance(item["实际得分"], int | float)]
    assert len(scored_items) == 5
    for item in scored_items:
        assert item["实际得分"] == pytest.approx(item["标准分值"] * item["累计得分"] / item["累计可得"])
        assert item["得分率"] == pytest.approx(item["累计得分"] / item["累计可得"])
    awarded, possible = (sum(item[head] for item in scored_items) for head in ("累计得分", "累计可得"))
    assert month.score == pytest.approx(100 * awarded / possible, abs=0.005)
    total = next(
        line for line in workbook["1003 王磊"].iter_rows(values_only=True) if line[0] == "合计（得分按百分制）"
    )
    assert total[3:] == (
        100,
        pytest.approx(month.score),
        pytest.approx(month.unrounded / 100),
        awarded,
        possible,
        "累计得分 115 ÷ 累计可得 175 × 100 = 65.71；区间 46.56–84.87，"
        "其中因听写、角色判断有疑 65.71–65.71，其余因为只有 5 通；已评分值占比 35.0%。",
    )


def test_form_gives_the_basis_of_each_item(workbook):
    items = {item["项目"]: item for item in rows(workbook["1003 王磊"], "序号 项目")}
    assert {title: item["评分依据"] for title, item in items.items()} == {
        "服务时间": "服务时间：没有外部数据（需要按小时的话务数据）；本项不计分，也不按零分计。",
        "服务资源": "服务资源：没有外部数据（需要排队、遇忙、放弃数据）；本项不计分，也不按零分计。",
        "接听速度": "本月 5 通评分，按时接听 4 通、超时 1 通：D04；得 4/5 分。",
        "电话礼仪": "本月 5 通评分，满分 3 通、失分 2 通：D04 00:17（规范用语：未听到单位名称、工号；"
        "语气亲切：禁用语“等着”00:22）、"
        "D14（语气亲切：禁用语“不知道”00:19、“不归我管”00:40；投诉主动致歉：客户 00:30 "
        "投诉后未听到致歉）；得 9/15 分。",
        "聆听技巧": "聆听技巧：待人工评定（是否听懂客户之意由人工评定）；本项不计分，也不按零分计。",
        "电话记录": "电话记录：没有外部数据（需要工单记录）；本项不计分，也不按零分计。",
        "回应诉求": "回应诉求：待人工评定（方案是否恰当、问题是否关闭由人工评定）；本项不计分，也不按零分计。",
        "主动协助": "本月 5 通评分，应说 5 通、未听到或未说全 1 通：D21；得 4/5 分。",
        "感谢致电": "本月 5 通评分，应说 5 通、未听到或未说全 3 通：D13、D17、D21；得 2/5 分。",
        "结束通话": "本月 5 通评分，满分 4 通、失分 1 通：D13（道别：未听到“再见”；"
        "客户先收线：坐席先收线）；得 4/5 分。",
    }
    parts = {
        (line[2], line[5]): line[8]
        for line in workbook["1003 王磊"].iter_rows(values_only=True)
        if str(line[1]).startswith("（")
    }
    assert parts == {
        ("规范用语", 0.8): "适用 5 通，做到 4 通、失分 1 通",
        ("语气亲切", 0.6): "适用 5 通，做到 3 通、失分 2 通",
        ("投诉主动致歉", 0): "适用 1 通，做到 0 通、失分 1 通",
        ("道别", 0.8): "适用 5 通，做到 4 通、失分 1 通",
        ("客户先收线", 0): "适用 1 通，做到 0 通、失分 1 通",
    }
    for title in ("服务时间", "聆听技巧"):
        assert (items[title]["得分率"], items[title]["累计得分"], items[title]["累计可得"]) == ("—", "—", "—")
    assert (items["服务时间"]["实际得分"], items["聆听技巧"]["实际得分"]) == ("缺外部数据", "待人工")


def test_form_lists_the_calls_behind_it(workbook):
    calls = {line["通话编号"]: line for line in rows(workbook["2002 何静"], "序号 通话编号")}
    assert list(calls) == ["D06", "D07", "D15", "D19", "D22"]
    worst = calls["D06"]
    assert worst["开始时间"] == datetime(2025, 3, 4, 8, 45, 10)
    assert (worst["时长"], worst["状态"], worst["得分"]) == (timedelta(seconds=72), "已评", 0)
    assert (worst["振铃（秒）"], worst["铃声数"]) == (pytest.approx(24.8), 5)
    assert worst["失分原因"].split("\n") == [
        "接听速度 −5（不符合）：三声内接听：铃响 5 声、24.0 秒才接听",
        "电话礼仪 −15（不符合）：规范用语：未听到您好、单位名称、工号、有什么可以帮到您；"
        "语气亲切：禁用语“喂，说话”00:25、“你急什么”00:39、“大概”00:51；投诉主动致歉：客户 00:36 投诉后未听到致歉",
        "主动协助 −5（不符合）：询问其他需要：未听到主动询问",
        "感谢致电 −5（不符合）：感谢：未听到感谢来电",
        "结束通话 −5（不符合）：道别：未听到“再见”",
    ]
    assert (
        calls["D15"]["失分原因"].split("\n")[1]
        == "电话礼仪 −3（基本符合）：规范用语：未听到工号（听 00:18、00:19、00:20）"
    )
    unscorable = calls["D22"]
    assert (unscorable["状态"], unscorable["得分"]) == ("不可评", "—")
    assert unscorable["失分原因"] == "low_coverage：语音中只有 31% 转写成文字，不足以评分"
    other = {line["通话编号"]: line["失分原因"] for line in rows(workbook["1003 王磊"], "序号 通话编号")}
    assert other["D17"].endswith("请复核：角色把握不足（62%）")


def test_every_call_is_somewhere(workbook):
    listed = [line["通话编号"] for line in rows(workbook["失败与不可评"], "序号 通话编号")]
    assert sorted(listed) == sorted(s.call.id for s in CALLS if s.status is not Status.EVALUATED)
    agents = [name for name in workbook.sheetnames if name not in OWN]
    behind = [line["通话编号"] for name in agents for line in rows(workbook[name], "序号 通话编号")]
    assert sorted(behind) == sorted(s.call.id for s in CALLS)


def test_not_scored_calls_name_their_reason(workbook):
    lines = {line["通话编号"]: line for line in rows(workbook["失败与不可评"], "序号 通话编号")}
    assert (lines["D25"]["状态"], lines["D25"]["原因"], lines["D25"]["说明"]) == (
        "不可评",
        "无人接听",
        "振铃 42 秒，无人接听",
    )
    assert (lines["D-BAD1"]["姓名"], lines["D-BAD1"]["时长"]) == ("未分配", "—")
    assert (lines["cdr.csv:31"]["开始时间"], lines["cdr.csv:31"]["原因"]) == ("—", "话单有误")
    assert lines["D22"]["姓名"] == "何静"


def test_text_is_never_a_formula(path, workbook):
    assert {cell.data_type for sheet in workbook for line in sheet.iter_rows() for cell in line} <= {"s", "n", "d"}
    with ZipFile(path) as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
    assert sheets
    assert not any("<f>" in sheet or "<f " in sheet for sheet in sheets)
    shown = next(line for line in rows(workbook["失败与不可评"], "序号 通话编号") if line["通话编号"] == "D27")
    assert shown["姓名"] == "=1+1"
    assert shown["说明"] == '=HYPERLINK("http://x")\n@SUM�'


def test_explanations(workbook):
    told, topic = {}, ""
    for head, sentence in workbook["说明"].iter_rows(min_row=2, values_only=True):
        topic = head or topic
        told[topic] = f"{told[topic]}\n{sentence}" if topic in told else sentence
    assert told["版本"] == "KF01 第1版（2025-01-01起施行）\n词库：9f31c2ab"
    assert "基本符合 ×0.8" in told["等级"]
    assert "75% 及以上为基本符合" in told["等级"]
    assert "不足为不符合。" in told["等级"]
    assert told["等级"].endswith("定级、排名和各处显示都用这个得分。")
    assert "· 聆听技巧：6 人，每人 10 分" in told["未评定的评分项"]
    assert "· 服务时间（hours.answered）：6 人，每人 10 分" in told["外部数据"]
    assert told["分值来源"].startswith("每人 100 分，6 人平均：通话 28.68、不适用 0.49、缺外部数据 30、待人工 35、")
    assert told["奖惩建议"] == "本标准没有写奖惩条款，没有奖惩建议。"
    assert told["状态"] == "未留存的计算"
    assert "小型模型" in told["请注意"]
    assert "经人工复核、签字之后才算数" in told["效力"]


def test_two_lexicons_in_one_month_are_told():
    other = replace(CALLS[0], evaluation=replace(CALLS[0].evaluation, lexicons="0badf00d"))
    told = dict(explanations(report([other, *CALLS[1:]])))
    assert "0badf00d、9f31c2ab\n本月先后用过几个词库" in told["版本"][0]


def test_it_prints_on_a4(workbook):
    for sheet in workbook:
        assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.print_title_rows
        assert sheet.print_area.endswith(f"${sheet.max_row}")
        assert sheet.freeze_panes
        assert all(
            cell.font.name == "等线" for line in sheet.iter_rows() for cell in line if cell.value is not None
        )
    form = workbook["1003 王磊"]
    head = int(form.print_title_rows.split("$")[-1])
    assert form.cell(head, 2).value == "通话编号"
    assert [mark.id for mark in form.row_breaks.brk] == [head - 2]  # the calls begin on a page of their own


def test_rows_grow_with_their_text(workbook):
    sheet = workbook["2002 何静"]
    heights = {sheet.cell(row, 2).value: sheet.row_dimensions[row].height for row in range(1, sheet.max_row + 1)}
    assert heights["D06"] >= 7 * 14  # seven lines
    assert heights["D07"] < 40


def test_shares_and_scores_are_coloured(workbook):
    rules = {
        str(area.sqref): rule.type for area in workbook["坐席汇总"].conditional_formatting for rule in area.rules
    }
    assert rules["H5:H12"] == "dataBar"
    assert {area for area, kind in rules.items() if kind == "colorScale"} >= {"M5:M12", "N5:N12", "V5:V12"}
    assert "J5:J12" not in rules  # how much was scored is neither good nor bad


def test_a_month_without_calls_is_a_workbook(tmp_path):
    write_month(tmp_path / "empty.xlsx", report(()))
    book = openpyxl.load_workbook(tmp_path / "empty.xlsx")
    assert book.sheetnames == ["坐席汇总", "说明"]
    assert [cell.value for cell in book["坐席汇总"][5]][:4] == ["合计", None, None, "—"]


def test_months_of_other_calls_are_refused(tmp_path):
    with pytest.raises(ValueError, match="the months are not those of the calls"):
        write_month(tmp_path / "x.xlsx", replace(report(), calls=tuple(CALLS[1:])))
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"cannot write .*nowhere.*2025-03.xlsx"):
        write_month(tmp_path / "nowhere" / "2025-03.xlsx", report(()))


def test_long_lists_of_calls_are_cut_short():
    calls = [scored(Plan(f"C{n}", "1001", missing=("thanks",))) for n in range(20)]
    criterion, month = CARD.criteria[8], assess(MONTH, CARD, calls)[0].criteria[8]
    assert basis(criterion, month, answers_to("KF01-9", calls)) == (
        "本月 20 通评分，应说 20 通、未听到或未说全 20 通：C0、C1、C2 等 20 通，见通话明细；得 0/5 分。"
    )


def test_basis_counts_calls_that_do_not_apply():
    calls = [scored(Plan("A", "1001")), scored(Plan("B", "1001", outbound=True))]
    criterion, (month,) = CARD.criteria[2], assess(MONTH, CARD, calls)
    assert basis(criterion, month.criteria[2], answers_to("KF01-3", calls)) == (
        "本月 1 通评分，全部符合；得 5/5 分（另 1 通不适用，不计入）。"
    )
    (month,) = assess(MONTH, CARD, calls[1:])
    assert basis(criterion, month.criteria[2], answers_to("KF01-3", calls[1:])) == (
        "本月 1 通不适用（呼出通话不计接听速度）；本项不计分，也不按零分计。"
    )
    (month,) = assess(MONTH, CARD, [unscored("U", "1001", None, Status.FAILED, "empty", "")])
    assert basis(criterion, month.criteria[2], ()) == "本月没有已评通话，本项不计分。"


def test_basis_names_the_place_to_listen():
    late = scored(Plan("D06", "1001", missing=("thanks",)))
    answers = tuple(replace(a, findings=(0,)) if a.criterion_id == "KF01-9" else a for a in late.evaluation.answers)
    late = replace(late, evaluation=replace(late.evaluation, answers=answers))
    (month,) = assess(MONTH, CARD, [late])
    assert "：D06 00:09；得 0/5 分" in basis(CARD.criteria[8], month.criteria[8], answers_to("KF01-9", [late]))
    assert losses(late, CARD) == "感谢致电 −5（不符合）：感谢：未听到感谢来电（听 00:09）"


def test_equal_scores_share_a_rank():
    plans = [Plan("A", "1001"), Plan("B", "1002"), Plan("C", "1003", missing=("thanks",)), Plan("D", None)]
    months = assess(MONTH, CARD, [scored(plan) for plan in plans])
    ranks = rank_chapters([Chapter(month, (), None) for month in months])
    assert [(rank, chapter.month.agent_id) for rank, chapter in ranks] == [
        (1, "1001"),
        (1, "1002"),
        (3, "1003"),
        (None, None),
    ]


@pytest.mark.parametrize(
    ("wanted", "taken", "name"),
    [
        ("1001 林晓雯", [], "1001 林晓雯"),
        ("10/01 [王]:*?\\磊", [], "10_01 _王_____磊"),
        ("'quoted'", [], "quoted"),
        ("a\r\nb\x00c", [], "a b_c"),
        ("History", [], "History (2)"),
        ("1001 a", ["1001 A", "1001 a (2)"], "1001 a (3)"),
        (" ", [], "未命名"),
        ("甲" * 40, ["甲" * 31], "甲" * 27 + " (2)"),
        ("𠮷" * 20, [], "𠮷" * 15),  # two UTF-16 units each
    ],
)
def test_sheet_names(wanted, taken, name):
    assert sheet_name(wanted, taken) == name


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(max_size=40), max_size=5))
def test_excel_takes_every_sheet_name_and_text(texts):
    content = BytesIO()
    book, names = Book(content), ["坐席汇总"]
    for text in texts:
        names.append(sheet_name(text, names))
    for name, text in zip(names, [*texts, ""], strict=True):
        book.sheet(name, (10,)).put(0, 0, text, MIDDLE)
    book.file.close()
    read = openpyxl.load_workbook(content)
    assert read.sheetnames == names
    assert all(len(name.encode("utf-16-le")) <= 62 for name in names)


def test_a_text_too_long_for_a_cell_is_cut_and_says_so():
    assert clean("长" * (MAX_TEXT + 1)).endswith("……（从略）")
    assert len(clean("长" * (MAX_TEXT + 1))) <= MAX_TEXT
    assert clean("a\rb\u2028c\ud800\x1b") == "a\nb\nc��"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.0, "00:00"), (25.24, "00:25"), (59.99, "00:59"), (3725.0, "62:05")]
)
def test_places(seconds, shown):
    assert place(seconds) == shown


@pytest.mark.parametrize(("value", "text"), [(4.0, "4"), (4.125, "4.13"), (14.4, "14.4"), (1000000.0, "1000000")])
def test_points_as_people_write_them(value, text):
    assert shown(value) == text
