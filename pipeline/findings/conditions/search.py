"""What a condition yields on a call: the places at which it holds, or none. Combinators over the leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import Any

from pipeline.findings.conditions import leaves
from pipeline.findings.conditions.scene import Occurrence, Scene
from pipeline.findings.conditions.shapes import Condition, Counted, Near, Order, Placed
from pipeline.findings.silence import USUALLY_SAID, silent
from pipeline.hearing.turns import Role


def occurrences(condition: Condition, scene: Scene) -> tuple[Occurrence, ...]:
    """The places at which a condition holds, in order of time; none when it does not.

    Raises
    ------
    TimeoutError
        If a regular expression of it takes too long.

    Note
    ----
    `not`, and a count that allows none, hold of the call as a whole: as sure as one can be that what was not heard
    was not said. `all` yields one occurrence, from the first to the last of its parts.
    """
    operator, written = condition.operator
    found = OPERATORS[operator](written, scene)
    return tuple(sorted(found, key=lambda one: (one.span, one.turns, one.wording)))


def is_after(later: Occurrence, earlier: Occurrence, near: Near | None = None) -> bool:
    """Whether one occurrence comes after another, and not too far from it.

    Two turns are in the order in which they begin, for people talk at the same time; so are words within one turn,
    unless the earlier ones hold the later ones.
    """
    if later is earlier or not (later.placed and earlier.placed):
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
    last = len(scene.turns) - 1
    confidence = silent(scene.hearing.quality, USUALLY_SAID)
    return Occurrence(scene.whole, (0, max(0, last)), Role.UNKNOWN, "", "", confidence, placed=False)


def _all(parts: tuple[Condition, ...], scene: Scene) -> Iterator[Occurrence]:
    held = []
    for part in parts:
        if not (places := occurrences(part, scene)):
            return
        held.append(max(places, key=lambda one: one.confidence))
    yield Occurrence.joined(held, prod(one.confidence for one in held))


def _counted(counted: Counted, scene: Scene) -> Iterator[Occurrence]:
    places = occurrences(counted.of, scene)
    if len(places) < counted.at_least or (counted.at_most is not None and len(places) > counted.at_most):
        return
    if not places:
        yield _whole(scene)
        return
    surest = sorted((one.confidence for one in places), reverse=True)[: max(1, counted.at_least)]
    yield Occurrence.joined(places, prod(surest))


def _ordered(order: Order, scene: Scene) -> Iterator[Occurrence]:
    firsts, thens = occurrences(order.first, scene), occurrences(order.then, scene)
    between = occurrences(order.without, scene) if order.without and firsts and thens else ()
    for first in firsts:
        then = next((one for one in thens if is_after(one, first, order)), None)
        if then is None or any(is_after(one, first) and is_after(then, one) for one in between):
            continue
        confidence = first.confidence * then.confidence
        yield Occurrence.joined([first, then], confidence)


def _placed(placed: Placed, scene: Scene, stands: Callable[[Occurrence, Occurrence], bool]) -> Iterator[Occurrence]:
    anchors = occurrences(placed.of, scene)
    if placed.nth is not None:
        at = placed.nth - 1 if placed.nth > 0 else placed.nth
        anchors = anchors[at : at + 1 or None]
    for one in occurrences(placed.find, scene):
        if any(stands(one, of) for of in anchors):
            yield one


def _any(parts: tuple[Condition, ...], scene: Scene) -> Iterator[Occurrence]:
    for part in parts:
        yield from occurrences(part, scene)


def _not(denied: Condition, scene: Scene) -> Iterator[Occurrence]:
    if not occurrences(denied, scene):
        yield _whole(scene)


def _before(placed: Placed, scene: Scene) -> Iterator[Occurrence]:
    return _placed(placed, scene, lambda one, of: is_after(of, one, placed))


def _after(placed: Placed, scene: Scene) -> Iterator[Occurrence]:
    return _placed(placed, scene, lambda one, of: is_after(one, of, placed))


def _around(placed: Placed, scene: Scene) -> Iterator[Occurrence]:
    return _placed(placed, scene, lambda one, of: is_after(one, of, placed) or is_after(of, one, placed))


OPERATORS: dict[str, Callable[[Any, Scene], Iterator[Occurrence]]] = {
    "keywords": leaves.keywords,
    "regex": leaves.patterns,
    "similar": leaves.similar,
    "repeats": leaves.repeats,
    "found": leaves.found,
    "all": _all,
    "any": _any,
    "not_": _not,
    "count": _counted,
    "order": _ordered,
    "before": _before,
    "after": _after,
    "around": _around,
}
"""How each operator is searched, by the field of `Condition` that it stands in."""
