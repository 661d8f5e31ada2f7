"""The text of a recogniser: in simplified characters, and whether it can have been said in the time.

Knows what recognisers write that nobody said: loops, captions of films, too much or too little text.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from functools import cache

from opencc import OpenCC

from pipeline.hearing.transcript import Word, text_of
from pipeline.timeline import Seconds

MAX_CHARS_PER_S, MIN_CHARS_PER_S = 9.0, 1.2  # Mandarin is spoken at 3 to 6
SURE_SHORT_S: Seconds = 0.6  # a shorter stretch may rightly hold no word
MAX_COMPRESSION = 2.2  # text that repeats itself compresses; Whisper's own bound is 2.4 over longer text
LOOP = re.compile(r"(.{1,8}?)\1{3,}")
CAPTION = re.compile(
    r"字幕由|字幕志愿者|字幕提供|点赞|订阅|打赏|谢谢观看|感谢收看|感谢观看|明镜与点点|优优独播|中文字幕|未经作者授权"
    r"|MBC|Thank you for watching"
)
"""What Whisper learned from the captions of films; nobody says it on a service line."""

DURATIVE = re.compile(r"著(?![名作者称述录书])")
"""看著, 急著: Whisper writes Taiwanese habits, and OpenCC's t2s leaves this one alone."""


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


def simplified(text: str) -> str:
    """Text in simplified characters.

    Examples
    --------
    >>> simplified("請您別著急"), simplified("著名")
    ('请您别着急', '著名')
    """
    return DURATIVE.sub("着", str(_converter().convert(text)))


def loops(text: str) -> bool:
    """Whether a text runs in circles.

    Examples
    --------
    >>> loops("好的好的好的好的"), loops("好的好的")
    (True, False)
    """
    raw = text.encode()
    return bool(LOOP.search(text)) or len(raw) > MAX_COMPRESSION * len(zlib.compress(raw))


def plausible(words: Sequence[Word], duration: Seconds, speech: Seconds) -> bool:
    """Whether so much text can have been said in a stretch, and does not run in circles.

    Parameters
    ----------
    words : sequence of Word
        Heard in the stretch.
    duration, speech : float
        Of the stretch, and of the speech in it, in seconds.

    Examples
    --------
    >>> from pipeline.timeline import Span
    >>> words = [Word(character, Span(0, 0.2), 0.9) for character in "请问有什么可以帮您"]
    >>> plausible(words, 2.0, 2.0), plausible(words, 0.5, 0.5), plausible(words[:1], 2.0, 2.0)
    (True, False, False)
    """
    text = text_of(words)
    rate = len(text) / duration
    enough = rate >= MIN_CHARS_PER_S or speech < SURE_SHORT_S
    return enough and rate <= MAX_CHARS_PER_S and not loops(text)


def invented(words: Sequence[Word], duration: Seconds) -> bool:
    """Whether nobody can have said these words in a stretch of that many seconds.

    Examples
    --------
    >>> from pipeline.timeline import Span
    >>> [invented([Word(text, Span(0.0, 1.0), 0.9)], 1.0) for text in ("感谢观看", "感谢来电")]
    [True, False]
    """
    text = text_of(words)
    return bool(CAPTION.search(text)) or loops(text) or len(text) > 2 * MAX_CHARS_PER_S * duration
