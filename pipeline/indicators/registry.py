"""Every indicator by name: what it measures, in which unit, from which feed, and how it is told.

Knows words, and no figure of any document: a limit stands in the standard that prints it. How a value is measured
is in `counts`, and of the calls in `assessment`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

SECONDS, MINUTES, HOURS, WORKING_DAYS, SHARE = "秒", "分钟", "小时", "工作日", "比例"
"""What a limit may be counted in."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One figure of a month.

    Parameters
    ----------
    unit : str
        ``%`` for a share, 0..1; else what the value is counted in.
    feed : str
        The feed that it is measured on; ``calls`` for the calls themselves.
    subject : str
        How its 评分依据 sentence begins.
    better : str
        Whether a low or a high value is good.
    columns : tuple of str
        Columns that the feed may lack but that this indicator needs.
    concept : str
        ``响应`` for the clocks of answering, which documents call by one word.
    limit_in : str
        What its limit is counted in; empty for one without a limit.
    limit_optional : bool
        Whether it can be measured without one.
    complete : bool
        Whether what is unknown is a gap in something that is asked as a whole, each hour of the month: the value
        then counts only where the gaps cannot change what it earns.
    """

    name: str
    title: str
    unit: str
    feed: str
    subject: str
    better: Literal["low", "high"] = "high"
    columns: tuple[str, ...] = ()
    concept: str = ""
    limit_in: str = ""
    limit_optional: bool = False
    complete: bool = False

    @property
    def needs_limit(self) -> bool:
        """Whether nothing can be measured before somebody gives a limit.

        Examples
        --------
        >>> [INDICATORS[name].needs_limit for name in ("callbacks.in_days", "callbacks.rate", "hours.staffed")]
        [True, False, False]
        """
        return bool(self.limit_in) and not self.limit_optional


def _share(name: str, title: str, *columns: str, limit_in: str = "") -> Indicator:
    feed = name.partition(".")[0]
    return Indicator(name, title, "%", feed, f"本月{title}", columns=columns, limit_in=limit_in)


def _clock(name: str, title: str, *columns: str) -> Indicator:
    """A share of the hours or nights of the month; its limit is the least share of their calls."""
    feed = name.partition(".")[0]
    return Indicator(
        name, title, "%", feed, f"本月{title}", columns=columns, limit_in=SHARE, limit_optional=True, complete=True
    )


_ALL = (
    Indicator(
        "calls.speed_of_answer", "振铃应答时长", "秒", "calls", "本月平均振铃应答", better="low", concept="响应"
    ),
    Indicator(
        "calls.peak_speed_of_answer",
        "高峰期振铃应答时长",
        "秒",
        "calls",
        "本月高峰期平均振铃应答",
        better="low",
        concept="响应",
    ),
    _share("tickets.first_contact", "首次联系解决率", "first_contact"),
    Indicator(
        "tickets.record_errors",
        "每张工单记录错误数",
        "项",
        "tickets",
        "本月平均每张工单记录错误",
        better="low",
        columns=("record_errors",),
    ),
    _share("tickets.complaints_resolved", "客诉解决率", "kind", "resolved"),
    _share("tickets.complaints_in_time", "投诉处理及时率", "kind", "closed_at", limit_in=HOURS),
    _share("tickets.urgent_in_time", "紧急诉求按时响应率", "urgent", "responded_at", limit_in=MINUTES),
    _share(
        "tickets.urgent_handled",
        "紧急诉求按时响应并补发工作单的比例",
        *("urgent", "responded_at", "closed_at", "work_order"),
        limit_in=MINUTES,
    ),
    _share(
        "tickets.dispatched_in_time",
        "一般诉求按时派单率",
        *("kind", "urgent", "night", "dispatched_at"),
        limit_in=MINUTES,
    ),
    _share("tickets.same_day", "一般诉求当日完成率", "kind", "urgent", "night", "closed_at"),
    _share(
        "tickets.general_handled",
        "一般诉求按时派单且当日完成的比例",
        *("kind", "urgent", "night", "dispatched_at", "closed_at"),
        limit_in=MINUTES,
    ),
    _share("tickets.next_day", "夜间非紧急诉求次日完成率", "kind", "urgent", "night", "closed_at"),
    _share(
        "tickets.progress_told",
        "未按期完成的诉求反馈进展率",
        *("kind", "urgent", "night", "closed_at", "progress_told"),
    ),
    _share("tickets.replied_in_days", "按时答复率", "first_contact", "replied_at", limit_in=WORKING_DAYS),
    _share("tickets.forwarded_in_minutes", "投诉按时上报率", "kind", "forwarded_at", limit_in=MINUTES),
    _share("tickets.verified_in_days", "投诉按时核实率", "kind", "verified_at", limit_in=WORKING_DAYS),
    _share("tickets.reason_given", "不合理投诉说明理由率", "kind", "severity", "reason_given"),
    _share("tickets.minor_on_the_spot", "轻微投诉现场解决率", "kind", "severity", "first_contact"),
    _share("tickets.major_forwarded", "重大投诉按时上报率", "kind", "severity", "forwarded_at", limit_in=MINUTES),
    _share("tickets.major_replied", "重大投诉按时回复率", "kind", "severity", "replied_at", limit_in=WORKING_DAYS),
    _share("tickets.suggestions_in_days", "建议按时评估率", "kind", "assessed_at", limit_in=WORKING_DAYS),
    _share("tickets.closed", "工单关闭率", "closed_at"),
    _share("tickets.accuracy", "咨询回复准确率", "accurate"),
    _share("orders.accuracy", "订单准确率", "accurate"),
    _share("orders.checked_in_minutes", "订单按时核实率", "checked_at", limit_in=MINUTES),
    Indicator("satisfaction.score", "客户满意度", "分", "satisfaction", "本月平均客户满意度", columns=("score",)),
    Indicator(
        "satisfaction.empathy", "同理心评分", "分", "satisfaction", "本月平均同理心评分", columns=("empathy",)
    ),
    _share("callbacks.rate", "回访率"),
    _share("callbacks.in_days", "按时回访率", limit_in=WORKING_DAYS),
    Indicator("exams.score", "培训考核成绩", "分", "exams", "本月平均培训考核成绩"),
    Indicator(
        "chat.first_reply", "在线首次回复时长", "分钟", "chat", "本月平均在线首次回复", better="low", concept="响应"
    ),
    _clock("hours.staffed", "有来电的小时中有人接听的比例"),
    _clock("hours.nights_forwarded", "有下班后来电的夜晚中有效转接的比例", "after_hours", "forwarded"),
    _share("hours.answered", "来电接通率"),
    _share("hours.forwarded", "夜间来电有效转接率", "after_hours", "forwarded"),
    _share("hours.served", "来电未遇忙未放弃率", "busy", "abandoned"),
    _share("hours.lines_free", "来电未遇忙率", "busy"),
    _share("hours.stayed", "接入来电未放弃率", "busy", "abandoned"),
    _share("hours.waited_in_time", "平均排队不超时的来电比例", "queue_wait", limit_in=SECONDS),
)

INDICATORS: Mapping[str, Indicator] = {indicator.name: indicator for indicator in _ALL}
"""Every indicator that a scorecard may name."""
