"""Whether a condition of a scorecard holds of a call: yes, no, or nobody knows (Kleene's logic of three values).

What is said was searched for when the call was, and is looked up among the findings; what other items came to is
known when the call is judged, so that the two meet here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.findings.conditions import Condition
from pipeline.findings.detectors.unclear import UNCLEAR
from pipeline.findings.rulebook import CONDITION
from pipeline.scorecard.rules.verdict import Case


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of a condition.

    Parameters
    ----------
    holds : bool | None
        None where nobody knows.
    found : tuple of int
        Positions of the findings that were searched for it.
    unclear : tuple of int
        Positions of what was said and cannot be made out.
    told : tuple of str
        In Chinese, what each item that it asks for came to.
    """

    holds: bool | None
    found: tuple[int, ...] = ()
    unclear: tuple[int, ...] = ()
    told: tuple[str, ...] = ()


def truth_of(condition: Condition, case: Case) -> Truth:
    """What a call tells of a condition.

    Examples
    --------
    >>> from pipeline.findings.titles import shipped_titles
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> from pipeline.scorecard.rules.verdict import Standing
    >>> answered = {"A": Standing("应答", "not_met", "不符合")}
    >>> case = Case.of(hearing_of(["坐席：您好"]), (), shipped_titles(), answered)
    >>> asked = Condition.model_validate({"not": {"item": {"id": "A", "is": "met"}}})
    >>> truth_of(asked, case)
    Truth(holds=True, found=(), unclear=(), told=('“应答”不符合',))
    >>> truth_of(Condition.model_validate({"item": {"id": "B", "is": "met"}}), case).holds is None
    True
    """
    if condition.item is not None:
        standing = case.standing(condition.item.id)
        holds = standing.outcome in condition.item.is_ if standing.outcome else None
        return Truth(holds, told=(standing.sentence,))
    if not condition.items:
        term = term_of(condition)
        found, unclear = case.of_term(CONDITION, term), case.of_term(UNCLEAR, term)
        return Truth(None if unclear else bool(found), found, unclear)
    operator, operand = condition.operator
    parts: Sequence[Condition] = (operand,) if operator == "not_" else operand
    return _OPERATORS[operator]([truth_of(part, case) for part in parts])


def searched_of(condition: Condition) -> Iterator[tuple[str, Condition]]:
    """What of a condition is searched for in a call, each with its term: all of it, where it asks for no items.

    Examples
    --------
    >>> said, item = {"keywords": {"any": ["退款"]}}, {"item": {"id": "A", "is": "met"}}
    >>> both = Condition.model_validate({"all": [said, {"not": item}]})
    >>> [each.operator[0] for _, each in searched_of(both)]
    ['keywords']
    """
    if not condition.items:
        yield term_of(condition), condition
    elif condition.item is None:
        operator, operand = condition.operator
        for part in (operand,) if operator == "not_" else operand:
            yield from searched_of(part)


def term_of(condition: Condition | None) -> str:
    """The term of a condition that has no name: a hash of what it says, so that no other one is taken for it."""
    if condition is None:
        return ""
    written = condition.model_dump_json(by_alias=True, exclude_defaults=True)
    return hashlib.sha256(written.encode()).hexdigest()[:12]


def _all(parts: Sequence[Truth]) -> Truth:
    """One that does not hold decides it, whatever is not known of the others."""
    if failed := [part for part in parts if part.holds is False]:
        return _together(False, failed)
    return _together(None if any(part.holds is None for part in parts) else True, parts)


def _any(parts: Sequence[Truth]) -> Truth:
    """One that holds decides it, whatever is not known of the others."""
    if held := [part for part in parts if part.holds]:
        return _together(True, held)
    return _together(None if any(part.holds is None for part in parts) else False, parts)


def _not(parts: Sequence[Truth]) -> Truth:
    (one,) = parts
    return _together(None if one.holds is None else not one.holds, parts)


def _together(holds: bool | None, parts: Iterable[Truth]) -> Truth:
    told = [part for part in parts if holds is not None or part.holds is None]
    return Truth(
        holds,
        tuple(dict.fromkeys(n for part in told for n in part.found)),
        tuple(dict.fromkeys(n for part in told for n in part.unclear)),
        tuple(dict.fromkeys(each for part in told for each in part.told)),
    )


_OPERATORS: Mapping[str, Callable[[Sequence[Truth]], Truth]] = {"all": _all, "any": _any, "not_": _not}
