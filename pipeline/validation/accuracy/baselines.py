"""Baselines: the findings of the usual ways to match, in the same words, roles and zones.

Two of them, over the wordings of the same lexicons, with the same guards, so that only the matching differs:
the wordings as they are written, and the best partial ratio of rapidfuzz over toneless pinyin.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import numpy as np
from rapidfuzz import fuzz, process

from pipeline.lexicon import A_DIGIT, OPEN_PLACES, Hit, Lexicon, Phrase, spellings, wordings
from pipeline.lexicon.notation import LIKE_A_DIGIT
from pipeline.lexicon.phonetics import SPOKEN_DIGITS, listen, listen_all, syllable_names

A_SPOKEN_DIGIT = f"[{''.join(sorted(SPOKEN_DIGITS))}]"
LONG_NUMBER = 3  # digits; what a lexicon's {n} begins with
OWN = ("{name}", "{staff}", "{姓名}", "{工号}")
LEAST_LIKELY = 0.7
"""Likeness below which the fuzzy baseline is not tried; its best threshold has always been far above."""
NUMBER = "####"
"""Stands for a run of digits, as long as a syllable."""

_HAN = re.compile("[一-鿿]+")

Slots: TypeAlias = Mapping[str, Sequence[str]]


def expression(wording: str, slots: Slots | None = None) -> str:
    """A wording as a regular expression over spoken characters; it matches nothing where a slot has no filling.

    Examples
    --------
    >>> expression("^我姓{x}"), expression("这里是{company}", {"company": ["阳光", "阳光家政"]})
    ('^(?:我姓...|我姓..|我姓.)', '(?:这里是阳光家政|这里是阳光)')
    """
    longest_first = sorted(spellings(wording, slots or {}), key=len, reverse=True)
    begin, end = "^" * wording.startswith("^"), "$" * wording.endswith("$")
    return f"{begin}(?:{'|'.join(map(_pattern_of, longest_first)) or '(?!)'}){end}"


def _pattern_of(spelling: str) -> str:
    open_places = dict.fromkeys(OPEN_PLACES, ".") | dict.fromkeys((A_DIGIT, LIKE_A_DIGIT), A_SPOKEN_DIGIT)
    parts = re.split(f"([{OPEN_PLACES}])", spelling)
    return "".join(open_places.get(part) or re.escape(_spoken(part)) for part in parts)


def _spoken(text: str) -> str:
    """The speakable characters of a text; those of most wordings are all of it, which is told sooner."""
    return text if _HAN.fullmatch(text) else listen(text).characters


@dataclass(frozen=True)
class ExactMatch(Lexicon):
    """A lexicon whose wordings are looked for as they are written, punctuation aside."""

    @cached_property
    def _expressions(self) -> tuple[tuple[Phrase, re.Pattern[str]], ...]:
        return tuple(_expressions(self, own=None))

    def search(self, text: str, own: Slots | None = None) -> list[Hit]:
        """The phrases in `text`, as `Lexicon.search` gives them.

        Examples
        --------
        >>> from pipeline.lexicon import LexiconFile
        >>> phrases = [{"term": "hold", "role": "agent", "variants": ["请您稍等"]}]
        >>> file = {"name": "a", "revision": 1, "detector": "d", "title": "t", "phrases": phrases}
        >>> exact = ExactMatch(LexiconFile.model_validate(file), "", {})
        >>> [hit.phrase.term for hit in exact.search("好的，请您，稍等")], exact.search("好的请您稍登")
        (['hold'], [])
        """
        sounds = listen(text)
        places = sounds.positions.tolist()
        found = [
            Hit(phrase, match[0], places[match.start()], places[match.end() - 1] + 1, 1.0, 1.0)
            for phrase, sought in (*self._expressions, *(_expressions(self, own) if own else ()))
            for match in sought.finditer(sounds.characters)
        ]
        return self.settled(found, text)

    def search_all(self, texts: Sequence[str], own: Slots | None = None) -> list[list[Hit]]:
        """`search` in several texts."""
        return [self.search(text, own) for text in texts]


def _expressions(lexicon: Lexicon, own: Slots | None) -> Iterator[tuple[Phrase, re.Pattern[str]]]:
    """One expression for each phrase: of its wordings that `own` fills, if that is given, else of the others."""
    slots = {**lexicon.slots, **(own or {})}
    for phrase in lexicon.file.phrases:
        listed = sorted(_wordings(phrase, own), key=len, reverse=True)
        if sought := "|".join(expression(wording, slots) for wording in listed):
            yield phrase, re.compile(sought)


def _wordings(phrase: Phrase, own: Slots | None) -> tuple[str, ...]:
    """The wordings that wait for what only the call knows, if `own` is given, else the others."""
    variants = (v for v in phrase.variants if any(slot in v for slot in OWN) is (own is not None))
    return tuple(dict.fromkeys(w for variant in variants for w in wordings(variant) if w.strip("^$")))


@dataclass(frozen=True, slots=True)
class _Spelling:
    """A wording in pinyin; `numbered` if it holds `NUMBER`, which stands for a run of digits."""

    phrase: Phrase
    wording: str
    pinyin: str

    @property
    def numbered(self) -> bool:
        return NUMBER in self.pinyin


@dataclass(frozen=True)
class FuzzyMatch(Lexicon):
    """A lexicon whose wordings are looked for by the partial ratio of their pinyin with that of the text.

    Parameters
    ----------
    threshold : float
        Partial ratio, 0..1, from which a wording is found.
    heard : dict
        What was found in which text before, whatever the threshold; shared by copies with another one.

    Notes
    -----
    What the ratio cannot express is settled in its favour: a run of digits is one mark in text and wording, ``{x}``
    is left out, ``^`` and ``$`` are kept, and a text shorter than the wording is not asked (any 好 would match). Of
    each phrase the wording most like the text counts, once a text.
    """

    threshold: float = 1.0
    heard: dict[tuple[str, str], tuple[Hit, ...]] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def _spellings(self) -> tuple[_Spelling, ...]:
        return tuple(_spellings(self, own=None))

    def search(self, text: str, own: Slots | None = None) -> list[Hit]:
        """The phrases in `text`, as `Lexicon.search` gives them.

        Examples
        --------
        >>> from pipeline.lexicon import LexiconFile
        >>> phrases = [{"term": "hold", "role": "agent", "variants": ["请您稍等"]}]
        >>> file = {"name": "a", "revision": 1, "detector": "d", "title": "t", "phrases": phrases}
        >>> fuzzy = FuzzyMatch(LexiconFile.model_validate(file), "", {}, threshold=0.9)
        >>> [hit.phrase.term for hit in fuzzy.search("好的请您稍登")]
        ['hold']
        """
        key = (text, repr(own))
        if key not in self.heard:
            sought = (*self._spellings, *(_spellings(self, own) if own else ()))
            self.heard[key] = tuple(_most_like(sought, text))
        return self.settled([hit for hit in self.heard[key] if hit.likeness >= self.threshold], text)

    def search_all(self, texts: Sequence[str], own: Slots | None = None) -> list[list[Hit]]:
        """`search` in several texts."""
        return [self.search(text, own) for text in texts]


_ONLY_DIGITS = dict.fromkeys(map(ord, OPEN_PLACES), "") | {ord(place): A_DIGIT for place in (A_DIGIT, LIKE_A_DIGIT)}
"""Rough digits count as digits; what any other open place holds is not looked at."""


def _spellings(lexicon: Lexicon, own: Slots | None) -> Iterator[_Spelling]:
    slots = {**lexicon.slots, **(own or {})}
    spelt = [
        (phrase, wording, parts)
        for phrase in lexicon.file.phrases
        for wording in _wordings(phrase, own)
        for parts in sorted({_around_numbers(spelling) for spelling in spellings(wording, slots)})
    ]
    pinyin_of = _pinyin_of({part for _, _, parts in spelt for part in parts})
    for phrase, wording, parts in spelt:
        pinyin = f" {NUMBER} ".join(pinyin_of[part] for part in parts).strip()
        if pinyin not in ("", NUMBER):
            yield _Spelling(phrase, wording, pinyin)


def _around_numbers(spelling: str) -> tuple[str, ...]:
    """What stands before, between and after the runs of digits of a spelling."""
    return tuple(re.split(f"{A_DIGIT}{{{LONG_NUMBER},}}", spelling.translate(_ONLY_DIGITS)))


def _most_like(sought: Sequence[_Spelling], text: str) -> Iterator[Hit]:
    """Of each phrase the wording most like some part of the text, if it is at least `LEAST_LIKELY`."""
    sounds = listen(text)
    for numbered in (False, True):
        spellings = [spelling for spelling in sought if spelling.numbered is numbered]
        tokens, places = _tokens(sounds.characters, numbered)
        spelt = " ".join(tokens)
        of_letter = np.repeat(np.arange(len(tokens)), [len(token) + 1 for token in tokens])  # and blank
        if not spellings or not spelt:
            continue
        queries = [spelling.pinyin for spelling in spellings]
        scores = process.cdist([spelt], queries, scorer=fuzz.partial_ratio, score_cutoff=100 * LEAST_LIKELY)[0]
        taken: set[str] = set()
        for n in np.argsort(-scores, kind="stable").tolist():
            spelling, score = spellings[n], float(scores[n]) / 100
            if not score:
                break
            if spelling.phrase.term in taken or len(spelling.pinyin) > len(spelt):
                continue
            part = fuzz.partial_ratio_alignment(spelling.pinyin, spelt)
            if part is None or part.dest_end == part.dest_start:
                continue
            first, last = int(of_letter[part.dest_start]), int(of_letter[part.dest_end - 1])
            if (spelling.wording.startswith("^") and first) or (
                spelling.wording.endswith("$") and last < len(tokens) - 1
            ):
                continue
            taken.add(spelling.phrase.term)
            start, end = sounds.positions[places[first][0]], sounds.positions[places[last][1] - 1]
            yield Hit(spelling.phrase, spelling.wording, int(start), int(end) + 1, score, score)


def _tokens(characters: str, numbered: bool) -> tuple[list[str], list[tuple[int, int]]]:
    """The syllables of a text and where each stands in it; `numbered`, a run of digits is one of them."""
    syllables = _pinyin(characters).split(" ") if characters else []
    numbers = re.finditer(f"{A_SPOKEN_DIGIT}{{{LONG_NUMBER},}}", characters) if numbered else ()
    runs = {number.start(): number.end() for number in numbers}
    tokens, places, at = [], [], 0
    while at < len(characters):
        end = runs.get(at, at + 1)
        tokens.append(NUMBER if at in runs else syllables[at])
        places.append((at, end))
        at = end
    return tokens, places


def _pinyin(text: str) -> str:
    names = syllable_names()
    return " ".join(names[sound] for sound in listen(text).syllables.tolist())


def _pinyin_of(texts: Collection[str]) -> dict[str, str]:
    """The pinyin of each text; of all at once, many times as fast as one by one."""
    names, heard = syllable_names(), listen_all(list(texts))
    ends = zip(heard.begins[:-1].tolist(), heard.begins[1:].tolist(), strict=True)
    said = [heard.syllables[begin : end - 1].tolist() for begin, end in ends]
    return {text: " ".join(names[sound] for sound in sounds) for text, sounds in zip(texts, said, strict=True)}
