"""The text of a recogniser: in simplified characters, and what of it can have been said in the time.

Knows what recognisers write that nobody said: loops, captions of films, more text than there was time for. People
repeat themselves too (喂喂喂, 对对对对, 零零零零), so a loop is told by its times: whoever speaks takes time for
every syllable, and a recogniser that runs in circles gives many of its words none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby

from opencc import OpenCC

from pipeline.hearing.transcript import Word, text_of
from pipeline.timeline import Seconds

MAX_CHARS_PER_S, MIN_CHARS_PER_S = 9.0, 1.2  # Mandarin is spoken at 3 to 6
SURE_SHORT_S: Seconds = 0.6  # a shorter stretch may rightly hold no word
NO_TIME_S: Seconds = 0.03  # what is shorter has no time of its own
SLOWEST_S: Seconds = 1.0  # of a character
CRAMMED = 3  # words in a row without time, which nobody said
LOOP = re.compile(r"(.{1,12}?)\1{3,}", re.IGNORECASE)
TIMELESS, TIMELESS_LONG = 0.3, 0.1
"""The share of words without time from which a repetition is a loop, and one of long phrases or of many times.

Of real repetitions read by two voices at most a quarter had none; of the loops that noise, music and speech played
backwards made, most had a third.
"""
MANY = 8
MOST_IN_A_BREATH = (12, 7, 5)
"""How often people say one character, two, or more in one breath: 对对对对对对, 好的好的好的."""
SURE = 0.5  # mean probability from which the first saying of a loop is believed
NUMERALS = frozenset("0123456789零〇幺一二两三四五六七八九")
NOBODY_SAYS = re.compile(
    r"请?不吝点赞[\s,，订阅转发打赏支持]*(明镜与点点(栏目)?)?|打赏支持明镜\S*|明镜与点点(栏目)?|字幕志愿者\S*|字幕由\S*|字幕提供\S*"
    r"|优优独播\S*|中文字幕|未经作者授权\S*|MBC|Thank you for watching"
)
"""What Whisper learned from the captions of films; nobody says it on a service line."""
SELDOM_SAID = re.compile(r"点赞|订阅|打赏|(谢谢|感谢)(观看|收看)|字幕(制作)?|作词|作曲|编曲|词曲")
"""What it learned there and people say as well: believed where every word of it has its time and its sound."""
SOUND = 0.2  # probability under which a word of a caption has no sound

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


def said(words: Sequence[Word], one_breath: bool = True) -> tuple[Word, ...]:
    """The words that can have been said: without loops, captions, and words for which there was no time.

    Parameters
    ----------
    words : sequence of Word
        In order, of one stretch of speech or of several.
    one_breath : bool
        Whether they are from one stretch, in which nobody says the same more often than `MOST_IN_A_BREATH`.

    Examples
    --------
    >>> from pipeline.timeline import Span
    >>> people = [Word("喂", Span(0.2 * n, 0.2 * n + 0.2), 0.9) for n in range(5)]
    >>> loop = [Word(character, Span(1.0, 1.0), 0.9) for character in "阿嬷阿嬷阿嬷阿嬷"]
    >>> text_of(said([*people, *loop]))
    '喂喂喂喂喂'
    """
    invented = {*_crammed(words), *_looping(words, one_breath), *_captions(words)}
    return tuple(
        word
        for n, word in enumerate(words)
        if n not in invented and (word.spoken or n == 0 or n - 1 not in invented)
    )


def plausible(words: Sequence[Word], duration: Seconds, speech: Seconds) -> bool:
    """Whether so much text can have been said in a stretch, and all of it.

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
    rate = len(text_of(words)) / duration
    enough = rate >= MIN_CHARS_PER_S or speech < SURE_SHORT_S
    return enough and rate <= MAX_CHARS_PER_S and len(said(words)) == len(words)


def invented(words: Sequence[Word], duration: Seconds) -> bool:
    """Whether there was no time to say so many words in a stretch of that many seconds.

    Examples
    --------
    >>> from pipeline.timeline import Span
    >>> [invented([Word("字" * n, Span(0.0, 1.0), 0.9)], 1.0) for n in (8, 20)]
    [False, True]
    """
    return len(text_of(words)) > 2 * MAX_CHARS_PER_S * duration


def _crammed(words: Sequence[Word]) -> Iterator[int]:
    """The positions of words in a row without time, and of the word before where it has the time of all."""
    spoken = [n for n, word in enumerate(words) if word.spoken]
    for timeless, run in groupby(spoken, key=lambda n: words[n].span.duration < NO_TIME_S):
        positions = list(run)
        if timeless and len(positions) >= CRAMMED:
            before = spoken[: spoken.index(positions[0])][-1:]
            yield from (n for n in before if words[n].span.duration > SLOWEST_S * len(words[n].text))
            yield from positions


def _looping(words: Sequence[Word], one_breath: bool) -> Iterator[int]:
    """The positions of words that run in circles; a first saying that was surely heard stays."""
    at = [(n, character) for n, word in enumerate(words) for character in word.text if character.isalnum()]
    for loop in LOOP.finditer("".join(character for _, character in at)):
        unit, length = loop[1], len(loop[1])
        times = len(loop[0]) // length
        run = list(dict.fromkeys(n for n, _ in at[loop.start() : loop.end()]))
        if not set(unit) <= NUMERALS and _runs_in_circles([words[n] for n in run], length, times, one_breath):
            first = list(dict.fromkeys(n for n, _ in at[loop.start() : loop.start() + length]))
            heard = sum(words[n].probability for n in first) / len(first) >= SURE
            yield from run[len(first) if heard else 0 :]


def _runs_in_circles(run: Sequence[Word], length: int, times: int, one_breath: bool) -> bool:
    """Whether words that repeat a unit of so many characters so many times were not said by anybody."""
    timeless = sum(word.span.duration < NO_TIME_S for word in run) / len(run)
    seconds = max(word.span.end for word in run) - run[0].span.start
    too_fast = length * times > MAX_CHARS_PER_S * seconds
    too_often = one_breath and times > MOST_IN_A_BREATH[min(length, len(MOST_IN_A_BREATH)) - 1]
    short = length < len(MOST_IN_A_BREATH) and times < MANY
    return too_fast or too_often or timeless >= (TIMELESS if short else TIMELESS_LONG)


def _captions(words: Sequence[Word]) -> Iterator[int]:
    """The positions of the words of captions."""
    at = [n for n, word in enumerate(words) for _ in word.text]
    text = text_of(words)
    for caption in NOBODY_SAYS.finditer(text):
        yield from at[caption.start() : caption.end()]
    for caption in SELDOM_SAID.finditer(text):
        positions = list(dict.fromkeys(at[caption.start() : caption.end()]))
        phrase = [words[n] for n in positions]
        timeless = sum(word.span.duration < NO_TIME_S for word in phrase)
        if timeless * 3 > len(phrase) or min(word.probability for word in phrase) < SOUND:
            yield from positions
