"""What the usual ways to match would have found in the same words, by the same roles and in the same zones.

Two of them, over the wordings of the same phrase lists, with the same guards, so that only the matching differs:
the wordings as they are written, and the best partial ratio of rapidfuzz over toneless pinyin.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from pypinyin import Style, lazy_pinyin
from rapidfuzz import fuzz, process

from pipeline.lexicon import Hit, Lexicon, Phrase, wordings
from pipeline.phonetics import SPOKEN_DIGITS, listen

DIGITS = f"[{''.join(sorted(SPOKEN_DIGITS))}]{{3,6}}"
ANY = ".{1,3}"
OWN = ("{name}", "{staff}")
LEAST_LIKELY = 0.7
"""Likeness below which the fuzzy baseline is not tried; its best threshold has always been far above."""
NUMBER = "####"
"""Stands for a run of digits, as long as a syllable."""

Slots = Mapping[str, Sequence[str]]


def expression(wording: str, slots: Slots | None = None) -> str:
    """A wording as a regular expression over spoken characters; it matches nothing where a slot has no filling.

    Examples
    --------
    >>> expression("^工号{n}"), expression("这里是{company}", {"company": ["阳光家政", "阳光"]})
    ('^工号[〇一七三两九二五八六四幺拐洞零]{3,6}', '这里是(?:阳光家政|阳光)')
    """
    parts = re.split(r"(\{\w+\}|^\^|\$$)", wording)
    return "".join(_part(part, slots or {}) for part in parts)


def _part(part: str, slots: Slots) -> str:
    if part in ("^", "$"):
        return part
    if part == "{n}":
        return DIGITS
    if part == "{x}":
        return ANY
    if part.startswith("{"):
        spoken = [listen(filling).characters for filling in slots.get(part[1:-1], ())]
        return f"(?:{'|'.join(map(re.escape, spoken))})" if spoken else "(?!)"
    return re.escape(listen(part).characters)


@dataclass(frozen=True)
class ExactMatch(Lexicon):
    """A phrase list whose wordings are looked for as they are written, punctuation aside."""

    @cached_property
    def _expressions(self) -> tuple[tuple[Phrase, re.Pattern[str]], ...]:
        return tuple(_expressions(self, own=None))

    def search(self, text: str, own: Slots | None = None) -> list[Hit]:
        """The phrases in `text`, as `Lexicon.search` gives them."""
        sounds = listen(text)
        found = [
            Hit(
                phrase,
                match[0],
                int(sounds.positions[match.start()]),
                int(sounds.positions[match.end() - 1]) + 1,
                1,
            )
            for phrase, sought in (*self._expressions, *(_expressions(self, own) if own else ()))
            for match in sought.finditer(sounds.characters)
        ]
        return self.settled(found, text)

    def search_all(self, texts: Sequence[str], own: Slots | None = None) -> list[list[Hit]]:
        """`search` in several texts."""
        return [self.search(text, own) for text in texts]


def _expressions(lexicon: Lexicon, own: Slots | None) -> Iterator[tuple[Phrase, re.Pattern[str]]]:
    """One expression for each phrase: of its wordings that `own` fills, if that is given, else of the others."""
    for phrase in lexicon.file.phrases:
        variants = [v for v in phrase.variants if any(slot in v for slot in OWN) is (own is not None)]
        sought = (expression(w, own or lexicon.slots) for v in variants for w in wordings(v) if w)
        if longest_first := "|".join(sorted(sought, key=len, reverse=True)):
            yield phrase, re.compile(longest_first)


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
    """A phrase list whose wordings are looked for by the partial ratio of their pinyin with that of the text.

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
        """The phrases in `text`, as `Lexicon.search` gives them."""
        key = (text, repr(own))
        if key not in self.heard:
            sought = (*self._spellings, *(_spellings(self, own) if own else ()))
            self.heard[key] = tuple(_most_like(sought, text))
        return self.settled([hit for hit in self.heard[key] if hit.likeness >= self.threshold], text)

    def search_all(self, texts: Sequence[str], own: Slots | None = None) -> list[list[Hit]]:
        """`search` in several texts."""
        return [self.search(text, own) for text in texts]


def _spellings(lexicon: Lexicon, own: Slots | None) -> Iterator[_Spelling]:
    for phrase in lexicon.file.phrases:
        variants = [v for v in phrase.variants if any(slot in v for slot in OWN) is (own is not None)]
        for wording in dict.fromkeys(w for variant in variants for w in wordings(variant)):
            for filled in _filled(wording.replace("{x}", ""), own or lexicon.slots):
                before, *after = filled.strip("^$").split("{n}")
                pinyin = f" {NUMBER} ".join(_pinyin(part) for part in (before, *after)).strip()
                if pinyin not in ("", NUMBER):
                    yield _Spelling(phrase, wording, pinyin)


def _filled(wording: str, slots: Slots) -> Iterator[str]:
    slot = re.search(r"\{(name|staff|company)\}", wording)
    if not slot:
        yield wording
        return
    for filling in slots.get(slot[1], ()):
        yield from _filled(wording.replace(slot[0], filling, 1), slots)


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
            yield Hit(spelling.phrase, spelling.wording, int(start), int(end) + 1, score)


def _tokens(characters: str, numbered: bool) -> tuple[list[str], list[tuple[int, int]]]:
    """The syllables of a text and where each stands in it; `numbered`, a run of digits is one of them."""
    syllables = _pinyin(characters).split(" ") if characters else []
    runs = {run.start(): run.end() for run in re.finditer(DIGITS, characters)} if numbered else {}
    tokens, places, at = [], [], 0
    while at < len(characters):
        end = runs.get(at, at + 1)
        tokens.append(NUMBER if at in runs else syllables[at])
        places.append((at, end))
        at = end
    return tokens, places


def _pinyin(text: str) -> str:
    spoken = listen(text).characters
    return " ".join(str(each) for each in lazy_pinyin(spoken, style=Style.NORMAL, errors=list))  # type: ignore[arg-type]
