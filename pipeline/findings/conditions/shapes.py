"""The notation of a condition: a tree of what is said, what was found, and how the two are put together.

Knows the notation and its checks; what a condition yields on a call is in `search`.

    keywords: {any: [...], all: [...], none: [...], at_least: 2}     words, as a recogniser may have heard them
    regex: {pattern: ..., unless: ...}                               a pattern, and one that takes it back
    similar: {to: [...], at_least: 0.8}                              a sentence that sounds much like one of these
    repeats: {role: agent, of: customer, at_least: 3}                what the other one said, said again
    found: {detector: complaint, terms: [...]}                       what another detector found
    entity: {kind: phone, role: agent}                               a number, amount, day, time or address said
    call: {queue: 售后, duration_s: {at_least: 30}, hour: {from: 21, to: 7}, parameters: {渠道: 微信}}   the record
    turns: {role: agent, at_least: 3}                                how many turns there are
    item: {id: KF01-3, is: not_met}                                  what another item of the same call came to
    all: [C, C]    any: [C, C]    not: C                             and, or, not
    count: {of: C, at_least: 2, at_most: 5}                          how often
    order: {first: C, then: C, without: C, within_turns: 3}          one after another, no third between them
    before | after | around: {find: C, of: C, within_s: 30}          one that stands so to another
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, TypeAlias

import regex
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from pipeline.hearing.zones import End, Zone
from pipeline.lexicon.entities import Kind

Speaker: TypeAlias = Literal["agent", "customer"]
Texts: TypeAlias = Annotated[tuple[str, ...], Field(min_length=1)]
Count: TypeAlias = Annotated[int, Field(ge=0)]


class Shape(BaseModel):
    """A part of a condition: unknown keys are refused, nothing is changed after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=True)


class Where(Shape):
    """In whose mouth, and where in the call.

    Parameters
    ----------
    zone : str
        ``opening`` or ``closing`` of one role's turns, as in the lexicons.
    first_turns, last_turns : int | None
        Only so many turns, of both roles, from the beginning or the end of the call.
    first_s, last_s : float | None
        Only so many seconds after the first word, or before the last.
    """

    role: Speaker | None = None
    zone: Zone = "anywhere"
    first_turns: Annotated[int, Field(ge=1)] | None = None
    last_turns: Annotated[int, Field(ge=1)] | None = None
    first_s: Annotated[float, Field(gt=0)] | None = None
    last_s: Annotated[float, Field(gt=0)] | None = None

    @property
    def ends(self) -> frozenset[End]:
        """The ends of a call that it asks for; none where it asks for neither."""
        opening = self.zone == "opening" or self.first_turns or self.first_s
        closing = self.zone == "closing" or self.last_turns or self.last_s
        asked: tuple[tuple[End, object], ...] = (("opening", opening), ("closing", closing))
        return frozenset(end for end, is_asked in asked if is_asked)


class Keywords(Where):
    """Words in one turn, or in the whole call: matched by sound, in the notation of the lexicons.

    Every one of `all`, at least `at_least` different ones of `any`, and none of `none`.
    """

    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    at_least: Annotated[int, Field(ge=1)] = 1
    within: Literal["turn", "call"] = "turn"
    tolerance: Annotated[float, Field(ge=0, le=0.5)] = 0.1

    @model_validator(mode="after")
    def _something(self) -> Keywords:
        if not (self.any or self.all):
            raise ValueError("keywords needs any or all; for words that must not be there write not")
        if self.any and self.at_least > len(self.any):
            raise ValueError(f"at_least {self.at_least} of {len(self.any)} words can never be")
        return self


class Pattern(Where):
    """A regular expression on the text of a turn without punctuation and blanks.

    A hit that overlaps one of `unless` in the same turn does not count.
    """

    pattern: str
    unless: str = ""

    @field_validator("pattern", "unless")
    @classmethod
    def _compiles(cls, written: str) -> str:
        try:
            regex.compile(written)
        except regex.error as error:
            raise ValueError(f"{written!r} is not a regular expression: {error}") from None
        return written

    @model_validator(mode="after")
    def _finds_something(self) -> Pattern:
        if regex.compile(self.pattern).match("") is not None:
            raise ValueError(f"{self.pattern!r} matches an empty text, so it would be found everywhere")
        return self


class Resemblance(Where):
    """A sentence that sounds like one of `to`: cosine of n-grams of syllables, 0..1."""

    to: Texts
    at_least: Annotated[float, Field(gt=0, le=1)] = 0.8


class Echo(Where):
    """A turn that takes up what `of` said before: so many pairs of neighbouring syllables in common.

    Pairs with a function word (的、了、您 …) do not count.
    """

    role: Speaker
    of: Speaker
    at_least: Annotated[int, Field(ge=1)] = 3


class Lookup(Where):
    """Findings of another detector: of some terms, so long, of such a value, so many of them.

    `value_at_least` and `value_at_most` are for quantities (rings, characters a second); `longer_than` in seconds.
    """

    detector: str
    terms: tuple[str, ...] = ()
    longer_than: Annotated[float, Field(ge=0)] | None = None
    value_at_least: float | None = None
    value_at_most: float | None = None
    at_least: Annotated[int, Field(ge=1)] = 1
    at_most: Annotated[int, Field(ge=1)] | None = None


class Entity(Where):
    """A telephone number, an amount of money, a day, a time of day or an address, in digits or in words.

    `value` asks for that very one, in any spelling.
    """

    kind: Kind
    value: str | None = None


class Bounds(Shape):
    """A quantity from `at_least` to `at_most`, both included."""

    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _possible(self) -> Bounds:
        if self.at_least is None and self.at_most is None:
            raise ValueError("write at_least or at_most")
        if self.at_least is not None and self.at_most is not None and self.at_most < self.at_least:
            raise ValueError(f"at_least {self.at_least:g} and at_most {self.at_most:g} leave nothing")
        return self

    def holds(self, value: float) -> bool:
        """Whether a value is one of these.

        Examples
        --------
        >>> Bounds(at_least=30).holds(30), Bounds(at_least=30, at_most=60).holds(60.5)
        (True, False)
        """
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)


class Hours(Shape):
    """Hours of the clock in Asia/Shanghai, from `from` to before `to`; past midnight where `to` is less."""

    from_: Annotated[int, Field(ge=0, le=23, alias="from")]
    to: Annotated[int, Field(ge=0, le=24)]

    def holds(self, hour: int) -> bool:
        """Whether an hour, 0..23, is one of these.

        Examples
        --------
        >>> night = Hours.model_validate({"from": 21, "to": 7})
        >>> night.holds(23), night.holds(6), night.holds(7)
        (True, True, False)
        """
        if self.from_ < self.to:
            return self.from_ <= hour < self.to
        return hour >= self.from_ or hour < self.to


def _several(written: object) -> object:
    return (written,) if isinstance(written, str) else written


Names: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(_several)]
"""One text or several of which one is meant."""


class OfCall(Shape):
    """What the record of the call says, all of it; holds of the call as a whole.

    Parameters
    ----------
    queue, agent : tuple of str
        One of these.
    duration_s : Bounds | None
        Seconds from the answer to the end; the length of the recording where the record does not tell.
    ring_s : Bounds | None
        Seconds from ring to answer.
    hour : Hours | None
        In which the call began.
    parameters : mapping
        Other columns of the record (随录参数), by their titles: one of some texts, or a number within bounds.
    """

    queue: Names = ()
    agent: Names = ()
    direction: Literal["inbound", "outbound"] | None = None
    hangup_by: Speaker | None = None
    duration_s: Bounds | None = None
    ring_s: Bounds | None = None
    hour: Hours | None = None
    parameters: Mapping[str, Bounds | Names] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _something(self) -> OfCall:
        if not any(getattr(self, name) for name in type(self).model_fields):
            raise ValueError(f"call needs one of {', '.join(type(self).model_fields)}")
        return self


class Turns(Bounds):
    """How many turns `role`, or both together, have in the call."""

    role: Speaker | None = None


class OfItem(Shape):
    """What another item, or criterion, of the scorecard came to on the same call; only a scorecard asks it.

    Parameters
    ----------
    id : str
        ``KF01-3`` a criterion, ``KF01-7-3`` its third part.
    is_ : tuple of str
        One of these.
    """

    id: Annotated[str, Field(min_length=1)]
    is_: Annotated[
        tuple[Literal["met", "partly_met", "not_met", "not_applicable"], ...],
        BeforeValidator(_several),
        Field(min_length=1, alias="is"),
    ]


class Near(Shape):
    """How far two things may lie apart: turns, of both roles, and seconds from the end of one to the other."""

    within_turns: Annotated[int, Field(ge=0)] | None = None
    within_s: Annotated[float, Field(ge=0)] | None = None


class Frequency(Shape):
    """How often a condition holds in the call."""

    of: Condition
    at_least: Count = 1
    at_most: Count | None = None

    @model_validator(mode="after")
    def _possible(self) -> Frequency:
        _refuse_items("count", self.of)
        if self.at_most is not None and self.at_most < self.at_least:
            raise ValueError(f"at_least {self.at_least} and at_most {self.at_most} leave nothing")
        return self


class Order(Near):
    """`then` after `first`, the next one, and nothing of `without` between the two."""

    first: Condition
    then: Condition
    without: Condition | None = None

    @model_validator(mode="after")
    def _placed(self) -> Order:
        _refuse_unplaced("order", self.first, self.then, self.without)
        return self


class Position(Near):
    """The occurrences of `find` that lie before, after or around one of `of`.

    `nth` names one of `of`: 1 the first, -1 the last; None for any of them.
    """

    find: Condition
    of: Condition
    nth: int | None = None

    @model_validator(mode="after")
    def _counts_from_one(self) -> Position:
        if self.nth == 0:
            raise ValueError("nth counts from 1; -1 is the last one")
        _refuse_unplaced("before, after and around", self.find, self.of)
        return self


class Condition(Shape):
    """One node of the tree: exactly one operator."""

    keywords: Keywords | None = None
    regex: Pattern | None = None
    similar: Resemblance | None = None
    repeats: Echo | None = None
    found: Lookup | None = None
    entity: Entity | None = None
    call: OfCall | None = None
    turns: Turns | None = None
    item: OfItem | None = None
    all: Annotated[tuple[Condition, ...], Field(min_length=1)] | None = None
    any: Annotated[tuple[Condition, ...], Field(min_length=1)] | None = None
    not_: Condition | None = Field(default=None, alias="not")
    count: Frequency | None = None
    order: Order | None = None
    before: Position | None = None
    after: Position | None = None
    around: Position | None = None

    @model_validator(mode="after")
    def _one_operator(self) -> Condition:
        operators = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(operators) != 1:
            known = ", ".join(name.rstrip("_") for name in type(self).model_fields)
            raise ValueError(f"a condition has exactly one of {known}; here are {', '.join(operators) or 'none'}")
        return self

    @property
    def operator(self) -> tuple[str, Any]:
        """The name of the field that is written, and what stands in it.

        Examples
        --------
        >>> Condition.model_validate({"not": {"keywords": {"any": ["退款"]}}}).operator[0]
        'not_'
        """
        return next((name, value) for name, value in self if value is not None)

    def nodes(self) -> Iterator[Condition]:
        """The condition itself and every one inside it.

        Examples
        --------
        >>> said = {"keywords": {"any": ["退款"]}}
        >>> [node.operator[0] for node in Condition.model_validate({"any": [said, {"not": said}]}).nodes()]
        ['any', 'keywords', 'not_', 'keywords']
        """
        yield self
        parts = (self.count, self.order, self.before, self.after, self.around)
        inside = [*(self.all or ()), *(self.any or ()), self.not_]
        inside += [self.count.of] if self.count else []
        inside += [self.order.first, self.order.then, self.order.without] if self.order else []
        inside += [one for part in parts[2:] if isinstance(part, Position) for one in (part.find, part.of)]
        for one in inside:
            if one is not None:
                yield from one.nodes()

    @property
    def items(self) -> tuple[str, ...]:
        """The ids of the items whose answers it asks for."""
        return tuple(dict.fromkeys(node.item.id for node in self.nodes() if node.item))

    @property
    def ends(self) -> frozenset[End]:
        """The ends of a call that parts of it ask for; none where none does.

        Examples
        --------
        >>> bye = {"keywords": {"any": ["再见"], "last_turns": 3}}
        >>> sorted(Condition.model_validate({"not": bye}).ends)
        ['closing']
        """
        leaves = (node.operator[1] for node in self.nodes())
        return frozenset(end for leaf in leaves if isinstance(leaf, Where) for end in leaf.ends)


UNPLACED = ("call", "turns", "item")
"""What holds of a call as a whole, so that nothing stands before or after it."""


def _refuse_unplaced(operator: str, *parts: Condition | None) -> None:
    for part in parts:
        if part is not None and part.operator[0] in UNPLACED:
            name = part.operator[0]
            raise ValueError(f"{name} holds of the call as a whole; put it beside {operator}, in all: [...]")
        _refuse_items(operator, part)


def _refuse_items(operator: str, part: Condition | None) -> None:
    """The answer to an item is known when the words were searched: it stands in no operator that searches them."""
    if part is not None and part.items:
        raise ValueError(f"item stands in all, any and not alone; put it beside {operator}, in all: [...]")
