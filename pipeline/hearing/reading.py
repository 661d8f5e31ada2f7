"""A turn as a person reads it: sentences ended, names of the line spelt as they are spelt, numbers also as digits.

What was heard stays what it is: nothing is found, judged or corrected in a reading. Knows how names and numbers
sound; not where it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from pipeline.hearing.turns import Turn
from pipeline.lexicon import Lexicon, LexiconFile
from pipeline.lexicon.entities import find_entities
from pipeline.lexicon.numerals import DIGITS
from pipeline.lexicon.phonetics import listen, syllable_names
from pipeline.timeline import Seconds

PAUSE_S: Seconds = 0.25
"""A silence between two words from which on a clause ends."""
SENTENCE_S: Seconds = 0.8
"""From here on a sentence ends."""
NEAR = 0.12
"""How much a name of four characters or more may be misheard, as in phrase lists; a shorter one sounds alike."""
LEAST_NAME = 3  # characters of a name that is looked for anywhere
LEAST_DIGITS = 7  # of a number that is read out; a shorter run of such sounds is anything
_SELF = r"(?:我是|我叫|我姓|客服|专员|管家|顾问|坐席|经理|工程师)"
_ASKS = re.compile(r"(吗|呢|么|什么|多少|怎么样|行不行|好不好|可不可以|能不能|是不是|几点|哪里|哪儿)$")
_ENDS_CLAUSE = re.compile(r"[，。？！；：、,.?!;:…\s]$")

_DIGIT_OF_SOUND = {
    "ling": 0, "dong": 0, "yi": 1, "yao": 1, "er": 2, "liang": 2, "san": 3, "si": 4,
    "wu": 5, "liu": 6, "qi": 7, "guai": 7, "ba": 8, "jiu": 9,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mark:
    """One help to the reader of a turn.

    Parameters
    ----------
    kind : str
        ``name``: `text` is how the characters from `start` to `end` are spelt; ``digits``: `text` are the digits
        that they say; ``stop``: `text` is a punctuation mark that belongs behind `end`, where `start` is too.
    start, end : int
        Characters of the turn's text.
    """

    kind: Literal["name", "digits", "stop"]
    start: int
    end: int
    text: str


def read(turn: Turn, names: Sequence[str] = (), own_name: str = "") -> tuple[Mark, ...]:
    """The marks of a turn, in order of place.

    Parameters
    ----------
    names : sequence of str
        Companies, products, places and people of the line.
    own_name : str
        The agent's name: however short, it is known where somebody says who he is.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> turn = hearing_of("坐席：这里是阳光家郑，电话要三八零零要三二二零要").turns[0]
    >>> [(mark.kind, turn.text[mark.start : mark.end], mark.text) for mark in read(turn, ["阳光家政"])]
    [('name', '阳光家郑', '阳光家政'), ('digits', '要三八零零要三二二零要', '13800132201'), ('stop', '', '。')]
    """
    marks = (*respelt(turn.text, names, own_name), *digits(turn.text), *stops(turn))
    return tuple(sorted(marks, key=lambda mark: (mark.start, mark.end)))


def plain(text: str, marks: Sequence[Mark]) -> str:
    """The text with its marks written into it: 阳光家政〔听成“阳光家郑”〕, 幺三八…〔138…〕, punctuation.

    Examples
    --------
    >>> plain("这里是阳光家郑", [Mark("name", 3, 7, "阳光家政"), Mark("stop", 7, 7, "。")])
    '这里是阳光家政〔听成“阳光家郑”〕。'
    """
    for mark in reversed(marks):
        heard = text[mark.start : mark.end]
        shown = {"name": f"{mark.text}〔听成“{heard}”〕", "digits": f"{heard}〔{mark.text}〕", "stop": mark.text}
        text = text[: mark.start] + shown[mark.kind] + text[mark.end :]
    return text


def respelt(text: str, names: Sequence[str], own_name: str = "") -> Iterator[Mark]:
    """Where a name was written in other characters of its sound.

    Examples
    --------
    >>> [mark.text for mark in respelt("我是克福州民", [], "周敏")], list(respelt("广州民用电", [], "周敏"))
    (['周敏'], [])
    """
    lexicon = _lexicon(tuple(name for name in names if len(name) >= LEAST_NAME))
    for hit in lexicon.search(text) if lexicon else ():
        if text[hit.start : hit.end] != hit.phrase.term and hit.end - hit.start == len(hit.phrase.term):
            yield Mark("name", hit.start, hit.end, hit.phrase.term)
    if own_name and own_name not in text:
        wanted, sounds = listen(own_name).syllables.tolist(), listen(text)
        heard, places, num = sounds.syllables.tolist(), sounds.positions.tolist(), len(wanted)
        for at in range(len(heard) - num + 1):
            start, end = places[at], places[at + num - 1] + 1
            if heard[at : at + num] == wanted and end - start == len(own_name) and _introduces(text[:start]):
                yield Mark("name", start, end, own_name)


@lru_cache(maxsize=64)
def _lexicon(names: tuple[str, ...]) -> Lexicon | None:
    phrases = [
        {"term": name, "role": "agent", "variants": [name], "tolerance": NEAR if len(name) > LEAST_NAME else 0.0}
        for name in dict.fromkeys(names)
    ]
    if not phrases:
        return None
    written = {"name": "names", "revision": 1, "detector": "names", "title": "名称", "overlaps": "best"}
    return Lexicon(LexiconFile.model_validate({**written, "phrases": phrases}), "", {})


def _introduces(before: str) -> bool:
    """Whether somebody says who he is, just before: 我是, 客服 or what sounds like it."""
    return re.search(rf"{_SELF}\w{{0,2}}$", before) is not None


def digits(text: str) -> Iterator[Mark]:
    """The numbers of a text that are easier read as digits: telephone numbers, and runs that sound like one.

    Examples
    --------
    >>> [mark.text for mark in digits("幺三八，零零要三，二二零幺")], list(digits("要三个，要四个"))
    (['13800132201'], [])
    """
    phones = find_entities(text, "phone")
    for each in phones:
        if not text[each.start].isascii():  # it is heard as digits
            yield Mark("digits", each.start, each.end, each.value)
    taken = {at for each in phones for at in range(each.start, each.end)}
    sounds, names = listen(text), syllable_names()
    said = [_DIGIT_OF_SOUND.get(names[s]) if 0 <= s < len(names) else None for s in sounds.syllables.tolist()]
    for first, last in _runs(said):
        start, end = int(sounds.positions[first]), int(sounds.positions[last]) + 1
        written = text[start:end]
        sure = sum(c in DIGITS for c in written)
        if last - first + 1 >= LEAST_DIGITS and 2 * sure > last - first + 1 and start not in taken:
            value = "".join(str(said[n]) for n in range(first, last + 1))
            if value != written:
                yield Mark("digits", start, end, value)


def _runs(said: Sequence[int | None]) -> Iterator[tuple[int, int]]:
    """First and last place of each run of sounds that say digits."""
    first: int | None = None
    for at, digit in enumerate((*said, None)):
        if digit is None and first is not None:
            yield first, at - 1
            first = None
        elif digit is not None and first is None:
            first = at


def stops(turn: Turn) -> Iterator[Mark]:
    """The punctuation that a turn lacks: where its speaker pauses between two words, and at its end.

    Nothing is put beside a mark that the recogniser gave, or into a number.
    """
    if len(turn.text) != sum(len(word.text) for word in turn.words):
        return
    spoken, at = [], 0
    for word in turn.words:
        at += len(word.text)
        if word.spoken:
            spoken.append((word, at))
    for (word, end), (following, _) in pairwise(spoken):
        pause = following.span.start - word.span.end
        before, after = turn.text[:end], turn.text[end:]
        if pause < PAUSE_S or _ENDS_CLAUSE.search(before) or _ENDS_CLAUSE.match(after[:1]):
            continue
        if before[-1] in DIGITS and after[0] in DIGITS:
            continue
        yield Mark("stop", end, end, _stop(before) if pause >= SENTENCE_S or _ASKS.search(before) else "，")
    if spoken and not _ENDS_CLAUSE.search(turn.text):
        yield Mark("stop", len(turn.text), len(turn.text), _stop(turn.text))


def utterances(turn: Turn) -> list[tuple[int, int]]:
    """The characters of a turn between silences of `SENTENCE_S` or more, from and to; the whole where it has none.

    Whoever goes on after such a silence, though nobody else spoke, says something else.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> turn = hearing_of(["坐席：您好", "（3秒）", "坐席：请讲"]).turns[0]
    >>> [turn.text[start:end] for start, end in utterances(turn)]
    ['您好', '请讲']
    """
    if len(turn.text) != sum(len(word.text) for word in turn.words):
        return [(0, len(turn.text))]
    ends, at, last = [], 0, None
    for word in turn.words:
        if word.spoken and last is not None and word.span.start - last >= SENTENCE_S:
            ends.append(at)
        at += len(word.text)
        last = word.span.end if word.spoken else last
    return list(pairwise((0, *ends, len(turn.text))))


def _stop(said: str) -> str:
    return "？" if _ASKS.search(said) else "。"
