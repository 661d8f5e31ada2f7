"""Back-channels: the words with which one shows that one listens, and which are no turn of talk."""

from __future__ import annotations

import re

from pipeline.timeline import Seconds

SHORTER_THAN_S: Seconds = 0.8  # whatever is said
WORDS = (
    *("嗯哼", "嗯", "哦", "噢", "喔", "唔", "啊", "哎", "诶", "欸", "唉", "呃", "额", "呀", "呢", "啦", "哈", "嘛"),
    *("对", "是", "好", "行", "可以", "没错", "明白", "知道", "了解", "清楚", "收到", "没事", "没关系"),
    *("原来", "这样", "这样子", "您说", "你说", "您讲", "您请讲", "请讲", "请说", "继续", "您继续"),
    *("我明白", "我知道", "我了解", "我清楚", "我在听", "在听", "都", "的", "了", "吧"),
)
"""Out of which whole utterances of listeners are made, such as 好的，我明白 or 哦，原来是这样."""
_ONLY = re.compile("(?:" + "|".join(sorted(WORDS, key=len, reverse=True)) + ")*")


def is_backchannel(text: str) -> bool:
    """Whether nothing is said but words of a listener. Nothing heard at all is not known to be one.

    Examples
    --------
    >>> is_backchannel("好的，我明白。"), is_backchannel("好，我让工程部过去"), is_backchannel("")
    (True, False, False)
    """
    spoken = spoken_only(text)
    return bool(spoken) and _ONLY.fullmatch(spoken) is not None


def spoken_only(text: str) -> str:
    """The text without punctuation and spaces.

    Examples
    --------
    >>> spoken_only("嗯，好。")
    '嗯好'
    """
    return "".join(character for character in text if character.isalnum())
