"""The search of a condition in a call: the places at which it holds. Combinators over the leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import Any

from pipeline.findings.absence import USUALLY_SAID, absence
from pipeline.findings.conditions import leaves, record
from pipeline.findings.conditions.scene import Occurrence, Scene, UnknownFactError
from pipeline.findings.conditions.shapes import Condition, Frequency, Near, Order, Position

UNKNOWN = (TimeoutError, UnknownFactError)


def occurrences(condition: Condition, scene: Scene) -> tuple[Occurrence, ...]:
    """The places at which a condition holds, in order of time; none when it does not.

    Raises
    ------
    TimeoutError
        If a regular expression of it takes too long.
    UnknownFactError
        If it asks for something that the record does not tell.

    Note
    ----
    `not`, and a count that allows none, hold of the call as a whole: as sure as one can be that what was not heard
    was not said. `all` yields one occurrence, from the first to the last of its parts.

    Examples
    --------
    >>> from pipeline.findings.conditions import Vocabulary
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> refund, sorry = {"keywords": {"any": ["退款"]}}, {"keywords": {"any": ["抱歉"]}}
    >>> condition = Condition.model_validate({"order": {"first": refund, "then": sorry}})
    >>> call = hearing_of(["客户：我要退款", "坐席：非常抱歉"])
    >>> [place.quote for place in occurrences(condition, Scene(call, (), Vocabulary.of([condition], {})))]
    ['退款 … 抱歉']
    """
    operator, operand = condition.operator
    places = OPERATORS[operator](operand, scene)
    return tuple(sorted(places, key=lambda one: (one.span, one.turns, one.wording)))


def is_after(later: Occurrence, earlier: Occurrence, near: Near | None = None) -> bool:
    """Whether one occurrence comes after another, and not too far from it.

    Two turns are in the order in which they begin, for people talk at the same time; so are words within one turn,
    unless the earlier ones hold the later ones.

    Parameters
    ----------
    near : Near, optional
        How far apart the two may be.

    Examples
    --------
    >>> from pipeline.hearing.turns import Role
    >>> from pipeline.timeline import Span
    >>> one = Occurrence(Span(0.0, 1.0), (0, 0), Role.AGENT, "退款", "退款", 1.0)
    >>> other = Occurrence(Span(4.0, 5.0), (2, 2), Role.CUSTOMER, "好的", "好的", 1.0)
    >>> is_after(other, one), is_after(one, other), is_after(other, one, Near(within_turns=1))
    (True, False, False)
    """
    if later is earlier or not (later.located and earlier.located):
        return False
    if later.turns[0] == earlier.turns[1]:
        if later.span.start <= earlier.span.start or later.span.end < earlier.span.end:
            return False
    elif later.span.start < earlier.span.start or later.turns[0] < earlier.turns[1]:
        return False
    if near is None:
        return True
    apart = max(0.0, later.span.start - earlier.span.end)
    return (near.within_turns is None or later.turns[0] - earlier.turns[1] <= near.within_turns) and (
        near.within_s is None or apart <= near.within_s
    )


def _whole(scene: Scene) -> Occurrence:
    return scene.whole("", absence(scene.hearing.quality, USUALLY_SAID))


def _all(parts: tuple[Condition, ...], scene: Scene) -> Iterator[Occurrence]:
    held, doubt = [], None
    for part in parts:
        try:
            places = occurrences(part, scene)
        except UNKNOWN as error:  # another part may fail, which decides it
            doubt = error
            continue
        if not places:
            return
        held.append(max(places, key=lambda one: one.confidence))
    if doubt is not None:
        raise doubt
    yield Occurrence.join(held, prod(one.confidence for one in held))


def _frequency(frequency: Frequency, scene: Scene) -> Iterator[Occurrence]:
    places = occurrences(frequency.of, scene)
    if len(places) < frequency.at_least or (frequency.at_most is not None and len(places) > frequency.at_most):
        return
    if not places:
        yield _whole(scene)
        return
    surest = sorted((one.confidence for one in places), reverse=True)[: max(1, frequency.at_least)]
    yield Occurrence.join(places, prod(surest))


def _order(order: Order, scene: Scene) -> Iterator[Occurrence]:
    firsts, thens = occurrences(order.first, scene), occurrences(order.then, scene)
    between = occurrences(order.without, scene) if order.without and firsts and thens else ()
    for first in firsts:
        then = next((one for one in thens if is_after(one, first, order)), None)
        if then is None or any(is_after(one, first) and is_after(then, one) for one in between):
            continue
        confidence = first.confidence * then.confidence
        yield Occurrence.join([first, then], confidence)


def _position(
    position: Position, scene: Scene, stands: Callable[[Occurrence, Occurrence], bool]
) -> Iterator[Occurrence]:
    anchors = occurrences(position.of, scene)
    if position.nth is not None:
        at = position.nth - 1 if position.nth > 0 else position.nth
        anchors = anchors[at : at + 1 or None]
    for one in occurrences(position.find, scene):
        if any(stands(one, of) for of in anchors):
            yield one


def _any(parts: tuple[Condition, ...], scene: Scene) -> Iterator[Occurrence]:
    doubt, held = None, False
    for part in parts:
        try:
            places = occurrences(part, scene)
        except UNKNOWN as error:  # another part may hold, which decides it
            doubt = error
            continue
        held = held or bool(places)
        yield from places
    if doubt is not None and not held:
        raise doubt


def _not(denied: Condition, scene: Scene) -> Iterator[Occurrence]:
    if not occurrences(denied, scene):
        yield _whole(scene)


def _before(position: Position, scene: Scene) -> Iterator[Occurrence]:
    return _position(position, scene, lambda one, of: is_after(of, one, position))


def _after(position: Position, scene: Scene) -> Iterator[Occurrence]:
    return _position(position, scene, lambda one, of: is_after(one, of, position))


def _around(position: Position, scene: Scene) -> Iterator[Occurrence]:
    return _position(position, scene, lambda one, of: is_after(one, of, position) or is_after(of, one, position))


OPERATORS: dict[str, Callable[[Any, Scene], Iterator[Occurrence]]] = {
    "keywords": leaves.find_keywords,
    "regex": leaves.find_patterns,
    "similar": leaves.find_similar,
    "repeats": leaves.find_echoes,
    "found": leaves.select_findings,
    "entity": leaves.find_named,
    "call": record.match_call,
    "turns": record.count_turns,
    "all": _all,
    "any": _any,
    "not_": _not,
    "count": _frequency,
    "order": _order,
    "before": _before,
    "after": _after,
    "around": _around,
}
"""How each operator is searched, by the field of `Condition` that it stands in."""
