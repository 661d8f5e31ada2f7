"""A scene: one call as conditions look at it, with its findings so far and the words that they listen for.

Knows where in the call something is, and whose it is; not what a condition makes of it.
"""

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


class UnknownFactError(LookupError):
    """Nobody knows whether a condition holds; the sentence says why, in Chinese."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A place at which a condition holds.

    Parameters
    ----------
    turns : tuple of int
        The first and the last turn of it.
    wording : str
        What it was matched with: the phrase, the pattern, the sentence; what a finding says of itself.
    located : bool
        False for what holds of the call as a whole, such as a `not`: there is nothing to listen to.
    """

    span: Span
    turns: tuple[int, int]
    role: Role
    quote: str
    wording: str
    confidence: float
    located: bool = True

    @staticmethod
    def join(parts: Sequence[Occurrence], confidence: float) -> Occurrence:
        """Several occurrences as one: from the first to the last, in the mouth of the last.

        Parameters
        ----------
        confidence : float
            Of the whole, 0..1.

        Examples
        --------
        >>> one = Occurrence(Span(0.0, 1.0), (0, 0), Role.AGENT, "退款", "退款", 1.0)
        >>> other = Occurrence(Span(4.0, 5.0), (2, 2), Role.CUSTOMER, "好的", "好的", 1.0)
        >>> both = Occurrence.join([other, one], 1.0)
        >>> both.span, both.turns, both.role.value, both.quote
        (Span(start=0.0, end=5.0), (0, 2), 'customer', '退款 … 好的')
        """
        located = sorted((part for part in parts if part.located), key=lambda part: part.span) or list(parts)
        return Occurrence(
            Span(located[0].span.start, max(part.span.end for part in located)),
            (min(part.turns[0] for part in located), max(part.turns[1] for part in located)),
            located[-1].role,
            " … ".join(dict.fromkeys(part.quote for part in located if part.quote)),
            "，".join(dict.fromkeys(part.wording for part in located if part.wording)),
            confidence,
            located[0].located,
        )


@dataclass(frozen=True)
class Vocabulary:
    """Every word that some conditions listen for, as one lexicon: a turn is searched once for all.

    `terms` has the term of each word and tolerance; there is no lexicon where there are no words.
    """

    terms: Mapping[tuple[str, float], str]
    lexicon: Lexicon | None

    @staticmethod
    def of(conditions: Iterable[Condition], slots: Mapping[str, Sequence[str]]) -> Vocabulary:
        """The words of all `keywords` in the conditions.

        Raises
        ------
        ValueError
            If the notation of one does not close, or it holds nothing that is spoken.

        Examples
        --------
        >>> said = Condition.model_validate({"keywords": {"any": ["退款", "退钱"]}})
        >>> Vocabulary.of([said], {}).terms
        {('退款', 0.1): '0', ('退钱', 0.1): '1'}
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
        file = {"name": "conditions", "revision": 1, "detector": "rule", "title": "规则", "phrases": phrases}
        lexicon = Lexicon(LexiconFile.model_validate(file), "", slots)
        lexicon.search("您好")  # compiles every word, so that a wrong one is told when the file is read
        return Vocabulary(terms, lexicon)


def words_of(leaf: Keywords) -> tuple[str, ...]:
    """Every word of a leaf: those of `any`, `all` and `none`, in this order.

    Examples
    --------
    >>> words_of(Keywords(any=("退款",), none=("登记",)))
    ('退款', '登记')
    """
    return (*leaf.any, *leaf.all, *leaf.none)


@dataclass(frozen=True)
class Scene:
    """One call, its findings so far, and the words of a vocabulary in its turns."""

    hearing: Hearing
    findings: Sequence[Finding]
    vocabulary: Vocabulary

    @property
    def turns(self) -> tuple[Turn, ...]:
        """All turns, in order."""
        return self.hearing.turns

    @cached_property
    def span(self) -> Span:
        """From the first word to the last; empty at 0 for a call without words.

        Examples
        --------
        >>> from pipeline.hearing.dialogue import hearing_of
        >>> Scene(hearing_of("坐席：您好"), (), Vocabulary({}, None)).span
        Span(start=0.0, end=0.5)
        """
        return Span(self.turns[0].span.start, max(t.span.end for t in self.turns)) if self.turns else Span(0.0, 0.0)

    @cached_property
    def _orders(self) -> dict[int, tuple[tuple[Turn, ...], int]]:
        """The turns of the same role, and the place among them, of each turn."""
        by_role = {role: self.hearing.turns_of(role) for role in Role}
        return {turn.index: (own, order) for own in by_role.values() for order, turn in enumerate(own)}

    @cached_property
    def _hits(self) -> dict[int, dict[str, list[Hit]]]:
        """The hits in each turn by term of the vocabulary."""
        hits_by_turn: dict[int, dict[str, list[Hit]]] = {turn.index: {} for turn in self.turns}
        if self.vocabulary.lexicon is None:
            return hits_by_turn
        texts = [turn.text for turn in self.turns]
        hits_of_turns = self.vocabulary.lexicon.search_all(texts, self.hearing.call.own_slots)
        for turn, hits in zip(self.turns, hits_of_turns, strict=True):
            for hit in hits:
                hits_by_turn[turn.index].setdefault(hit.phrase.term, []).append(hit)
        return hits_by_turn

    def hits(self, turn: Turn, word: str, tolerance: float) -> list[Hit]:
        """The hits of a word of the vocabulary in a turn.

        Examples
        --------
        >>> from pipeline.hearing.dialogue import hearing_of
        >>> said = Condition.model_validate({"keywords": {"any": ["退款"]}})
        >>> scene = Scene(hearing_of("客户：我要退款"), (), Vocabulary.of([said], {}))
        >>> [(hit.start, hit.end) for hit in scene.hits(scene.turns[0], "退款", 0.1)]
        [(2, 4)]
        """
        return self._hits[turn.index].get(self.vocabulary.terms[word, tolerance], [])

    def turn_at(self, instant: Seconds) -> int:
        """The index of the turn that is spoken, or was spoken last, at an instant; of the first one before that.

        Examples
        --------
        >>> from pipeline.hearing.dialogue import hearing_of
        >>> scene = Scene(hearing_of(["坐席：您好", "客户：喂"]), (), Vocabulary({}, None))
        >>> scene.turn_at(0.9), scene.turn_at(1.0)
        (0, 1)
        """
        begun = [turn.index for turn in self.turns if turn.span.start <= instant]
        return begun[-1] if begun else 0

    def turns_where(self, where: Where) -> Iterator[Turn]:
        """The turns in the mouth of the role that is asked for; all turns where none is.

        Examples
        --------
        >>> from pipeline.hearing.dialogue import hearing_of
        >>> scene = Scene(hearing_of(["坐席：您好", "客户：喂"]), (), Vocabulary({}, None))
        >>> [turn.text for turn in scene.turns_where(Where(role="customer"))]
        ['喂']
        """
        return (turn for turn in self.turns if where.role in (None, turn.role.value))

    def is_there(self, where: Where, turn: int, instant: Seconds, role: Role) -> bool:
        """Whether something said by `role` at an instant of a turn is where it is asked for.

        Parameters
        ----------
        turn : int
            Its index.

        Examples
        --------
        >>> from pipeline.hearing.dialogue import hearing_of
        >>> scene = Scene(hearing_of(["坐席：您好", "客户：喂"]), (), Vocabulary({}, None))
        >>> scene.is_there(Where(first_turns=1), 0, 0.0, Role.AGENT)
        True
        >>> scene.is_there(Where(first_turns=1), 1, 1.0, Role.CUSTOMER)
        False
        """
        if where.role not in (None, role.value):
            return False
        if where.zone != "anywhere":
            own, order = self._orders.get(turn, ((), 0))
            if not own or not in_zone(where.zone, own, order, instant):
                return False
        return (
            (where.first_turns is None or turn < where.first_turns)
            and (where.last_turns is None or len(self.turns) - turn <= where.last_turns)
            and (where.first_s is None or instant - self.span.start <= where.first_s)
            and (where.last_s is None or self.span.end - instant <= where.last_s)
        )

    def whole(self, wording: str, confidence: float = 1.0) -> Occurrence:
        """The call as a whole as an occurrence: there is nothing to listen to.

        Examples
        --------
        >>> from pipeline.hearing.dialogue import hearing_of
        >>> one = Scene(hearing_of("客户：我要退款"), (), Vocabulary({}, None)).whole("队列 售后")
        >>> one.located, one.span, one.wording
        (False, Span(start=0.0, end=1.0), '队列 售后')
        """
        last = max(0, len(self.turns) - 1)
        return Occurrence(self.span, (0, last), Role.UNKNOWN, "", wording, confidence, located=False)

    def occurrence(self, turn: Turn, start: int, end: int, wording: str, likeness: float) -> Occurrence:
        """The characters ``[start, end)`` of a turn as an occurrence, as sure as the turn's role and the likeness.

        Examples
        --------
        >>> from pipeline.hearing.dialogue import hearing_of
        >>> scene = Scene(hearing_of("客户：我要退款"), (), Vocabulary({}, None))
        >>> one = scene.occurrence(scene.turns[0], 2, 4, "退款", 0.9)
        >>> one.quote, one.span, one.confidence
        ('退款', Span(start=0.5, end=1.0), 0.9)
        """
        quote, confidence = turn.text[start:end], turn.confidence * likeness
        span = turn.span_of(start, end)
        return Occurrence(span, (turn.index, turn.index), turn.role, quote, wording, confidence)
