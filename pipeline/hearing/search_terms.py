"""Full-text search: which terms a turn is found by, and where a query stands in it.

A turn is found by its pairs of neighbouring characters and of neighbouring sounds, written in small ASCII letters
and digits, so that the text search of any database, whatever its locale, keeps them as they are. The terms only
narrow: that a query really stands in a turn, and where, is told here by `Query.places`. Knows no database.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from hashlib import blake2b
from itertools import islice, pairwise, product
from typing import TypeAlias

import numpy as np
from opencc import OpenCC

from pipeline.hearing.turns import Role
from pipeline.lexicon.confusions import sound_costs
from pipeline.lexicon.phonetics import LATIN, listen_all, readings_of, syllable_names
from pipeline.lexicon.pinyin import is_syllable, spellings, toneless

MAX_LENGTH = 100
"""Characters of a query."""
MAX_WORDS = 10
MAX_READINGS = 8
"""Ways to read one word of a query: ``fangan`` is fan gan, and fang an."""
MAX_PAIRS = 8
"""Pairs by which one word is looked up; of longer ones every so-manieth, since the rest is checked here anyway."""
SIMILAR = 260
"""Sounds this close or closer are one under 模糊音, in thousandths of `lexicon.confusions`: zh~z, n~l, eng~en."""

SPOKEN_AS = {"0": "零〇洞", "1": "一幺", "2": "二两", "7": "七拐"}
"""The characters as which a typed digit may have been said."""
WORDS = re.compile(r'(-?)(?:["“”]([^"“”]*)["“”]|「([^」]*)」|([^\s"“”「」]+))')
SYLLABLES = re.compile(r"([a-z]+)[0-5]?|([^a-z]+)")
DIGITS_36 = "0123456789abcdefghijklmnopqrstuvwxyz"


class By(StrEnum):
    """The comparison of a search: of characters, or of their sounds without tones."""

    TEXT = "text"
    SOUND = "sound"


@dataclass(frozen=True, slots=True)
class Term:
    """One term of the index, or, where `begins`, every term that begins so."""

    text: str
    begins: bool = False


Phrase: TypeAlias = tuple[frozenset[str], ...]
"""Units that follow each other, each any one of a few: characters, or sounds as `_signs` writes them."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a query: any of a few phrases, which are the ways to read it."""

    phrases: tuple[Phrase, ...]
    pattern: re.Pattern[str]

    @property
    def exact(self) -> bool:
        """Whether its terms alone tell that it is there: a phrase of one or two units is one term.

        Examples
        --------
        >>> parse("投诉").words[0].exact, parse("投诉电话").words[0].exact
        (True, False)
        """
        return all(len(phrase) <= 2 for phrase in self.phrases)


@dataclass(frozen=True, slots=True)
class Query:
    """A search for turns with all of `words` and none of `without`.

    Words stand in the same turn and not only in the same call: a hit is one place to listen to.
    """

    by: By
    words: tuple[Word, ...]
    without: tuple[Word, ...] = ()

    def terms(self, word: Word) -> tuple[tuple[tuple[Term, ...], ...], ...]:
        """The terms of a turn that has the word: for each way to read it and each place, any one of a few.

        Examples
        --------
        >>> query = parse("投诉")
        >>> query.terms(query.words[0])
        (((Term(text='c42dc7d', begins=False),),),)
        """
        return tuple(_terms(self.by, phrase) for phrase in word.phrases)

    def places(self, text: str) -> tuple[tuple[int, int], ...]:
        """The places of the words in a turn's text, as offsets ``[start, end)``; none unless all stand there.

        Punctuation and blanks do not part a word.

        Examples
        --------
        >>> parse("您好请问 -投诉").places("喂，您好，请问…")
        ((2, 7),)
        """
        signs, positions = _signs(self.by, text)
        if any(word.pattern.search(signs) for word in self.without):
            return ()
        hits: list[tuple[int, int]] = []
        for word in self.words:
            places = [match.span() for match in word.pattern.finditer(signs)]
            if not places:
                return ()
            hits += [(positions[start], positions[end - 1] + 1) for start, end in places]
        return tuple(_joined(sorted(hits)))


@dataclass(frozen=True, slots=True)
class Snippet:
    """Part of a turn around what was found. `marks` are offsets in `text`; the flags tell where it was cut."""

    text: str
    marks: tuple[tuple[int, int], ...]
    cut_before: bool
    cut_after: bool

    def pieces(self) -> Iterator[tuple[str, bool]]:
        """The text in pieces, each with whether it is marked.

        Examples
        --------
        >>> list(Snippet("您好请问", ((2, 4),), False, False).pieces())
        [('您好', False), ('请问', True)]
        """
        at = 0
        for start, end in self.marks:
            if start > at:
                yield self.text[at:start], False
            yield self.text[start:end], True
            at = end
        if at < len(self.text):
            yield self.text[at:], False


def snippet(text: str, places: Sequence[tuple[int, int]], before: int = 20, after: int = 60) -> Snippet:
    """The part of a text around the first place, with all places that are in it marked.

    Examples
    --------
    >>> list(snippet("您好，请问有什么可以帮您？", [(3, 5)], before=1, after=4).pieces())
    [('，', False), ('请问', True), ('有什', False)]
    """
    first = max(0, places[0][0] - before)
    last = min(len(text), max(places[0][1], places[0][0] + after))
    marks = tuple((start - first, min(end, last) - first) for start, end in places if start < last)
    return Snippet(text[first:last], marks, first > 0, last < len(text))


def turn_terms(texts: Sequence[str]) -> list[list[str]]:
    """The terms by which each text is found, without repetition.

    Examples
    --------
    >>> turn_terms(["您好"])
    [['c29p', 'c3oo29p', 'shao0', 'snin0hao0']]
    """
    passages = listen_all([_plain(text) for text in texts])
    names = _sound_names()
    points, syllables = passages.points.tolist(), passages.syllables.tolist()
    begins = passages.begins.tolist()
    result = []
    for start, end in pairwise(begins):
        characters = [_code(point) for point in points[start : end - 1]] + [""]
        sounds = [names[syllable] for syllable in syllables[start : end - 1]] + [""]
        terms = {f"c{one}{other}" for one, other in pairwise(characters)}
        terms.update(f"s{one}{other}" for one, other in pairwise(sounds))
        result.append(sorted(terms))
    return result


def role_term(role: Role) -> str:
    """The term that every turn of this role has.

    Examples
    --------
    >>> role_term(Role.CUSTOMER)
    'rc'
    """
    return f"r{role.value[0]}"


def own_term(kind: str, name: str) -> str:
    """The term that every turn of a call with this agent (kind ``g``) or queue (``q``) has; rarely others too.

    Examples
    --------
    >>> own_term("q", "投诉热线")
    'qc3dda52588'
    """
    return kind + blake2b(name.encode("utf-8", "surrogatepass"), digest_size=5).hexdigest()


def parse(text: str, by: By = By.TEXT, *, similar: bool = False) -> Query:
    """The query that somebody typed.

    Words are parted by blanks, and all must stand in the same turn; ``-word`` must not. ``"two words"`` in quotes
    are one word. By sound, characters stand for how they sound, and Latin letters are pinyin without or with tones;
    syllables one by one (``tou su``) are one word, as are those written together (``tousu``).

    Parameters
    ----------
    similar : bool
        By sound: whether sounds that are easily confused count as the same (模糊音).

    Raises
    ------
    ValueError
        In Chinese, if there is nothing to look for, or too much.

    Examples
    --------
    >>> parse("投素", By.SOUND).places("我要投诉！"), parse("tou su", By.SOUND).places("我要投诉！")
    (((2, 4),), ((2, 4),))
    """
    if len(text) > MAX_LENGTH:
        raise ValueError(f"搜索内容不超过 {MAX_LENGTH} 字，现在有 {len(text)} 字：请缩短")
    storable = text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
    plain = str(_to_simplified().convert(unicodedata.normalize("NFKC", storable)))
    words: list[Word] = []
    exclusions: list[Word] = []
    for word, is_excluded in _written_words(plain, by):
        phrases = [_phrase_of_text(word)] if by is By.TEXT else _phrases_of_sound(word, similar)
        if phrases := [phrase for phrase in phrases if phrase]:
            (exclusions if is_excluded else words).append(Word(tuple(phrases), _pattern(phrases)))
    if not words:
        raise ValueError("请输入要找的词：汉字、字母或数字，至少一个不带减号的词")
    if len(words) + len(exclusions) > MAX_WORDS:
        raise ValueError(f"一次最多搜索 {MAX_WORDS} 个词：请减少")
    return Query(by, tuple(words), tuple(exclusions))


def _written_words(plain: str, by: By) -> list[tuple[str, bool]]:
    """The words as they are written, and whether each must not be there."""
    words: list[tuple[str, bool]] = []
    alone = False  # whether the last word is a syllable that the next one may follow
    for minus, quoted, bracketed, word in WORDS.findall(plain):
        syllable = by is By.SOUND and bool(word) and not minus and is_syllable(word)
        if syllable and alone:
            words[-1] = (f"{words[-1][0]} {word}", False)
        else:
            words.append((quoted or bracketed or word, bool(minus)))
        alone = syllable
    return words


def _phrase_of_text(word: str) -> Phrase:
    return tuple(frozenset(characters) for characters in _said(word))


def _said(word: str) -> list[str]:
    """For each character that can be heard, the characters that it may stand for."""
    passages = listen_all([word])
    positions, points = passages.positions.tolist(), passages.points.tolist()
    return [SPOKEN_AS.get(word[at], chr(point)) for at, point in zip(positions[:-1], points[:-1], strict=True)]


def _phrases_of_sound(word: str, similar: bool) -> list[Phrase]:
    runs: list[list[list[frozenset[int]]]] = []  # a run of pinyin has several spellings
    numbers = {name: n for n, name in enumerate(syllable_names())}
    for letters, others in SYLLABLES.findall(toneless(word)):
        ways = [
            [frozenset({numbers[s]}) for s in spelling] for spelling in islice(spellings(letters), MAX_READINGS)
        ]
        runs.append(ways or [_sounds_of(letters or others)])
    phrases: list[Phrase] = []
    for spelling in islice(product(*runs), MAX_READINGS):
        units = [unit for run in spelling for unit in run]
        if similar:
            units = [frozenset().union(*(_similar(sound) for sound in unit)) for unit in units]
        phrases.append(tuple(frozenset(map(_sign, unit)) for unit in units))
    return phrases


def _sounds_of(word: str) -> list[frozenset[int]]:
    """The sounds of each character here; of one alone all that it can have, of a digit all ways it is said."""
    passages = listen_all([word])
    sounds = passages.syllables.tolist()[:-1]
    choices = _said(word)
    if len(choices) == 1:
        return [frozenset(sound for character in choices[0] for sound in readings_of(ord(character)))]
    return [
        frozenset({sound} | ({readings_of(ord(c))[0] for c in characters} if len(characters) > 1 else set()))
        for sound, characters in zip(sounds, choices, strict=True)
    ]


@cache
def _similar(sound: int) -> frozenset[int]:
    costs = sound_costs()
    near = np.minimum(costs[sound], costs[:, sound]) <= SIMILAR
    return frozenset({sound, *np.flatnonzero(near).tolist()})


def _pattern(phrases: Iterable[Phrase]) -> re.Pattern[str]:
    return re.compile("|".join("".join(f"[{re.escape(''.join(sorted(u)))}]" for u in phrase) for phrase in phrases))


def _terms(by: By, phrase: Phrase) -> tuple[tuple[Term, ...], ...]:
    if len(phrase) == 1:
        return (tuple(Term(_written(by, (unit,)), begins=True) for unit in sorted(phrase[0])),)
    pairs = list(pairwise(phrase))
    step = -(-len(pairs) // MAX_PAIRS)
    return tuple(
        tuple(Term(_written(by, pair)) for pair in product(sorted(one), sorted(other)))
        for one, other in pairs[::step]
    )


def _written(by: By, units: Iterable[str]) -> str:
    if by is By.TEXT:
        return "c" + "".join(_code(ord(unit)) for unit in units)
    return "s" + "".join(_sound_names()[ord(unit) - SIGNS] for unit in units)


@cache
def _code(point: int) -> str:
    """A character in three digits of base 36, or ``z`` and four: no code begins another, so pairs can be parted."""
    common = point - 0x4E00
    if 0 <= common < 35 * 36 * 36:
        return _base_36(common, 3)
    return "z" + _base_36(point, 4)


def _base_36(number: int, length: int) -> str:
    digits = ""
    for _ in range(length):
        number, digit = divmod(number, 36)
        digits = DIGITS_36[digit] + digits
    return digits


@cache
def _sound_names() -> tuple[str, ...]:
    """The spelling of each sound in a term, by its number; a name, since numbers move with pypinyin's tables."""
    return (*(f"{name}0" for name in syllable_names()), *(f"{letter}1" for letter in LATIN), "2", "")


SIGNS = 0xE000
"""The sign of the first sound: sounds are compared as characters of Unicode's private area."""


def _sign(sound: int) -> str:
    return chr(SIGNS + sound)


def _signs(by: By, text: str) -> tuple[str, Sequence[int]]:
    """The signs of what sounds in a text, one a character, and the place of each."""
    passages = listen_all([_plain(text)])
    if by is By.SOUND:
        return "".join(map(_sign, passages.syllables[:-1].tolist())), passages.positions.tolist()
    return "".join(map(chr, passages.points[:-1].tolist())), passages.positions.tolist()


def _plain(text: str) -> str:
    """The text in NFKC where that leaves every character in its place; transcripts are in it already."""
    if unicodedata.is_normalized("NFKC", text):
        return text
    return "".join(n if len(n := unicodedata.normalize("NFKC", c)) == 1 else c for c in text)


def _joined(places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The places in order, those that touch or overlap as one."""
    last: tuple[int, int] | None = None
    for start, end in places:
        if last is None:
            last = start, end
        elif start <= last[1]:
            last = last[0], max(last[1], end)
        else:
            yield last
            last = start, end
    if last is not None:
        yield last


@cache
def _to_simplified() -> OpenCC:
    return OpenCC("t2s")
