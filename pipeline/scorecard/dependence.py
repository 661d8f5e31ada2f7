"""Which items of a scorecard ask for the answers of others, and the order in which a call is asked them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter

from pipeline.policy.load import Location
from pipeline.scorecard.criterion import Criterion


def answer_order(criteria: Sequence[Criterion]) -> tuple[str, ...]:
    """The ids of criteria and of their parts, each behind all that it depends on: a criterion behind its parts.

    Parameters
    ----------
    criteria : sequence of Criterion
        Such as `problem` has nothing to say of.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> answer_order([find_scorecard("kf01").criterion("KF01-10")])
    ('KF01-10-1', 'KF01-10-2', 'KF01-10')
    """
    return tuple(TopologicalSorter(_graph(criteria)).static_order())


def problem(criteria: Sequence[Criterion]) -> tuple[Location, str] | None:
    """Where and what is wrong: an item asks for one that no call is asked, or items for each other in a ring.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> problem(find_scorecard("kf01").criteria) is None
    True
    """
    ids, of_month = set(_graph(criteria)), {id for each in criteria for id in _of_month(each)}
    for item_id, location, asked in _asked(criteria):
        if asked not in ids:
            near = get_close_matches(asked, sorted(ids), n=1)
            hint = f"is it {near[0]}?" if near else "write a criterion (KF01-3) or one of its parts (KF01-7-3)"
            return location, f"{item_id} asks for the item {asked}, and there is none of that id; {hint}"
        if asked in of_month:
            return (
                location,
                f"{item_id} asks for {asked}, which has one value a month and none on a call; ask another",
            )
    try:
        TopologicalSorter(_graph(criteria)).prepare()
    except CycleError as error:
        ring = list(dict.fromkeys(error.args[1]))
        location = next(at for item_id, at, asked in _asked(criteria) if item_id in ring and asked in ring)
        told = " → ".join([*ring[::-1], ring[-1]])
        return location, f"items ask for each other in a ring ({told}); take one of these item: {{id: …}} out"
    return None


def _graph(criteria: Sequence[Criterion]) -> dict[str, tuple[str, ...]]:
    """What each id needs to be answered before it."""
    graph: dict[str, tuple[str, ...]] = {}
    for each in criteria:
        parts = {f"{each.id}-{n}": part for n, part in enumerate(each.parts, 1)}
        graph |= {id: part.rule.items() if part.rule else () for id, part in parts.items()}
        graph[each.id] = tuple(parts)
    return graph


def _asked(criteria: Sequence[Criterion]) -> Iterator[tuple[str, Location, str]]:
    """Each item that asks for another, where it does, and the id that it asks for."""
    for n, each in enumerate(criteria):
        for m, part in enumerate(each.parts):
            for asked in part.rule.items() if part.rule else ():
                yield f"{each.id}-{m + 1}", ("criteria", n, "parts", m, "rule"), asked


def _of_month(criterion: Criterion) -> Iterator[str]:
    """The ids of what a formula takes once a month, so that no call is asked it."""
    if criterion.scoring is not None:
        silent = [n for n, part in enumerate(criterion.parts, 1) if part.rule is None]
        yield from (f"{criterion.id}-{n}" for n in silent)
        if len(silent) == len(criterion.parts):
            yield criterion.id
