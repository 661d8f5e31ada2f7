"""Phrase lists as data, and how a phrase is matched on what a recogniser heard.

A lexicon file is one signed-off revision. A phrase is written as it is said, with a little notation:
``[请问]`` and ``[你|您]`` may be left out, ``(帮到|帮助)`` are alternatives, ``{n}`` is a run of three to six
digits, ``{x}`` any one to three characters, ``{name}``, ``{staff}`` and ``{company}`` stand for what the call and
the settings know, and ``^`` and ``$`` hold it to the beginning or the end of a turn.

Matching is a weighted alignment of syllables: another character of the same sound costs almost nothing, a sound
that recognisers confuse costs a little, a character too many or too few costs most of one. How much a phrase may
cost altogether is its tolerance.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from pipeline.errors import PolicyError
from pipeline.phonetics import HOMOPHONE, SPOKEN_DIGITS, UNRELATED, Sounds, listen, syllable_costs
from pipeline.policy import line_with, load_policy

MISSING, EXTRA = 0.9, 0.7
"""Cost of a syllable of the phrase that was not heard, and of one heard inside it that is not its own."""
GUARD_REACH = 8  # characters before and after a hit, in the same clause, in which a guard counts
CLAUSE_END = re.compile(r"[，。！？；,.!?;]")
DIGIT_RUN = range(3, 7)
ANY_RUN = range(1, 4)
TOLERANT_FROM = 4  # syllables; shorter phrases match sound-alikes only
SHORT_TOLERANCE = 0.11  # a homophone or two, or one of the closest sounds
ROUNDING = 1e-6  # of costs in float32; far below any of them
A_DIGIT, ANYTHING = "\ue000", "\ue001"  # private characters, which no phrase holds


class Phrase(BaseModel):
    """One term of a lexicon: what is looked for, in whose mouth, where, and how loosely.

    `tolerance` is the cost allowed for each syllable of a variant of at least four syllables. A guard is a wording
    near a hit that takes it back: `unless_before` within eight characters before, `unless_after` after.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    term: str
    role: Literal["agent", "customer"]
    zone: Literal["opening", "closing", "anywhere"] = "anywhere"
    variants: Annotated[tuple[str, ...], Field(min_length=1)]
    tolerance: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    severity: Literal["", "fatal", "serious", "medium", "light"] = ""
    unless_before: tuple[str, ...] = ()
    unless_after: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    counterexamples: tuple[str, ...] = ()


class LexiconFile(BaseModel):
    """The file as it is written.

    `overlaps` says what becomes of hits of several terms at one place: ``all`` are kept (independent facts), the
    ``best`` one (one offence is one offence), or the one whose term stands ``first`` in the file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    revision: Annotated[int, Field(ge=1)]
    detector: str
    title: str
    overlaps: Literal["all", "best", "first"] = "all"
    unless_before: tuple[str, ...] = ()
    unless_after: tuple[str, ...] = ()
    phrases: Annotated[tuple[Phrase, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found in a text.

    `start` and `end` are character positions in the text; `variant` is the wording that matched and `likeness` how
    like it sounded, 0..1.
    """

    phrase: Phrase
    variant: str
    start: int
    end: int
    likeness: float


@dataclass(frozen=True)
class Lexicon:
    """A list of phrases, ready to be matched, with the slots of one deployment filled in.

    Parameters
    ----------
    slots : mapping of str to sequence of str
        What ``{company}`` may be.
    """

    file: LexiconFile
    digest: str
    slots: Mapping[str, Sequence[str]]

    @property
    def detector(self) -> str:
        """The detector whose findings it yields."""
        return self.file.detector

    @property
    def version(self) -> str:
        """Name, revision and content hash."""
        return f"{self.file.name}-{self.file.revision}-{self.digest}"

    @cached_property
    def _patterns(self) -> tuple[_Pattern, ...]:
        return tuple(
            pattern for phrase in self.file.phrases for pattern in _compile(phrase, phrase.variants, self.slots)
        )

    def search(self, text: str, own: Mapping[str, Sequence[str]] | None = None) -> list[Hit]:
        """The phrases in `text`, in order, the best of overlapping hits of one term only.

        Parameters
        ----------
        own : mapping of str to sequence of str, optional
            Slots that only this call knows: ``name`` and ``staff`` of its agent.
        """
        sounds = listen(text)
        patterns = self._patterns
        if own:
            patterns += tuple(
                pattern
                for phrase in self.file.phrases
                for pattern in _compile(
                    phrase, [v for v in phrase.variants if "{name}" in v or "{staff}" in v], own
                )
            )
        found = [hit for pattern in _likely(patterns, sounds) for hit in pattern.hits(sounds)]
        kept: list[Hit] = []
        for hit in sorted(found, key=self._rank):
            if not self._guarded(hit, text) and not any(self._competes(hit, better) for better in kept):
                kept.append(hit)
        return sorted(kept, key=lambda hit: (hit.start, hit.end))

    def _competes(self, hit: Hit, better: Hit) -> bool:
        """Whether the two overlap and only one of them may stand."""
        same = self.file.overlaps != "all" or hit.phrase.term == better.phrase.term
        return same and hit.start < better.end and better.start < hit.end

    def _rank(self, hit: Hit) -> tuple[object, ...]:
        """Which of overlapping hits comes first."""
        quality = (-round(hit.likeness, 2) * (hit.end - hit.start), hit.start)
        if self.file.overlaps == "first":
            return (self.file.phrases.index(hit.phrase), *quality)
        return quality

    def _guarded(self, hit: Hit, text: str) -> bool:
        before = CLAUSE_END.split(text[: hit.start])[-1][-GUARD_REACH:]
        after = CLAUSE_END.split(text[hit.end :])[0][:GUARD_REACH]
        return any(guard in before for guard in self.file.unless_before + hit.phrase.unless_before) or any(
            guard in after for guard in self.file.unless_after + hit.phrase.unless_after
        )


def load_lexicon(path: Traversable | Path, slots: Mapping[str, Sequence[str]] | None = None) -> Lexicon:
    """A lexicon file, checked.

    Raises
    ------
    PolicyError
        With file and line, for a field that is missing, unknown or wrong, a notation that does not close, an
        example that is not found or a counterexample that is.
    """
    file, digest = load_policy(path, LexiconFile)
    lexicon = Lexicon(file, digest, slots or {})
    for phrase in file.phrases:
        try:
            list(_compile(phrase, phrase.variants, {}))
        except ValueError as error:
            raise PolicyError(str(path), line_with(path, phrase.term), f"term {phrase.term}: {error}") from None
        for example, wanted in [(e, True) for e in phrase.examples] + [(e, False) for e in phrase.counterexamples]:
            if any(hit.phrase.term == phrase.term for hit in lexicon.search(example)) is not wanted:
                verdict = "is not found in its example" if wanted else "is found in its counterexample"
                line = line_with(path, phrase.term)
                raise PolicyError(str(path), line, f"term {phrase.term} {verdict} {example!r}")
    return lexicon


def bundled_lexicons(slots: Mapping[str, Sequence[str]] | None = None) -> tuple[Lexicon, ...]:
    """The phrase lists that come with callqa."""
    return tuple(load_lexicon(path, slots) for path in lexicon_files())


def lexicon_files() -> tuple[Traversable, ...]:
    """The files of the phrase lists that come with callqa, in order of name."""
    folder = files("pipeline") / "lexicons"
    return tuple(sorted((p for p in folder.iterdir() if p.name.endswith(".yaml")), key=lambda p: p.name))


def digest_of(lexicons: Sequence[Lexicon]) -> str:
    """One short hash over the versions and slots of several lexicons, for provenance."""
    parts = [f"{lexicon.version}|{sorted(lexicon.slots.items())!r}" for lexicon in lexicons]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class _Pattern:
    """One spelling of a phrase, its notation resolved. `wild` marks digits ('d') and any character ('x')."""

    phrase: Phrase
    variant: str
    sounds: Sounds
    wild: str
    at_start: bool
    at_end: bool

    @cached_property
    def fixed(self) -> NDArray[np.int32]:
        """The syllables that are not wild."""
        return self.sounds.syllables[[mark == "." for mark in self.wild]]

    @cached_property
    def allowed(self) -> float:
        """What a hit may cost altogether."""
        num_fixed = len(self.fixed)
        if num_fixed < TOLERANT_FROM:
            near = self.phrase.tolerance > 0 and self.phrase.severity != "fatal"  # too much hangs on two syllables
            return max(HOMOPHONE * num_fixed, SHORT_TOLERANCE if near else 0.0)
        return max(HOMOPHONE * 2, self.phrase.tolerance * num_fixed)

    def hits(self, sounds: Sounds) -> Iterator[Hit]:
        costs = self._costs(sounds)
        table = _align(costs)
        ends = table[-1, 1:]
        for end in np.flatnonzero(ends <= self.allowed + ROUNDING).tolist():
            if end and ends[end - 1] < ends[end]:  # the same hit, one character further
                continue
            start = _trace(table, costs, end + 1)
            if (self.at_start and start > 0) or (self.at_end and end + 1 < len(sounds)) or start > end:
                continue
            first, last = int(sounds.positions[start]), int(sounds.positions[end])
            yield Hit(self.phrase, self.variant, first, last + 1, 1 - float(ends[end]) / len(self.sounds))

    def _costs(self, sounds: Sounds) -> NDArray[np.float32]:
        """The cost of hearing each character of the text for each of the phrase, (n_phrase, n_text)."""
        costs = syllable_costs()[np.ix_(self.sounds.syllables, sounds.syllables)]
        same = np.array(list(self.sounds.characters))[:, None] == np.array(list(sounds.characters))[None, :]
        costs = np.where(same, 0.0, np.maximum(costs, HOMOPHONE)).astype(np.float32)
        if len(self.fixed) < TOLERANT_FROM and not self.phrase.tolerance:
            costs[costs > HOMOPHONE] = UNRELATED
        for n, mark in enumerate(self.wild):
            if mark == "d":
                costs[n] = [0.0 if c in SPOKEN_DIGITS else 1.0 for c in sounds.characters]
            elif mark == "x":
                costs[n] = 0.0
        return costs


def _likely(patterns: Sequence[_Pattern], sounds: Sounds) -> list[_Pattern]:
    """The patterns that can be in the text at all: cheap enough with each syllable at its best, wherever."""
    if not patterns or not len(sounds):
        return []
    cheapest = np.minimum(syllable_costs()[:, np.unique(sounds.syllables)].min(axis=1), MISSING)
    fixed = [pattern.fixed for pattern in patterns]
    starts = np.cumsum([0, *(len(f) for f in fixed[:-1])])
    bounds = np.add.reduceat(cheapest[np.concatenate(fixed)], starts)
    return [pattern for pattern, bound in zip(patterns, bounds, strict=True) if bound <= pattern.allowed + ROUNDING]


def _align(costs: NDArray[np.float32]) -> NDArray[np.float64]:
    """Cheapest cost of a phrase's first i syllables, ending at character j of the text (Sellers 1980)."""
    num_phrase, num_text = costs.shape
    # In float64: over a long text the rounding of float32 costs more than a homophone.
    steps = EXTRA * np.arange(num_text + 1)
    table = np.zeros((num_phrase + 1, num_text + 1))
    for i in range(1, num_phrase + 1):
        row = table[i]
        row[0] = i * MISSING
        row[1:] = np.minimum(table[i - 1, :-1] + costs[i - 1], table[i - 1, 1:] + MISSING)
        row[:] = np.minimum.accumulate(row - steps) + steps
    return table


def _trace(table: NDArray[np.float64], costs: NDArray[np.float32], end: int) -> int:
    """Where the cheapest alignment that ends before character `end` begins."""
    i, j = table.shape[0] - 1, end
    while i > 0 and j > 0:
        here = table[i, j]
        if abs(here - (table[i - 1, j - 1] + costs[i - 1, j - 1])) < ROUNDING:
            i, j = i - 1, j - 1
        elif abs(here - (table[i - 1, j] + MISSING)) < ROUNDING:
            i -= 1
        else:
            j -= 1
    return j


def _compile(phrase: Phrase, variants: Sequence[str], slots: Mapping[str, Sequence[str]]) -> Iterator[_Pattern]:
    for variant in variants:
        core = variant.removeprefix("^").removesuffix("$")
        if not core:
            raise ValueError(f"{variant!r} is empty")
        for spelling in dict.fromkeys(_spellings(core, slots)):
            symbols, wild = zip(*_symbols(spelling), strict=True)
            sounds = listen("".join(symbols))
            if len(sounds) != len(symbols):
                raise ValueError(f"{variant!r} holds a character that is not spoken")
            if not any(mark == "." for mark in wild):
                raise ValueError(f"{variant!r} holds no syllable of its own")
            yield _Pattern(phrase, variant, sounds, "".join(wild), variant.startswith("^"), variant.endswith("$"))


def _spellings(variant: str, slots: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Every wording that the notation stands for, with `A_DIGIT` and `ANYTHING` for the open ones."""
    found = re.search(r"\[([^][]*)\]|\(([^()]*)\)|\{(\w+)\}", variant)
    if not found:
        if set(variant) & set("[](){}|"):
            raise ValueError(f"{variant!r}: a bracket does not close, or a | stands outside of them")
        if variant:
            yield variant
        return
    optional, choice, slot = found.groups()
    fillings: Sequence[str]
    if optional is not None:
        fillings = (*optional.split("|"), "")
    elif choice is not None:
        fillings = choice.split("|")
    elif slot == "n":
        fillings = [A_DIGIT * n for n in DIGIT_RUN]
    elif slot == "x":
        fillings = [ANYTHING * n for n in ANY_RUN]
    elif slot in ("name", "staff", "company"):
        fillings = [spoken for filling in slots.get(slot, ()) if (spoken := listen(filling).characters)]
    else:
        raise ValueError(f"{variant!r}: there is no slot {{{slot}}}")
    for filling in fillings:
        yield from _spellings(variant[: found.start()] + filling + variant[found.end() :], slots)


def _symbols(spelling: str) -> Iterator[tuple[str, str]]:
    for character in spelling:
        yield {A_DIGIT: ("零", "d"), ANYTHING: ("某", "x")}.get(character, (character, "."))
