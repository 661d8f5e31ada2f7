"""Lexicons at work: loaded, checked against their own examples, and searched for.

Matching is a weighted alignment of syllables: another character of the same sound costs almost nothing, a sound
that recognisers confuse costs a little, a character too many or too few costs most of one. How much a phrase may
cost altogether is its tolerance. How far a hit is to be believed is said beside it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from operator import attrgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import PolicyError
from pipeline.lexicon.alignment import Matches, aligned
from pipeline.lexicon.belief import believed
from pipeline.lexicon.claims import Claims, joined, unbeaten
from pipeline.lexicon.confusions import UNIT
from pipeline.lexicon.file import LexiconFile, Phrase
from pipeline.lexicon.names import NamePlaces, name_places, named
from pipeline.lexicon.notation import is_closed, of_the_call, of_the_settings
from pipeline.lexicon.patterns import Patterns, check_notation, compiled
from pipeline.lexicon.phonetics import Passages, listen, listen_all
from pipeline.lexicon.seeds import Seeds, candidates, sown
from pipeline.policy.load import line_with, load_policy

GUARD_REACH = 8  # characters before and after a hit, in the same clause, in which a guard counts
CLAUSE_END = re.compile(r"[，。！？；,.!?;]")
HEARD_FROM = 2  # syllables of a guard or a piece of evidence that counts by its sound; one counts as written
AT_ONCE = 4_000  # texts searched at once: what they need stays near the processor
MOST_AGENTS = 500  # whose own patterns are kept ready

_PLACE = attrgetter("start", "end")

Own = Mapping[str, Sequence[str]]
"""Slots that only one call knows: ``name`` and ``staff`` of its agent."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found in a text.

    `start` and `end` are character positions in the text; `variant` is the wording that matched, `likeness` how
    like it sounded, 0..1, and `probability` how often such a hit was really said, 0..1.
    """

    phrase: Phrase
    variant: str
    start: int
    end: int
    likeness: float
    probability: float


@dataclass(frozen=True)
class _Ready:
    """Patterns, their seeds and open names; of each its phrase's place in the file, term, and if nothing guards."""

    patterns: Patterns
    seeds: Seeds
    ranks: NDArray[np.int64]
    terms: NDArray[np.int64]
    is_sure: NDArray[np.bool_]
    names: NamePlaces

    def matches(self, texts: Passages, not_named: Sequence[str]) -> Matches:
        heard = aligned(self.patterns, candidates(self.patterns, self.seeds, texts), texts)
        return named(self.names, heard, texts, not_named)


@dataclass(frozen=True)
class Lexicon:
    """The phrases of a lexicon, ready to be matched, with the slots of one deployment filled in.

    Parameters
    ----------
    slots : mapping of str to sequence of str
        What ``{company}`` may be.
    """

    file: LexiconFile
    digest: str
    slots: Mapping[str, Sequence[str]]
    _own: dict[tuple[tuple[str, tuple[str, ...]], ...], _Ready | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def detector(self) -> str:
        """The detector whose findings it yields."""
        return self.file.detector

    @property
    def version(self) -> str:
        """Name, revision and content hash, for provenance.

        Examples
        --------
        >>> phrase = {"term": "sorry", "role": "agent", "variants": ["非常抱歉"], "tolerance": 0.15}
        >>> written = {"name": "own", "revision": 1, "detector": "own", "title": "致歉", "phrases": [phrase]}
        >>> lexicon = Lexicon(LexiconFile.model_validate(written), "0123abcd", {})
        >>> lexicon.version
        'own-1-0123abcd'
        """
        return f"{self.file.name}-{self.file.revision}-{self.digest}"

    def search(self, text: str, own: Own | None = None) -> list[Hit]:
        """The phrases in `text`, in order, the best of overlapping hits of one term only.

        Parameters
        ----------
        own : mapping of str to sequence of str, optional
            Slots that only this call knows: ``name`` and ``staff`` of its agent.

        Examples
        --------
        >>> phrase = {"term": "sorry", "role": "agent", "variants": ["非常抱歉"], "tolerance": 0.15}
        >>> written = {"name": "own", "revision": 1, "detector": "own", "title": "致歉", "phrases": [phrase]}
        >>> lexicon = Lexicon(LexiconFile.model_validate(written), "0123abcd", {})
        >>> [(hit.start, hit.end, round(hit.likeness, 2)) for hit in lexicon.search("那非常包歉啊")]
        [(1, 5, 0.99)]
        """
        return self.search_all([text], own)[0]

    def search_all(self, texts: Sequence[str], own: Own | None = None) -> list[list[Hit]]:
        """The phrases in each of `texts`, as `search` finds them; many texts at once are many times faster.

        Examples
        --------
        >>> phrase = {"term": "sorry", "role": "agent", "variants": ["非常抱歉"], "tolerance": 0.15}
        >>> written = {"name": "own", "revision": 1, "detector": "own", "title": "致歉", "phrases": [phrase]}
        >>> lexicon = Lexicon(LexiconFile.model_validate(written), "0123abcd", {})
        >>> [len(hits) for hits in lexicon.search_all(["非常抱歉，真的非常抱歉", "没事"])]
        [2, 0]
        """
        hits: list[list[Hit]] = []
        for n in range(0, len(texts), AT_ONCE):
            hits += self._found(texts[n : n + AT_ONCE], own or {})
        return hits

    def _found(self, texts: Sequence[str], own: Own) -> list[list[Hit]]:
        """The hits in a few texts."""
        passages = listen_all(texts)
        several = [ready for ready in (self._ready, self._ready_for(own)) if ready]
        lots = [_heard(ready, ready.matches(passages, self.file.not_named), passages) for ready in several]
        lots = [each for each in lots if len(each.texts)]
        hits: list[list[Hit]] = [[] for _ in texts]
        if not lots:
            return hits
        claims = joined(lots)
        claims = claims.at(unbeaten(claims, self.file.overlaps))
        for text, hit in _hits(claims):
            hits[text].append(hit)
        if not claims.is_sure.all():
            for n in np.unique(claims.texts).tolist():
                hits[n] = self.settled(hits[n], texts[n])
        return hits

    @cached_property
    def _ready(self) -> _Ready | None:
        variants = [v for phrase in self.file.phrases for v in phrase.variants]
        filled = self.slots.items() if any(map(of_the_settings, variants)) else ()
        return _ready_with(
            self.file.phrases, self._is_guarded, tuple((slot, tuple(fillings)) for slot, fillings in filled)
        )

    def _ready_for(self, own: Own) -> _Ready | None:
        key = tuple(sorted((slot, tuple(fillings)) for slot, fillings in own.items()))
        if key and key not in self._own:
            if len(self._own) >= MOST_AGENTS:
                self._own.pop(next(iter(self._own)))
            waiting = [(phrase, v) for phrase in self.file.phrases for v in phrase.variants if of_the_call(v)]
            self._own[key] = _made(self.file.phrases, self._is_guarded, waiting, {**self.slots, **own})
        return self._own.get(key)

    @cached_property
    def _is_guarded(self) -> bool:
        """Whether something can take a hit of any phrase back."""
        return bool(self.file.unless_before or self.file.unless_after)

    def settled(self, hits: list[Hit], text: str) -> list[Hit]:
        """The hits that no guard takes back, the best where several compete."""
        hits.sort(key=_PLACE)
        if all(hit.end <= following.start for hit, following in pairwise(hits)):
            return [hit for hit in hits if self._counts(hit, text)]
        kept: list[Hit] = []
        for hit in sorted(hits, key=self._rank):
            if not any(self._competes(hit, better) for better in kept) and self._counts(hit, text):
                kept.append(hit)
        return sorted(kept, key=_PLACE)

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

    def _counts(self, hit: Hit, text: str) -> bool:
        """Whether no guard near a hit takes it back, and the evidence that it needs is there."""
        phrase = hit.phrase
        if not (self._is_guarded or _has_guards(phrase)):
            return True
        if _any_in(phrase.unless_in, text[hit.start : hit.end]):
            return False
        if phrase.with_any or phrase.unless_any:
            rest = text[: hit.start] + "，" + text[hit.end :]
            if _any_in(phrase.unless_any, rest) or (phrase.with_any and not _any_in(phrase.with_any, rest)):
                return False
        guards_before = self.file.unless_before + phrase.unless_before
        guards_after = self.file.unless_after + phrase.unless_after
        before = CLAUSE_END.split(text[: hit.start])[-1][-GUARD_REACH:] if guards_before else ""
        after = CLAUSE_END.split(text[hit.end :])[0][:GUARD_REACH] if guards_after else ""
        return not _any_in(guards_before, before) and not _any_in(guards_after, after)


@lru_cache(maxsize=64)
def _ready_with(
    phrases: tuple[Phrase, ...], is_guarded: bool, slots: tuple[tuple[str, tuple[str, ...]], ...]
) -> _Ready | None:
    """All patterns of a file, made once for all deployments that fill its slots alike."""
    return _made(phrases, is_guarded, [(phrase, v) for phrase in phrases for v in phrase.variants], dict(slots))


def _made(
    phrases: tuple[Phrase, ...], is_guarded: bool, variants: list[tuple[Phrase, str]], slots: Own
) -> _Ready | None:
    patterns = compiled(variants, slots)
    if not patterns.spellings:
        return None
    places = {id(phrase): n for n, phrase in enumerate(phrases)}
    terms: dict[str, int] = {}
    numbers = [terms.setdefault(phrase.term, len(terms)) for phrase in phrases]
    ranks = np.array([places[id(spelling.phrase)] for spelling in patterns.spellings])
    sure = np.array([not (is_guarded or _has_guards(phrase)) for phrase in phrases])
    return _Ready(patterns, sown(patterns), ranks, np.array(numbers)[ranks], sure[ranks], name_places(patterns))


def _has_guards(phrase: Phrase) -> bool:
    """Whether something in its own words can take a hit of the phrase back."""
    return any((phrase.unless_before, phrase.unless_after, phrase.unless_in, phrase.unless_any, phrase.with_any))


def _any_in(wordings: Sequence[str], text: str) -> bool:
    """Whether one of the wordings stands in a text as written or, from two syllables on, as it sounds.

    One with ``^`` in front has to begin the text, one with ``$`` behind to end it.
    """
    if not text:
        return False
    if any(_stands(wording, wording.strip("^$"), text) for wording in wordings):
        return True
    folded = _folded(text)
    return any(len(sound) >= HEARD_FROM and _stands(w, sound, folded) for w in wordings if (sound := _folded(w)))


def _stands(wording: str, core: str, text: str) -> bool:
    """Whether the core of a guard stands in a text where the guard has to."""
    if wording.startswith("^"):
        return text.startswith(core)
    return text.endswith(core) if wording.endswith("$") else core in text


def _heard(ready: _Ready, matches: Matches, texts: Passages) -> Claims:
    """The matches as claims; of several spellings of a phrase at one place the likeliest, the least open."""
    patterns = ready.patterns
    likeness = 1 - matches.costs / UNIT / patterns.lengths[matches.patterns]
    num_fixed = patterns.num_fixed[matches.patterns]
    order = np.lexsort(
        (matches.patterns, -num_fixed, -likeness, matches.ends, matches.starts, patterns.phrases[matches.patterns])
    )
    places = np.stack([patterns.phrases[matches.patterns], matches.starts, matches.ends])[:, order]
    best = order[np.diff(places, prepend=-1).any(axis=0)]
    which, starts = matches.patterns[best], matches.starts[best]
    return Claims(
        spellings=patterns.spellings,
        which=which,
        texts=np.searchsorted(texts.begins, starts, "right") - 1,
        starts=texts.positions[starts].astype(np.int64),
        ends=texts.positions[matches.ends[best] - 1].astype(np.int64) + 1,
        likeness=likeness[best],
        costs=matches.costs[best],
        num_fixed=patterns.num_fixed[which],
        ranks=ready.ranks[which],
        terms=ready.terms[which],
        is_sure=ready.is_sure[which],
    )


def _hits(claims: Claims) -> Iterator[tuple[int, Hit]]:
    """The text of each claim, and it as a hit, in order of place."""
    columns = (claims.texts, claims.which, claims.starts, claims.ends, claims.likeness)
    probabilities = believed(claims.costs / UNIT, claims.num_fixed)
    for text, n, start, end, like, probability in zip(
        *(column.tolist() for column in columns), probabilities.tolist(), strict=True
    ):
        spelling = claims.spellings[n]
        yield text, Hit(spelling.phrase, spelling.variant, start, end, like, probability)


@lru_cache(maxsize=10_000)
def _folded(text: str) -> str:
    """The sounds of a text as characters, one for each, so that sounds are found in sounds like text in text."""
    return "".join(map(chr, listen(text).syllables))


def load_lexicon(path: Traversable | Path, slots: Mapping[str, Sequence[str]] | None = None) -> Lexicon:
    """The lexicon of a policy file, checked against its own examples.

    Raises
    ------
    PolicyError
        With file and line, for a field that is missing, unknown or wrong, a notation that does not close, an
        example that is not found or a counterexample that is.

    Examples
    --------
    >>> load_lexicon(files("pipeline.policy") / "lexicons" / "complaint.yaml").detector
    'complaint'
    """
    lexicon = read_lexicon(path, slots)
    file = lexicon.file
    for phrase in file.phrases:
        try:
            check_notation(phrase.variants)
        except ValueError as error:
            raise PolicyError(str(path), line_with(path, phrase.term), f"term {phrase.term}: {error}") from None
    said = [phrase for phrase in file.phrases if not all(is_closed(v, lexicon.slots) for v in phrase.variants)]
    trials = [(phrase.term, example, True) for phrase in said for example in phrase.examples]
    trials += [(phrase.term, example, False) for phrase in file.phrases for example in phrase.counterexamples]
    answers = lexicon.search_all([example for _, example, _ in trials])
    for (term, example, expected), hits in zip(trials, answers, strict=True):
        if any(hit.phrase.term == term for hit in hits) is not expected:
            problem = "is not found in its example" if expected else "is found in its counterexample"
            raise PolicyError(str(path), line_with(path, term), f"term {term} {problem} {example!r}")
    return lexicon


def read_lexicon(path: Traversable | Path, slots: Mapping[str, Sequence[str]] | None = None) -> Lexicon:
    """The lexicon of a policy file, not tried on its examples.

    Raises
    ------
    PolicyError
        With file and line, for a field that is missing, unknown or wrong.

    Examples
    --------
    >>> read_lexicon(files("pipeline.policy") / "lexicons" / "complaint.yaml").detector
    'complaint'
    """
    file, digest = load_policy(path, LexiconFile)
    return Lexicon(file, digest, slots or {})


def bundled_lexicons(slots: Mapping[str, Sequence[str]] | None = None) -> tuple[Lexicon, ...]:
    """The lexicons that come with callqa, in order of name; tests have tried them on their examples."""
    return tuple(read_lexicon(path, slots) for path in lexicon_files())


def lexicon_files() -> tuple[Traversable, ...]:
    """The files of the lexicons that come with callqa, in order of name.

    Examples
    --------
    >>> [path.name for path in lexicon_files()][:2]
    ['addressing.yaml', 'agent_event.yaml']
    """
    folder = files("pipeline.policy") / "lexicons"
    return tuple(sorted((p for p in folder.iterdir() if p.name.endswith(".yaml")), key=lambda p: p.name))


def digest_of(lexicons: Sequence[Lexicon]) -> str:
    """One short hash over the versions and slots of several lexicons, for provenance.

    Examples
    --------
    >>> phrase = {"term": "sorry", "role": "agent", "variants": ["非常抱歉"], "tolerance": 0.15}
    >>> written = {"name": "own", "revision": 1, "detector": "own", "title": "致歉", "phrases": [phrase]}
    >>> lexicon = Lexicon(LexiconFile.model_validate(written), "0123abcd", {})
    >>> len(digest_of([lexicon]))
    12
    """
    parts = [f"{lexicon.version}|{sorted(lexicon.slots.items())!r}" for lexicon in lexicons]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
