"""Personal data masked before anything is sent: numbers, names, addresses, whatever looks like an account.

Knows text and the names that a deployment knows anyway; it masks rather too much than too little. Names are found
by their title, by how they are given, by the word cutter's tags, and by the names that are known; a name that none
of these tells goes unmasked, which is why only addresses of one's own network are asked.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache

import jieba.posseg

from models.classifiers.features import tokenizer
from pipeline.hearing import Hearing
from pipeline.lexicon.entities import find_entities
from pipeline.lexicon.numerals import DIGITS

MASKING = "masking-2"
"""Changes when the rules change: what was answered under other ones is asked again."""
MASK = "*"

_HAN = "\\u4e00-\\u9fff"
_D = "[" + re.escape("".join(DIGITS)) + "]"
_DIGITS = re.compile(f"{_D}(?:[\\s，,、.。\\-—]{{0,2}}{_D}){{3,}}[Xx]?")
"""Four digits or more, as they are said or written: of telephones, identity cards, orders, staff."""
_ACCOUNT = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9_.+\-]*@[A-Za-z0-9.\-]+|(?=[A-Za-z_\-]*\d)[A-Za-z0-9][A-Za-z0-9_\-]{3,}"
)
"""Mail addresses, accounts, plates: letters with digits."""
_PLACE = re.compile(
    f"[{_HAN}A-Za-z0-9]{{1,8}}?(?:小区|花园|家园|小学|中学|大学|学校|山庄|幼儿园|医院|支行|派出所|壹号|公寓|大厦|广场|新村|新城|公馆|社区|庄园|大道|胡同|街道|苑|府|[路街巷弄镇村乡县])"
)
"""What is named as a place, house number or not."""
_NO_PLACE = re.compile(
    r"(?:线路|电路|水路|管路|道路|马路|公路|铁路|网路|思路|半路|一路|走路|修路|堵路|带路|问路|赶路|排路|出路|后路|"
    r"政府|[这那哪]条[路街]|逛街|上街|本小区|我们小区|[这那]个小区|农村|进村)$"
)
_LEAD = re.compile(r"[我您你他她就在是到住去来的了和跟从往啊嗯那这有请说把给让]|地址|附近|旁边")
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金"
    "石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章"
    "鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳欧管柴蒙鲍华喻祁蒲房滕屈饶解牟"
)
_S = f"(?:欧阳|上官|司马|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|司徒|南宫|夏侯|端木|宇文|长孙|[{_SURNAMES}])"
_TITLE = "先生|女士|小姐|太太|师傅|阿姨|大姐|大哥|老师|经理|主任|医生|律师"
_TITLED = re.compile(
    f"(?P<name>{_S}[{_HAN}]{{0,2}}?)(?:{_TITLE})|(?P<short>{_S})(?:总|姐|哥|工)(?![{_HAN}]{{0,1}}[作程资闸])"
)
_CALLED = re.compile(
    f"(?:我叫|名叫|名字叫|名字是|[他她公婆儿女子妈爸弟妹]叫|叫做)(?P<name>[{_HAN}]{{2,4}}?)(?=[^{_HAN}]|$|[的从住打是]|电话|手机)"
)
_ROOM = re.compile(r"[一二三四五六七八九十两]{1,3}[零〇洞][一二三四五六七八九](?![百千万元块个天分年月])")
_GIVEN = re.compile(
    r"(?:我叫|名叫|名字叫|名字是|姓名是?|叫做|贵姓|免贵姓|我姓|我是|姓|联系人是?|收件人是?|收货人是?|业主是?|户主是?|"
    f"户名是?|收货的是)(?:[，,、：: ]|叫)?(?P<name>{_S}[{_HAN}]{{0,2}})"
)
_FAMILIAR = re.compile(f"[小老阿](?P<name>[{_SURNAMES}])")
_SPELLED = re.compile(
    f"(?:弓长|立早|木子|双木|耳东|口天|古月|言午|草头)(?P<name>{_S})|(?P<first>[{_HAN}])(?=字旁|字头)"
)
_NAME_TAGS = {"nr", "nrt", "nrfg", "ns"}
_NO_NAME = frozenset({"师傅", "上门", "祝您", "太久", "和尚", "小姐", "大姐", "老师", "阿姨", "祝", "和"})
"""Words that the cutter takes for names, and that are none."""


@cache
def _tagger() -> jieba.posseg.POSTokenizer:
    return jieba.posseg.POSTokenizer(tokenizer())


def masked(text: str, names: Collection[str] = (), keep: Collection[str] = ()) -> str:
    """The text with every character of what is personal as a star: as long as it was.

    Parameters
    ----------
    names : collection of str
        Names that are known to stand for people, such as the agent's.
    keep : collection of str
        What is nobody's name: how the company calls itself.

    Examples
    --------
    >>> masked("我叫陈建国电话幺三八零零幺三二二零幺住阳光小区三栋二零一")
    '我叫***电话***********住*********'
    >>> masked("您好阳光家政三百块钱明天下午三点", keep=("阳光家政",))
    '您好阳光家政三百块钱明天下午三点'
    """
    hidden = {n for start, end in _personal(text, names) for n in range(start, end)}
    for word in keep:
        hidden -= {n for match in re.finditer(re.escape(word), text) for n in range(*match.span())}
    return "".join(MASK if n in hidden else character for n, character in enumerate(text))


def known_names(hearing: Hearing, more: Iterable[str] = ()) -> frozenset[str]:
    """The names that the record of a call gives, and others; each also without its surname where it has three."""
    given = {name for name in (hearing.call.agent_name, *more) if name and len(name) >= 2}
    return frozenset(given | {name[1:] for name in given if len(name) == 3})


def _personal(text: str, names: Collection[str]) -> Iterator[tuple[int, int]]:
    """The stretches that are masked, in no order."""
    for pattern in (_DIGITS, _ACCOUNT, _ROOM):
        yield from (match.span() for match in pattern.finditer(text))
    yield from ((each.start, each.end) for each in find_entities(text, "phone", "address"))
    yield from _places(text)
    for pattern in (_TITLED, _GIVEN, _CALLED, _FAMILIAR):
        for match in pattern.finditer(text):
            yield match.span(match.lastgroup or 0)
    for match in _SPELLED.finditer(text):
        yield match.span()
    for name in names:
        yield from (match.span() for match in re.finditer(re.escape(name), text))
    yield from _tagged(text)


def _tagged(text: str) -> Iterator[tuple[int, int]]:
    """What the word cutter takes for names of people and places; a surname alone takes the noun behind it along."""
    at, surname = 0, False
    for word, tag in _tagger().cut(text):
        end = at + len(word)
        is_name = tag in _NAME_TAGS and word not in _NO_NAME
        follows = surname and tag.startswith("n") and len(word) <= 2
        if follows or (is_name and (len(word) >= 2 or word in _SURNAMES)):
            yield at, end
        surname, at = is_name and len(word) == 1, end


def _places(text: str) -> Iterator[tuple[int, int]]:
    for match in _PLACE.finditer(text):
        if _NO_PLACE.search(match[0]):
            continue
        leads = list(_LEAD.finditer(match[0]))
        start = match.start() + (leads[-1].end() if leads else 0)
        if match.end() - start >= 2:
            yield start, match.end()
