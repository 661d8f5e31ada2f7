"""The schema of each feed: columns, types, ranges and keys.

Knows columns, types, ranges and keys; not files (`tables`), the check itself (`check`), nor what is measured
(`counts`). A column has an English name, a Chinese one (`title`), other names that exports give it, and what a
person should know about it (`description`). Columns that are not named here are ignored: exports have dozens.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pandera.pandas as pa
from pandera.engines.pandas_engine import DateTime

from pipeline.indicators.cells import COUNT, DAY, INSTANT, MONTH, NUMBER, TEXT, YES_NO
from pipeline.indicators.registry import INDICATORS

KINDS: Mapping[str, str] = {
    **dict.fromkeys(("咨询", "查询", "inquiry"), "inquiry"),
    **dict.fromkeys(("诉求", "报修", "维修", "求助", "request"), "request"),
    **dict.fromkeys(("投诉", "客诉", "complaint"), "complaint"),
    **dict.fromkeys(("建议", "suggestion"), "suggestion"),
    **dict.fromkeys(("其他", "其它", "other"), "other"),
}
"""The kinds of ticket, as people write them."""

SEVERITIES: Mapping[str, str] = {
    **dict.fromkeys(("不合理", "不合理投诉", "unreasonable"), "unreasonable"),
    **dict.fromkeys(("轻微", "轻微投诉", "minor"), "minor"),
    **dict.fromkeys(("重大", "重大投诉", "major"), "major"),
}
"""What a complaint is, as people write it."""

_MICROSECONDS = DateTime(unit="us")  # type: ignore[call-arg]  # by its name, pandera takes it for nanoseconds
_TIMELY = pa.Check(lambda at: at.dt.year.between(2000, 2099), error="为 2000 至 2099 年的时间")


def _column(
    title: str,
    *aliases: str,
    dtype: str = TEXT,
    checks: tuple[pa.Check, ...] = (),
    optional: bool = True,
    blank: bool | None = None,
    about: str = "",
    **metadata: object,
) -> pa.Column:
    """A column; an optional one may be empty in a row too, unless `blank` says otherwise."""
    if dtype in (INSTANT, DAY):
        checks = (_TIMELY, *checks)
    return pa.Column(
        _MICROSECONDS if dtype == DAY else dtype,
        checks=list(checks),
        required=not optional,
        nullable=optional if blank is None else blank,
        title=title,
        description=about,
        metadata={"aliases": aliases, "dtype": dtype, **metadata},
    )


def _id(title: str, *aliases: str, about: str = "", blank: bool = False) -> pa.Column:
    return _column(title, *aliases, optional=False, blank=blank, about=about, is_id=True)


def _at(title: str, *aliases: str, optional: bool = True, about: str = "", until: bool = False) -> pa.Column:
    return _column(title, *aliases, dtype=INSTANT, optional=optional, about=about, until=until)


def _yes(title: str, *aliases: str, about: str) -> pa.Column:
    return _column(title, *aliases, dtype=YES_NO, about=about)


def _between(low: float, high: float) -> pa.Check:
    return pa.Check.in_range(low, high, error=f"为 {low:g} 至 {high:g} 的数")


def _count(title: str, *aliases: str, optional: bool = True, about: str = "") -> pa.Column:
    return _column(title, *aliases, dtype=COUNT, checks=(_at_least_0(),), optional=optional, about=about)


def _at_least_0() -> pa.Check:
    return pa.Check.ge(0, error="为 0 或更大")


def _once(column: str, *others: str) -> pa.Check:
    """A check that no row repeats these columns, of those that the table has; told of the first."""

    def first_of_its_kind(table: pd.DataFrame) -> pd.Series:
        keys = [key for key in (column, *others) if key in table]
        return table[keys].isna().all(axis=1) | ~table.duplicated(keys)

    with_others = f"（{'、'.join(others)} 相同时）" if others else ""
    return pa.Check(first_of_its_kind, name=column, ignore_na=False, error=f"只出现在一行{with_others}")


def _not_before(start: str, *columns: str) -> list[pa.Check]:
    """Checks that these times, where there are any, are not before the row's first."""
    return [
        pa.Check(
            lambda table, column=column: ~(table[column] < table[start]) if column in table else _every(table),
            name=column,
            ignore_na=False,
            error=f"不早于 {start}",
        )
        for column in columns
    ]


def _at_most(whole: str, *columns: str) -> pa.Check:
    """A check that these counts, added, are no more than another; told of that one."""

    def fits(table: pd.DataFrame) -> pd.Series:
        if whole not in table:
            return _every(table)
        parts = table.reindex(columns=list(columns)).astype("Float64").fillna(0).sum(axis=1)
        return parts <= table[whole].fillna(0)

    return pa.Check(fits, name=whole, ignore_na=False, error=f"不小于 {' + '.join(columns)}")


def _every(table: pd.DataFrame) -> pd.Series:
    return pd.Series(True, index=table.index)


def _apart(table: pd.DataFrame) -> pd.Series:
    """Which rows of the roster begin after every earlier row of their agent has ended."""
    rows = table.sort_values(["agent_id", "first_day"], kind="stable")
    ended = rows["last_day"] if "last_day" in rows else pd.Series(pd.NaT, index=rows.index, dtype=DAY)
    latest = ended.fillna(pd.Timestamp("2100-01-01")).groupby(rows["agent_id"]).cummax()
    earlier = latest.groupby(rows["agent_id"]).shift()
    return (~(rows["first_day"] <= earlier)).reindex(table.index)


_YUAN = pa.Check.ge(0, error="为 0 或更大")
_AGENT = _id("工号", "坐席工号", "客服工号", "员工编号", "agent")

_FEEDS = (
    pa.DataFrameSchema(
        {
            "ticket_id": _id("工单号", "工单编号", "单号", "ticket"),
            "agent_id": _AGENT,
            "created_at": _at("创建时间", "受理时间", "建单时间", optional=False, about="按此时间计入月份和班组"),
            "kind": _column(
                "类型", "工单类型", "诉求类型", words=KINDS, about="咨询／诉求（报修、求助）／投诉／建议／其他"
            ),
            "urgent": _yes("紧急", "是否紧急", about="报修、求助是否紧急；空表示未填，不进分母，计入未填数"),
            "night": _yes("夜间受理", "是否夜间", about="夜间值班受理；空表示未填，不进分母，计入未填数"),
            "first_contact": _yes(
                "首次解决", "是否首次解决", "首次联系解决", about="空表示未填，不进分母，计入未填数"
            ),
            "record_errors": _count(
                "记录错误数", "错误项数", about="本单记录错误几项；空表示未检查，不进分母，计入未填数"
            ),
            "responded_at": _at("响应时间", about="紧急诉求的响应；空表示没有响应"),
            "dispatched_at": _at("派单时间", about="空表示没有派单"),
            "work_order": _yes(
                "补发工作单", "是否补发工作单", "补发维修工作单", about="紧急诉求完成后补发《维修工作单》；空同上"
            ),
            "progress_told": _yes(
                "反馈进展", "是否反馈进展", "已反馈进展", about="未按期完成的诉求已向业户反馈进展；空同上"
            ),
            "severity": _column(
                "投诉性质", "投诉等级", "投诉级别", words=SEVERITIES, about="不合理／轻微／重大；空同上"
            ),
            "reason_given": _yes(
                "说明理由", "是否说明理由", "已说明理由", about="不合理投诉已说明理由或情况；空同上"
            ),
            "forwarded_at": _at("上报时间", "转主管时间", about="投诉传给主管；空表示没有上报"),
            "verified_at": _at("核实时间", about="责任部门核实投诉并定措施；空表示没有核实"),
            "assessed_at": _at("评估时间", about="建议的评估；空表示没有评估"),
            "replied_at": _at("答复时间", "回复时间", about="首次未解决的答复；空表示没有答复"),
            "closed_at": _at("关闭时间", "完成时间", "办结时间", about="空表示没有关闭"),
            "resolved": _yes(
                "已解决", "是否解决", "客诉解决", about="投诉是否成功解决；空表示未填，不进分母，计入未填数"
            ),
            "accurate": _yes("答复准确", "是否准确", "回复准确", about="空表示未填，不进分母，计入未填数"),
            "call_id": _column(
                "通话编号", "录音编号", "通话流水号", is_id=True, about="与通话核对用；空表示不来自电话"
            ),
            "customer": _column("客户姓名", "联系人", about="与通话核对用，下同"),
            "phone": _column("联系电话", "手机号", "联系方式", is_id=True),
            "address": _column("地址", "服务地址", "客户地址"),
            "appointment": _at("约定时间", "预约时间", "上门时间"),
            "promised_at": _at("承诺时间", "承诺答复时间", about="答应客户在此时之前答复"),
        },
        checks=[
            _once("ticket_id"),
            *_not_before(
                "created_at",
                "responded_at",
                "dispatched_at",
                "forwarded_at",
                "verified_at",
                "assessed_at",
                "replied_at",
                "closed_at",
            ),
        ],
        name="tickets",
        title="工单",
        metadata={"at": "created_at", "counted": "张工单"},
    ),
    pa.DataFrameSchema(
        {
            "order_id": _id("订单号", "订单编号", "order"),
            "agent_id": _AGENT,
            "created_at": _at("下单时间", "创建时间", optional=False, about="按此时间计入月份和班组"),
            "accurate": _yes(
                "录入准确", "是否准确", "订单准确", about="准确录入并执行；空表示未填，不进分母，计入未填数"
            ),
            "checked_at": _at("核实时间", about="空表示没有核实"),
        },
        checks=[_once("order_id"), *_not_before("created_at", "checked_at")],
        name="orders",
        title="订单",
        metadata={"at": "created_at", "counted": "张订单"},
    ),
    pa.DataFrameSchema(
        {
            "survey_id": _id("评价编号", "问卷编号", "survey"),
            "agent_id": _AGENT,
            "rated_at": _at("评价时间", "提交时间", optional=False, about="按此时间计入月份和班组"),
            "score": _column(
                "满意度",
                "满意度评分",
                "评分",
                dtype=NUMBER,
                checks=(_between(1, 5),),
                about="1–5 分；空不进平均，计入未填数",
            ),
            "empathy": _column(
                "同理心",
                "同理心评分",
                dtype=NUMBER,
                checks=(_between(1, 5),),
                about="1–5 分；空不进平均，计入未填数",
            ),
        },
        checks=[_once("survey_id")],
        name="satisfaction",
        title="满意度",
        metadata={"at": "rated_at", "counted": "份评价"},
    ),
    pa.DataFrameSchema(
        {
            "service_id": _id("服务单号", "服务编号", "工单号", "service", about="每次应回访的服务一行"),
            "agent_id": _AGENT,
            "served_at": _at("服务完成时间", "完成时间", optional=False, about="按此时间计入月份和班组"),
            "called_back_at": _column(
                "回访时间", dtype=INSTANT, optional=False, blank=True, about="空表示没有回访"
            ),
        },
        checks=[_once("service_id"), *_not_before("served_at", "called_back_at")],
        name="callbacks",
        title="回访",
        metadata={"at": "served_at", "counted": "次服务"},
    ),
    pa.DataFrameSchema(
        {
            "agent_id": _AGENT,
            "exam": _column("科目", "考试名称", optional=False),
            "taken_at": _at("考试日期", "考试时间", optional=False, about="按此时间计入月份和班组"),
            "score": _column(
                "成绩", "分数", "得分", dtype=NUMBER, checks=(_between(0, 100),), optional=False, about="0–100 分"
            ),
        },
        checks=[_once("agent_id", "exam", "taken_at")],
        name="exams",
        title="考试",
        metadata={"at": "taken_at", "counted": "次考试"},
    ),
    pa.DataFrameSchema(
        {
            "chat_id": _id("会话编号", "会话号", "chat"),
            "agent_id": _AGENT,
            "asked_at": _at("发起时间", "咨询时间", optional=False, about="按此时间计入月份和班组"),
            "first_reply_at": _column(
                "首次回复时间",
                "首次响应时间",
                dtype=INSTANT,
                optional=False,
                blank=True,
                about="空表示没有回复",
            ),
            "ended_at": _at("结束时间", about="没有回复的会话必填：等待计到会话结束"),
        },
        checks=[
            _once("chat_id"),
            *_not_before("asked_at", "first_reply_at", "ended_at"),
            pa.Check(
                lambda table: table.reindex(columns=["first_reply_at", "ended_at"]).notna().any(axis=1),
                name="first_reply_at",
                ignore_na=False,
                error="为时间；没有人回复的会话要填 ended_at",
            ),
        ],
        name="chat",
        title="在线会话",
        metadata={"at": "asked_at", "counted": "次会话"},
    ),
    pa.DataFrameSchema(
        {
            "hour": _at(
                "时段",
                "小时",
                optional=False,
                about="时段的开始，如 2025-03-03 09:00；没有来电的小时也写一行，量为 0",
            ),
            "queue": _column("队列", "技能组", about="不分队列的话务表没有此列"),
            "offered": _count("呼入量", "来电量", optional=False),
            "answered": _count("接通量", "接听量", optional=False),
            "busy": _count("遇忙量", "忙音量", about="空表示未填，该时段不进分母，计入未填数"),
            "abandoned": _count("放弃量", "排队放弃量", about="空同上"),
            "queue_wait": _column(
                "平均排队秒数",
                "平均排队时长",
                dtype=NUMBER,
                checks=(_at_least_0(),),
                about="来电平均排队几秒；空同上",
            ),
            "after_hours": _count("夜间来电量", "下班后来电量", about="下班后打进的来电，没有写 0；空同上"),
            "forwarded": _count("夜间转接量", "有效转接量", about="其中有效转接的；空同上"),
        },
        checks=[
            _once("hour", "queue"),
            _at_most("offered", "answered"),
            _at_most("offered", "busy", "abandoned"),
            _at_most("after_hours", "forwarded"),
        ],
        name="hours",
        title="分时话务",
        metadata={"at": "hour", "counted": "个时段"},
    ),
    pa.DataFrameSchema(
        {
            "month": _column("月份", "考核月份", dtype=MONTH, optional=False, about="如 2025-03"),
            "agent_id": _AGENT,
            "item": _column("项目", "评分项", "考核项", optional=False, about="项目编号 T1-2，子项 KF01-7-1"),
            "value": _column("值", "得分", "等级", "评定", optional=False, about="等级、数值、百分比或 n_a"),
            "by": _column("评定人", "评分人", optional=False),
            "note": _column("说明", "备注"),
        },
        checks=[_once("item", "month", "agent_id")],
        name="judged",
        title="人工评定",
        metadata={},
    ),
    pa.DataFrameSchema(
        {
            "agent_id": _AGENT,
            "name": _column("姓名", "坐席姓名", optional=False),
            "team": _column("班组", "团队", "部门", optional=False),
            "first_day": _column("起始日期", "入组日期", dtype=DAY, optional=False, about="含当日"),
            "last_day": _column("结束日期", "离组日期", dtype=DAY, about="含当日；空表示至今。调组的坐席有两行"),
        },
        checks=[
            *_not_before("first_day", "last_day"),
            pa.Check(
                _apart,
                name="first_day",
                ignore_na=False,
                error="晚于此人上一行的 last_day：一天只能在一个班组",
            ),
        ],
        name="roster",
        title="花名册",
        metadata={},
    ),
    pa.DataFrameSchema(
        {
            "agent_id": _id(
                "工号", "坐席工号", "客服工号", "员工编号", "agent", blank=True, about="空表示所有坐席"
            ),
            "queue": _column("队列", "技能组", about="空表示所有队列"),
            "start": _at("开始时间", "开始", optional=False, about="含"),
            "end": _at("结束时间", "结束", optional=False, until=True, about="不含；只写日期则含当日"),
            "items": _column("项目", "豁免项目", optional=False, about="项目编号，用顿号或逗号分开"),
            "reason": _column("原因", "豁免原因", optional=False),
            "by": _column("批准人", optional=False),
        },
        checks=[
            pa.Check(
                lambda table: ~(table["end"] <= table["start"]), name="end", ignore_na=False, error="晚于 start"
            )
        ],
        name="exemptions",
        title="豁免",
        metadata={},
    ),
    pa.DataFrameSchema(
        {
            "month": _column("月份", "工资月份", dtype=MONTH, optional=False, about="如 2025-03"),
            "agent_id": _AGENT,
            "wage": _column(
                "当月工资", "工资", dtype=NUMBER, checks=(_YUAN,), about="元；空表示没有给，按工资算的金额不出"
            ),
            "bonus": _column(
                "绩效奖金基数", "奖金基数", dtype=NUMBER, checks=(_YUAN,), about="元；空表示没有给，奖金不出"
            ),
            "team_bonus": _column(
                "团队奖金基数", dtype=NUMBER, checks=(_YUAN,), about="元；按班组成绩发的奖金；空表示没有"
            ),
            "heads": _column("所负责", "负责班组", about="负责人所负责的班组，或“全部”；空表示不是负责人"),
        },
        checks=[_once("agent_id", "month")],
        name="wages",
        title="工资",
        metadata={},
    ),
    pa.DataFrameSchema(
        {
            "day": _column("日期", dtype=DAY, optional=False),
            "works": _yes("上班", "是否上班", about="调休上班填“是”；空表示放假"),
            "holiday": _column("节日", "名称"),
        },
        checks=[_once("day")],
        name="holidays",
        title="节假日",
        metadata={},
    ),
)

SCHEMAS: Mapping[str, pa.DataFrameSchema] = {str(schema.name): schema for schema in _FEEDS}
"""Every feed by its name; `title` is its Chinese one."""


def not_filled_in(indicator: str, rows: float) -> str:
    """What is missing for an indicator in so many rows of its feed, as a clause in Chinese; empty for none.

    Examples
    --------
    >>> not_filled_in("tickets.first_contact", 3), not_filled_in("hours.staffed", 16)
    ('3 张工单没有填“首次解决”，不计入', '16 个小时没有话务数据')
    """
    if not rows:
        return ""
    known = INDICATORS[indicator]
    if indicator in _WHOLE:
        return f"{rows:g} {_WHOLE[indicator]}没有话务数据"
    schema = SCHEMAS[known.feed]
    asked = [schema.columns[name] for name in known.columns]
    titles = "、".join(str(column.title) for column in asked if column.metadata["dtype"] != INSTANT)
    return f"{rows:g} {schema.metadata['counted']}没有填{f'“{titles}”' if titles else '全'}，不计入"


_WHOLE: Mapping[str, str] = {"hours.staffed": "个小时", "hours.nights_forwarded": "个夜晚"}
"""What an indicator asks as a whole, of which each must be there."""
