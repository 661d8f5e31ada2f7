"""The leaves of a condition: words, patterns and sentences in the turns, and the findings of other detectors.

Knows where one leaf holds in a scene; how leaves are put together is in `search`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from math import log, prod, sqrt
from typing import TypeAlias

import regex

from pipeline.findings.conditions.scene import Occurrence, Scene, words_of
from pipeline.findings.conditions.shapes import Echo, Entity, Keywords, Lookup, Pattern, Resemblance
from pipeline.hearing.turns import Turn
from pipeline.lexicon import CLAUSE_END
from pipeline.lexicon.entities import find_entities, same_value
from pipeline.lexicon.phonetics import listen

PATTERN_TIMEOUT_S = 0.2
"""How long a regular expression may take on one turn; a turn is read in microseconds unless it backtracks."""
GRAMS = (1, 2, 3)  # syllables
LONGEST_SENTENCE = 4  # clauses that are tried together as one sentence
FUNCTION_WORDS = frozenset("的了吗呢啊吧嘛是我您你他她们这那个在就也都和跟给把被有没不要会能可以好对请嗯呃哦喂一下")

Grams: TypeAlias = Counter[tuple[int, ...]]


def find_keywords(leaf: Keywords, scene: Scene) -> Iterator[Occurrence]:
    """The places of the words: each of `any` by itself, or all that are asked of one turn, or call, as one.

    Examples
    --------
    >>> from pipeline.findings.conditions import Condition, Vocabulary
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> written = Condition.model_validate({"keywords": {"any": ["退款", "退钱"]}})
    >>> scene = Scene(hearing_of("客户：我要退款，快退钱"), (), Vocabulary.of([written], {}))
    >>> [place.quote for place in find_keywords(written.keywords, scene)]
    ['退款', '退钱']
    """
    turns = list(scene.turns_where(leaf))
    for unit in [[turn] for turn in turns] if leaf.within == "turn" else [turns]:
        places = {word: _occurrences(word, leaf, scene, unit) for word in words_of(leaf)}
        some = [word for word in leaf.any if places[word]]
        if leaf.any and len(some) < leaf.at_least:
            continue
        if not all(places[word] for word in leaf.all) or any(places[word] for word in leaf.none):
            continue
        if leaf.at_least == 1 and not leaf.all:
            yield from (one for word in some for one in places[word])
            continue
        parts = [places[word][0] for word in leaf.all]
        parts += sorted((places[word][0] for word in some), key=lambda one: -one.confidence)[: leaf.at_least]
        yield Occurrence.join(parts, prod(one.confidence for one in parts))


def _occurrences(word: str, leaf: Keywords, scene: Scene, turns: list[Turn]) -> list[Occurrence]:
    places: list[Occurrence] = []
    for turn in turns:
        for hit in scene.hits(turn, word, leaf.tolerance):
            one = scene.occurrence(turn, hit.start, hit.end, word, hit.likeness)
            if scene.is_there(leaf, turn.index, one.span.start, turn.role):
                places.append(one)
    return places


def find_patterns(leaf: Pattern, scene: Scene) -> Iterator[Occurrence]:
    """The places at which the pattern matches, except where `unless` does.

    Raises
    ------
    TimeoutError
        If the pattern takes longer than `PATTERN_TIMEOUT_S` on one turn.

    Examples
    --------
    >>> from pipeline.findings.conditions import Vocabulary
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> scene = Scene(hearing_of("坐席：三天，之内退。不用三天"), (), Vocabulary({}, None))
    >>> [place.quote for place in find_patterns(Pattern(pattern="三天(之内)?", unless="不用三天"), scene)]
    ['三天,之内']
    """
    pattern = regex.compile(leaf.pattern)
    unless = regex.compile(leaf.unless) if leaf.unless else None
    for turn in scene.turns_where(leaf):
        positions = [n for n, character in enumerate(turn.text) if character.isalnum()]
        text = "".join(turn.text[n] for n in positions)
        exceptions: list[tuple[int, int]] | None = None
        for match in pattern.finditer(text, timeout=PATTERN_TIMEOUT_S):
            start, end = match.span()
            if start == end:
                continue
            if exceptions is None:
                matches = unless.finditer(text, timeout=PATTERN_TIMEOUT_S) if unless else ()
                exceptions = [each.span() for each in matches]
            if any(s < end and start < e for s, e in exceptions):
                continue
            one = scene.occurrence(turn, positions[start], positions[end - 1] + 1, leaf.pattern, 1.0)
            if scene.is_there(leaf, turn.index, one.span.start, turn.role):
                yield one


def find_similar(leaf: Resemblance, scene: Scene) -> Iterator[Occurrence]:
    """The sentence of each turn that is most like one of those asked for, where it is like enough.

    Examples
    --------
    >>> from pipeline.findings.conditions import Vocabulary
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> scene = Scene(hearing_of("坐席：好的，给您添马烦了"), (), Vocabulary({}, None))
    >>> [place.quote for place in find_similar(Resemblance(to=("给您添麻烦了",)), scene)]
    ['给您添马烦了']
    """
    models = _models(leaf.to)
    for turn in scene.turns_where(leaf):
        best: tuple[float, int, int, str] | None = None
        for start, end, syllables in _sentences(turn.text):
            here = None
            for sentence, length, known, weights in models:
                # Neither half of a sentence nor twice as much of it is that sentence.
                if not length / 2 <= len(syllables) <= length * 2 or len(known & set(syllables)) * 2 < len(known):
                    continue
                here = here or _grams(syllables)
                likeness = _cosine(weights, here, _idf(leaf.to))
                if likeness >= leaf.at_least and (best is None or likeness > best[0]):
                    best = (likeness, start, end, sentence)
        if best is not None:
            likeness, start, end, sentence = best
            one = scene.occurrence(turn, start, end, sentence, likeness)
            if scene.is_there(leaf, turn.index, one.span.start, turn.role):
                yield one


def likeness(one: str, other: str, among: tuple[str, ...] = ()) -> float:
    """How much two sentences sound alike: cosine of TF-IDF weighted n-grams of syllables, 0..1.

    Parameters
    ----------
    among : tuple of str
        Sentences over which n-grams are counted as frequent or rare; `one` alone by default.

    Note
    ----
    The weight of an n-gram is its count times ``log((1 + n) / (1 + df)) + 1`` (smoothed idf, as in scikit-learn's
    ``TfidfVectorizer``); one that no sentence of `among` has counts as the rarest, so that what is said beside
    makes a sentence less alike.

    Examples
    --------
    >>> round(likeness("给您添麻烦了", "给您添马烦了"), 2), likeness("给您添麻烦了", "今天好冷") < 0.1
    (1.0, True)
    """
    idf = _idf(among or (one,))
    return _cosine(_grams(_syllables(one)), _grams(_syllables(other)), idf)


@lru_cache(maxsize=256)
def _models(sentences: tuple[str, ...]) -> tuple[tuple[str, int, frozenset[int], Grams], ...]:
    """Each sentence with its length, its syllables and its n-grams."""
    pairs = [(sentence, _syllables(sentence)) for sentence in sentences]
    return tuple((sentence, len(sounds), frozenset(sounds), _grams(sounds)) for sentence, sounds in pairs)


@lru_cache(maxsize=256)
def _idf(sentences: tuple[str, ...]) -> dict[tuple[int, ...] | None, float]:
    """The weight of each n-gram over some sentences; under None that of one which none of them has."""
    df = Counter(gram for sentence in sentences for gram in set(_grams(_syllables(sentence))))
    total = 1 + len(sentences)
    weights: dict[tuple[int, ...] | None, float] = {gram: log(total / (1 + n)) + 1 for gram, n in df.items()}
    return weights | {None: log(total) + 1}


def _cosine(one: Grams, other: Grams, idf: dict[tuple[int, ...] | None, float]) -> float:
    rarest = idf[None]
    left = {gram: n * idf.get(gram, rarest) for gram, n in one.items()}
    right = {gram: n * idf.get(gram, rarest) for gram, n in other.items()}
    norm = sqrt(sum(w * w for w in left.values()) * sum(w * w for w in right.values()))
    common = sum(w * right[gram] for gram, w in left.items() if gram in right)
    return min(1.0, common / norm) if norm else 0.0


def _grams(syllables: tuple[int, ...]) -> Grams:
    return Counter(syllables[n : n + size] for size in GRAMS for n in range(len(syllables) - size + 1))


@lru_cache(maxsize=4096)
def _syllables(text: str) -> tuple[int, ...]:
    """The sounds of a text, whichever characters they are written with."""
    return tuple(listen(text).syllables.tolist())


def _sentences(text: str) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """Start, end and syllables of each run of a few clauses."""
    cuts = [0, *(mark.end() for mark in CLAUSE_END.finditer(text)), len(text)]
    clauses = [(a, b) for a, b in pairwise(cuts) if text[a:b].strip()]
    sounds = [_syllables(text[a:b]) for a, b in clauses]
    for first in range(len(clauses)):
        said: tuple[int, ...] = ()
        for last in range(first, min(len(clauses), first + LONGEST_SENTENCE)):
            said += sounds[last]
            yield clauses[first][0], clauses[last][1], said


def find_echoes(leaf: Echo, scene: Scene) -> Iterator[Occurrence]:
    """The turns of one role that take up enough of what the other, or the same, said before.

    Examples
    --------
    >>> from pipeline.findings.conditions import Vocabulary
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> call = hearing_of(["客户：我家厨房水管漏水", "坐席：您说厨房水管漏水是吗"])
    >>> scene = Scene(call, (), Vocabulary({}, None))
    >>> [place.quote for place in find_echoes(Echo(role="agent", of="customer"), scene)]
    ['厨房水管漏水']
    """
    before: set[tuple[int, int]] = set()
    for turn in scene.turns:
        pairs = list(_pairs(turn.text)) if turn.role.value in (leaf.role, leaf.of) else []
        if turn.role.value == leaf.role:
            shared = [(start, end, pair) for start, end, pair in pairs if pair in before]
            if len({pair for _, _, pair in shared}) >= leaf.at_least:
                start, end = shared[0][0], max(end for _, end, _ in shared)
                one = scene.occurrence(turn, start, end, "", 1.0)
                if scene.is_there(leaf, turn.index, one.span.start, turn.role):
                    yield one
        if turn.role.value == leaf.of:
            before |= {pair for _, _, pair in pairs}


def _pairs(text: str) -> Iterator[tuple[int, int, tuple[int, int]]]:
    """Start, end and sound of two neighbouring characters, neither of them a function word."""
    sounds = listen(text)
    for n in range(len(sounds) - 1):
        start, end = int(sounds.positions[n]), int(sounds.positions[n + 1])
        if not FUNCTION_WORDS & {text[start], text[end]}:
            yield start, end + 1, (int(sounds.syllables[n]), int(sounds.syllables[n + 1]))


def find_named(leaf: Entity, scene: Scene) -> Iterator[Occurrence]:
    """The places at which a number, an amount, a day, a time or an address is said.

    Examples
    --------
    >>> from pipeline.findings.conditions import Vocabulary
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> scene = Scene(hearing_of("客户：我电话是幺三八零零幺三二二零幺"), (), Vocabulary({}, None))
    >>> [(place.quote, place.wording) for place in find_named(Entity(kind="phone"), scene)]
    [('幺三八零零幺三二二零幺', '13800132201')]
    """
    for turn in scene.turns_where(leaf):
        for each in find_entities(turn.text, leaf.kind):
            if leaf.value is not None and not same_value(leaf.kind, leaf.value, each.value):
                continue
            one = scene.occurrence(turn, each.start, each.end, each.value, 1.0)
            if scene.is_there(leaf, turn.index, one.span.start, turn.role):
                yield one


def select_findings(leaf: Lookup, scene: Scene) -> Iterator[Occurrence]:
    """The findings asked for as places; none if there are too few or too many of them.

    Examples
    --------
    >>> from pipeline.findings.conditions import Vocabulary
    >>> from pipeline.findings.finding import Finding
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> call = hearing_of("客户：我要投诉")
    >>> turn = call.turns[0]
    >>> one = Finding("", "complaint", "angry", 0, turn.role, turn.span, "我要投诉", "投诉[你们]", 1.0, "test")
    >>> scene = Scene(call, [one], Vocabulary({}, None))
    >>> [place.wording for place in select_findings(Lookup(detector="complaint"), scene)]
    ['投诉[你们]']
    """
    places: list[Occurrence] = []
    for finding in scene.findings:
        if finding.detector != leaf.detector or (leaf.terms and finding.term not in leaf.terms):
            continue
        if leaf.longer_than is not None and finding.span.duration <= leaf.longer_than:
            continue
        if not _in_bounds(finding.value, leaf):
            continue
        turn = scene.turn_at(finding.span.start) if finding.turn_index is None else finding.turn_index
        if scene.is_there(leaf, turn, finding.span.start, finding.role):
            wording = finding.value if isinstance(finding.value, str) else finding.term
            one = Occurrence(finding.span, (turn, turn), finding.role, finding.quote, wording, finding.confidence)
            places.append(one)
    if leaf.at_least <= len(places) and (leaf.at_most is None or len(places) <= leaf.at_most):
        yield from places


def _in_bounds(value: float | str | None, leaf: Lookup) -> bool:
    low, high = leaf.value_at_least, leaf.value_at_most
    if low is None and high is None:
        return True
    if not isinstance(value, int | float):
        return False
    return (low is None or value >= low) and (high is None or value <= high)
