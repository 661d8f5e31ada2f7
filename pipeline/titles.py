"""What a manager reads for the names of detectors and terms; a name without a title is shown as it is."""

from __future__ import annotations

TERMS = {
    "greeting": "问候语",
    "company": "单位名称",
    "staff_id": "工号或姓名",
    "offer_help": "询问需求（有什么可以帮到您）",
    "anything_else": "询问其他需要",
    "thanks": "感谢来电",
    "goodbye": "道别语",
    "sincere": "真诚致歉",
    "soothing": "共情安抚",
    "apology": "致歉安抚",
    "offer": "主动推荐",
    "asked": "礼貌请客户等待",
    "bare": "生硬地让客户等待",
    "unasked": "没打招呼就让客户等",
    "told_length": "告知等待多久",
    "thanks_on_return": "感谢等待",
    "excuse": "解释推脱",
    "plan": "处理方案",
    "error_admitted": "承认差错",
    "cannot_answer": "无法当场答复",
    "transfer": "求助升级",
    "time": "具体时限",
    "vague": "含糊的时限",
    "complaint": "客户投诉",
    "emotion": "客户情绪激动",
    "repeat_call": "重复来电",
    "urgent": "紧急诉求",
    "abuse": "客户辱骂",
    "declined": "客户谢绝",
    "satisfied": "客户满意",
    "rings": "铃声",
    "ring_disagreement": "振铃时长不一致",
    "duration_disagreement": "通话时长不一致",
    "after_agent": "坐席说完后没人说话",
    "after_customer": "客户说完后没人说话",
    "hold": "已请客户等待",
    "cut_in": "打断对方",
    "call": "整通语速",
    "fast": "说得太快",
    "raised": "提高音量",
    "again": "又说了一遍",
    "first": "先挂机",
    "abrupt": "突然挂机",
    "with_time": "有时限的方案",
    "*": "这一段听不清",
    "read_back": "复述确认",
    "satisfaction": "征求意见",
    "name": "询问姓名",
    "phone": "询问电话",
    "address": "询问地址",
    "when": "询问时间",
    "need": "询问诉求",
    "respectful": "尊称",
}
OUTCOMES = {
    "met": "符合",
    "partly_met": "部分符合",
    "not_met": "不符合",
    "not_applicable": "不适用",
    "unsure": "听不清，待复核",
    "needs_feed": "缺外部数据",
    "needs_person": "待人工",
    "counted": "计入月度指标",
}
"""How a criterion was answered, where no level says it."""
DETECTORS = {
    "required_phrase": "必说话术",
    "banned_wording": "禁用语",
    "apology": "致歉",
    "empathy": "共情安抚",
    "proactive_offer": "主动推荐",
    "complaint": "客户投诉",
    "ringing": "振铃",
    "data_quality": "数据质量",
    "hold_wording": "等待用语",
    "plan": "方案与时限（模型）",
    "handling": "方案、时限与解释",
    "agent_event": "坐席情形",
    "customer_event": "客户情形",
    "confirmation": "复述与征求意见",
    "slots_asked": "询问要素",
    "addressing": "称呼",
    "silence": "静音",
    "interruption": "抢话",
    "hold": "等待",
    "speech_rate": "语速",
    "loudness": "音量",
    "hangup": "挂机",
    "repetition": "重复",
    "rule": "规则",
    "condition": "评分表条件",
    "unclear": "听不清",
    "flag": "仅提示",
    "shadow": "试运行",
}


UNITS = {
    "ringing": "声",
    "silence": "秒",
    "hold": "秒",
    "interruption": "秒",
    "data_quality": "秒",
    "hangup": "秒",
    "speech_rate": "字/分",
    "loudness": "分贝",
}
"""Of the quantity that a detector measures."""


def shown_value(detector: str, value: float | str | None) -> str:
    """The wording that matched, or the quantity that was measured with its unit.

    Examples
    --------
    >>> shown_value("interruption", 0.509), shown_value("apology", "非常抱歉"), shown_value("hangup", None)
    ('0.5 秒', '非常抱歉', '')
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    quantity = f"{value:.1f}".removesuffix(".0") if abs(value) < 100 else f"{value:.0f}"
    return f"{quantity} {UNITS[detector]}" if detector in UNITS else f"{value:.2f}"


def shown_term(term: str) -> str:
    """The title of a term."""
    return TERMS.get(term, term)


def shown_detector(detector: str) -> str:
    """The title of a detector.

    Examples
    --------
    >>> shown_detector("complaint"), shown_detector("my_own")
    ('客户投诉', 'my_own')
    """
    return DETECTORS.get(detector, detector)


def shown_cause(detector: str, term: str) -> str:
    """What happened, by a finding: the title of its term, or of its detector where the term has none."""
    return TERMS.get(term) or shown_detector(detector)
