"""Titles come from what declares a detector or a term; those that callqa ships are what they always were."""

import re

import pytest

from pipeline.findings.detectors import SHIPPED
from pipeline.findings.titles import shipped_titles, titles_of
from pipeline.lexicon import LexiconFile

TERMS = {
    **{("required_phrase", "greeting"): "问候语", ("required_phrase", "company"): "单位名称"},
    **{("required_phrase", "staff_id"): "工号或姓名", ("required_phrase", "anything_else"): "询问其他需要"},
    **{("required_phrase", "offer_help"): "询问需求（有什么可以帮到您）"},
    **{("required_phrase", "thanks"): "感谢来电", ("required_phrase", "goodbye"): "道别语"},
    **{("apology", "sincere"): "真诚致歉", ("apology", "social"): "客套致歉"},
    **{("empathy", "soothing"): "共情安抚", ("empathy", "apology"): "致歉安抚"},
    **{("proactive_offer", "offer"): "主动推荐"},
    **{("hold_wording", "asked"): "礼貌请客户等待", ("hold_wording", "bare"): "生硬地让客户等待"},
    **{("hold_wording", "told_length"): "告知等待多久", ("hold_wording", "thanks_on_return"): "感谢等待"},
    **{("hold", "asked"): "礼貌请客户等待", ("hold", "bare"): "生硬地让客户等待"},
    **{("hold", "unasked"): "没打招呼就让客户等", ("silence", "hold"): "已请客户等待"},
    **{("silence", "after_agent"): "坐席说完后没人说话", ("silence", "after_customer"): "客户说完后没人说话"},
    **{("handling", "excuse"): "解释推脱", ("handling", "plan"): "处理方案"},
    **{("handling", "time"): "具体时限", ("handling", "vague"): "含糊的时限"},
    **{("agent_event", "error_admitted"): "承认差错", ("agent_event", "cannot_answer"): "无法当场答复"},
    **{("agent_event", "transfer"): "求助升级", ("complaint", "complaint"): "客户投诉"},
    **{("customer_event", "emotion"): "客户情绪激动", ("customer_event", "repeat_call"): "重复来电"},
    **{("customer_event", "urgent"): "紧急诉求", ("customer_event", "abuse"): "客户辱骂"},
    **{("customer_event", "declined"): "客户谢绝", ("customer_event", "satisfied"): "客户满意"},
    **{("ringing", "rings"): "铃声", ("data_quality", "ring_disagreement"): "振铃时长不一致"},
    **{("data_quality", "duration_disagreement"): "通话时长不一致", ("interruption", "cut_in"): "打断对方"},
    **{("speech_rate", "call"): "整通语速", ("speech_rate", "fast"): "说得太快"},
    **{("loudness", "raised"): "提高音量", ("repetition", "again"): "又说了一遍"},
    **{("hangup", "first"): "先挂机", ("hangup", "abrupt"): "突然挂机"},
    **{("plan", "with_time"): "有时限的方案", ("unclear", "*"): "这一段听不清"},
    **{("unclear", "greeting"): "问候语", ("unclear", "goodbye"): "道别语"},
    **{("shadow", "complaint"): "客户投诉", ("flag", "complaint"): "客户投诉"},
    **{("confirmation", "read_back"): "复述确认", ("confirmation", "satisfaction"): "征求意见"},
    **{("slots_asked", "name"): "询问姓名", ("slots_asked", "phone"): "询问电话"},
    **{("slots_asked", "address"): "询问地址", ("slots_asked", "when"): "询问时间"},
    **{("slots_asked", "need"): "询问诉求", ("addressing", "respectful"): "尊称"},
    **{("banned_wording", "不归我管"): "不归我管", ("green", "first"): "first"},
}
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
    "vague_wording": "模糊表述",
    "housekeeping": "家政用语",
    "silence": "静音",
    "interruption": "抢话",
    "hold": "等待",
    "speech_rate": "语速",
    "loudness": "音量",
    "hangup": "挂机",
    "repetition": "重复",
    "rule": "规则",
    "flow": "流程",
    "condition": "评分表条件",
    "unclear": "听不清",
    "flag": "疑似",
    "shadow": "试运行",
    "judge": "大模型建议",
    "judged": "大模型判定",
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
TITLES = shipped_titles()


def a_lexicon(detector, title, /, **terms):
    """A lexicon of one phrase a term, each with its title."""
    phrases = [{"term": term, "title": told, "role": "agent", "variants": ["您好"]} for term, told in terms.items()]
    written = {"name": title, "revision": 1, "detector": detector, "title": title, "phrases": phrases}
    return LexiconFile.model_validate(written)


def test_the_titles_of_what_callqa_ships_are_as_they_were():
    assert {pair: TITLES.term(*pair) for pair in TERMS} == TERMS
    assert {name: TITLES.detector(name) for name in DETECTORS} == DETECTORS
    assert {each.name for each in TITLES.table} == set(DETECTORS)
    assert {each.name: each.unit for each in TITLES.table if each.unit} == UNITS


def test_every_detector_that_comes_with_callqa_gives_each_of_its_terms_a_title():
    assert all(each.title and each.terms and all(each.terms.values()) for each in SHIPPED)
    assert all(isinstance(each.terms, dict) and each.version == "measures-3" for each in SHIPPED)


def test_a_term_belongs_to_its_detector():
    titles = titles_of([a_lexicon("green", "环保提示", first="先分类", name="报垃圾名称")])
    assert (titles.term("green", "first"), titles.term("green", "name")) == ("先分类", "报垃圾名称")
    assert titles.term("hangup", "first") == "先挂机"
    assert titles.detector("green") == "环保提示", "no lexicon names its detector, so it has the lexicon's title"


def test_a_lexicon_of_ones_own_adds_to_a_shipped_detector_and_does_not_rename_it():
    own = a_lexicon("required_phrase", "本单位必说", app="推荐小程序", greeting="本单位问候")
    titles = titles_of([own]).with_declarations(shipped_titles().declarations)
    assert titles.detector("required_phrase") == "必说话术"
    assert titles.term("required_phrase", "app") == "推荐小程序"
    assert titles.term("required_phrase", "greeting") == "本单位问候", "the first that gives a title counts"
    assert titles.term("required_phrase", "thanks") == "感谢来电", "and where it gives none, the next"


def test_an_unclear_term_is_shown_as_every_lexicon_that_listens_for_it_calls_it():
    titles = titles_of([a_lexicon("a", "甲", first="先分类"), a_lexicon("b", "乙", first="先报号", x="")])
    assert titles.term("unclear", "first") == "先分类、先报号"
    assert titles.term("unclear", "x") == "x"


def test_a_lexicon_without_titles_before_the_shipped_one_is_shown_with_those_of_the_shipped_one():
    own, shipped = (
        a_lexicon("required_phrase", "老版", greeting=""),
        a_lexicon("required_phrase", "新版", greeting="问候语"),
    )
    assert titles_of([own, shipped]).term("unclear", "greeting") == "问候语"


def test_of_several_phrases_of_one_term_one_may_have_the_title():
    phrases = [{"term": "x", "title": each, "role": "agent", "variants": ["您好"]} for each in ("甲", "")]
    written = {"name": "a", "revision": 1, "detector": "a", "title": "A", "phrases": phrases}
    assert titles_of([LexiconFile.model_validate(written)]).term("a", "x") == "甲"


@pytest.mark.parametrize(("value", "shown"), [(None, ""), ("抱歉", "抱歉"), (128.4, "128 秒"), (3.0, "3 秒")])
def test_a_value_is_shown_with_the_unit_of_its_detector(value, shown):
    assert TITLES.value("hold", value) == shown


def test_everything_that_is_shipped_has_a_title_in_chinese():
    titles = shipped_titles()
    shown = {
        (each.name, term): titles.term(each.name, term) if term else titles.detector(each.name)
        for each in titles.table
        for term in ("", *each.terms)
    }
    assert not {name: title for name, title in shown.items() if not re.search("[\u4e00-\u9fff]", title)}
