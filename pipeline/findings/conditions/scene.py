"""A call as conditions look at it: its turns, the findings so far, and the words that the conditions listen for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.findings.conditions.shapes import Condition, Keywords, Where
from pipeline.findings.finding import Finding
from pipeline.hearing import Hearing
from pipeline.hearing.turns import Role, Turn
from pipeline.hearing.zones import in_zone
from pipeline.lexicon import Hit, Lexicon, LexiconFile
from pipeline.timeline import Seconds, Span


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A place at which a condition holds.

    Parameters
    ----------
    turns : tuple of int
        The first and the last turn of it.
    wording : str
        What it was matched with: the phrase, the pattern, the sentence; what a finding says of itself.
    placed : bool
        False for what holds of the call as a whole, such as a `not`: there is nothing to listen to.
    """

    span: Span
    turns: tuple[int, int]
    role: Role
    quote: str
    wording: str
    confidence: float
    placed: bool = True

    @staticmethod
    def joined(parts: Sequence[Occurrence], confidence: float) -> Occurrence:
        """Several as one: from the first to the last, in the mouth of the last."""
        placed = sorted((part for part in parts if part.placed), key=lambda part: part.span) or list(parts)
        return Occurrence(
            Span(placed[0].span.start, max(part.span.end for part in placed)),
            (min(part.turns[0] for part in placed), max(part.turns[1] for part in placed)),
            placed[-1].role,
            " … ".join(dict.fromkeys(part.quote for part in placed if part.quote)),
            "，".join(dict.fromkeys(part.wording for part in placed if part.wording)),
            confidence,
            placed[0].placed,
        )


@dataclass(frozen=True)
class Vocabulary:
    """Every word that some conditions listen for, as one phrase list: a turn is searched once for all."""

    terms: Mapping[tuple[str, float], str]
    lexicon: Lexicon | None

    @staticmethod
    def of(conditions: Iterable[Condition], slots: Mapping[str, Sequence[str]]) -> Vocabulary:
        """The words of all `keywords` in the conditions.

        Raises
        ------
        ValueError
            If the notation of one does not close, or it holds nothing that is spoken.
        """
        leaves = [node.keywords for condition in conditions for node in condition.nodes() if node.keywords]
        words = dict.fromkeys((word, leaf.tolerance) for leaf in leaves for word in words_of(leaf))
        terms = {word: str(n) for n, word in enumerate(words)}
        if not terms:
            return Vocabulary({}, None)
        phrases = [
            {"term": term, "role": "agent", "variants": [word], "tolerance": tolerance}
            for (word, tolerance), term in terms.items()
        ]
        written = {"name": "conditions", "revision": 1, "detector": "rule", "title": "规则", "phrases": phrases}
        lexicon = Lexicon(LexiconFile.model_validate(written), "", slots)
        lexicon.search("您好")  # compiles every word, so that a wrong one is told when the file is read
        return Vocabulary(terms, lexicon)


def words_of(leaf: Keywords) -> tuple[str, ...]:
    """Every word of a leaf."""
    return (*leaf.any, *leaf.all, *leaf.none)


@dataclass(frozen=True)
class Scene:
    """One call, its findings so far, and the words heard in it."""

    hearing: Hearing
    findings: Sequence[Finding]
    vocabulary: Vocabulary

    @property
    def turns(self) -> tuple[Turn, ...]:
        """All turns, in order."""
        return self.hearing.turns

    @cached_property
    def whole(self) -> Span:
        """From the first word to the last."""
        return Span(self.turns[0].span.start, max(t.span.end for t in self.turns)) if self.turns else Span(0.0, 0.0)

    @cached_property
    def _orders(self) -> dict[int, tuple[tuple[Turn, ...], int]]:
        """The turns of the same role, and the place among them, of each turn."""
        by_role = {role: self.hearing.turns_of(role) for role in Role}
        return {turn.index: (own, order) for own in by_role.values() for order, turn in enumerate(own)}

    @cached_property
    def _heard(self) -> dict[int, dict[str, list[Hit]]]:
        """The hits in each turn by term of the vocabulary."""
        heard: dict[int, dict[str, list[Hit]]] = {turn.index: {} for turn in self.turns}
        if self.vocabulary.lexicon is None:
            return heard
        texts = [turn.text for turn in self.turns]
        found = self.vocabulary.lexicon.search_all(texts, self.hearing.call.own_slots)
        for turn, hits in zip(self.turns, found, strict=True):
            for hit in hits:
                heard[turn.index].setdefault(hit.phrase.term, []).append(hit)
        return heard

    def hits(self, turn: Turn, word: str, tolerance: float) -> list[Hit]:
        """Where a word of the vocabulary is heard in a turn."""
        return self._heard[turn.index].get(self.vocabulary.terms[word, tolerance], [])

    def turn_at(self, instant: Seconds) -> int:
        """The turn that is spoken, or was spoken last, at an instant; the first one before that."""
        begun = [turn.index for turn in self.turns if turn.span.start <= instant]
        return begun[-1] if begun else 0

    def turns_where(self, where: Where) -> Iterator[Turn]:
        """The turns of a role."""
        return (turn for turn in self.turns if where.role in (None, turn.role.value))

    def is_there(self, where: Where, turn: int, instant: Seconds, role: Role) -> bool:
        """Whether something said by `role` at an instant of a turn is where it is asked for."""
        if where.role not in (None, role.value):
            return False
        if where.zone != "anywhere":
            own, order = self._orders.get(turn, ((), 0))
            if not own or not in_zone(where.zone, own, order, instant):
                return False
        return (
            (where.first_turns is None or turn < where.first_turns)
            and (where.last_turns is None or len(self.turns) - turn <= where.last_turns)
            and (where.first_s is None or instant - self.whole.start <= where.first_s)
            and (where.last_s is None or self.whole.end - instant <= where.last_s)
        )

    def said(self, turn: Turn, start: int, end: int, wording: str, likeness: float) -> Occurrence:
        """The characters ``[start, end)`` of a turn as an occurrence."""
        quote, confidence = turn.text[start:end], turn.confidence * likeness
        span = turn.span_of(start, end)
        return Occurrence(span, (turn.index, turn.index), turn.role, quote, wording, confidence)
