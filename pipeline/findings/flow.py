"""A flow (流程): steps that follow each other, with branches; which of them are missing in a call, and where.

Knows the notation and the steps found in a scene; how such a rule is named and tried is in `rulebook`.

    flow:
      when: C                                          only calls in which this holds, and what comes after it
      steps:
        - {term: soothe, title: 安抚客户, condition: C}
        - {term: collect, title: 询问情况, condition: C, when: C}           only where `when` holds
        - {when: C, then: [step, ...], otherwise: [step, ...]}              a branch
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, model_validator

from pipeline.findings.absence import USUALLY_SAID, absence
from pipeline.findings.conditions import UNKNOWN, Condition, Occurrence, Scene, occurrences
from pipeline.findings.conditions.search import is_after
from pipeline.findings.conditions.shapes import Shape
from pipeline.findings.detectors.unclear import ANYTHING, UNCLEAR
from pipeline.hearing.turns import Role
from pipeline.timeline import Span

MOST_PLACES = 40
"""Places of one step that are looked at; a step that is taken more often is taken in order somewhere among them."""


class Step(Shape):
    """One node: a condition with a name; asked only where `when` holds."""

    term: str
    title: str
    condition: Condition
    when: Condition | None = None


class Branch(Shape):
    """The steps of `then` where `when` holds, those of `otherwise` where it does not."""

    when: Condition
    then: tuple[Step | Branch, ...] = ()
    otherwise: tuple[Step | Branch, ...] = ()


class Flow(Shape):
    """Steps in the order in which they are due (in any order with ``ordered: false``), from `when` on."""

    when: Condition | None = None
    ordered: bool = True
    steps: Annotated[tuple[Step | Branch, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _distinct(self) -> Flow:
        terms = [step.term for step in self.every_step()]
        if twice := sorted({term for term in terms if terms.count(term) > 1}):
            raise ValueError(f"step {', '.join(twice)} stands twice in the flow")
        if not terms:
            raise ValueError("the flow has no step")
        return self

    def every_step(self) -> Iterator[Step]:
        """The steps of all branches."""
        return _steps(self.steps)

    def conditions(self) -> Iterator[Condition]:
        """Every condition in it."""
        yield from [self.when] if self.when else []
        yield from _conditions(self.steps)


@dataclass(frozen=True, slots=True)
class Gap:
    """A step that a call lacks, or takes out of turn.

    Parameters
    ----------
    sentence : str
        In Chinese: what is missing, and after which step it was due.
    place : Occurrence
        Where it was due, or where it was taken too early or too late.
    unsure : bool
        It may have been taken where nobody can make out what was said, or the record does not tell.
    """

    step: Step
    sentence: str
    place: Occurrence
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """A call that went through a flow: the places of the steps it took in order, and the gaps."""

    taken: tuple[Occurrence, ...]
    gaps: tuple[Gap, ...]


def pass_through(flow: Flow, title: str, scene: Scene) -> Passage | None:
    """What a call has of a flow; None where the flow is not due.

    Raises
    ------
    TimeoutError, UnknownFactError
        If nobody knows whether the flow or one of its branches is due.

    Examples
    --------
    >>> from pipeline.findings.conditions import Vocabulary
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> said = lambda *words: {"keywords": {"any": list(words)}}
    >>> steps = [("sorry", "致歉", "抱歉"), ("plan", "给方案", "安排"), ("bye", "道别", "再见")]
    >>> flow = Flow.model_validate({"when": said("投诉"), "steps": [
    ...     {"term": term, "title": title, "condition": said(word)} for term, title, word in steps]})
    >>> scene = Scene(hearing_of(["客户：我要投诉", "坐席：给您安排", "客户：好", "坐席：再见"]), (),
    ...               Vocabulary.of(flow.conditions(), {}))
    >>> [(gap.sentence, gap.place.span.start) for gap in pass_through(flow, "投诉处理", scene).gaps]
    [('流程“投诉处理”：缺“致歉”，应在客户提起之后', 1.5)]
    """
    trigger: Occurrence | None = None
    if flow.when is not None:
        due = occurrences(flow.when, scene)
        if not due:
            return None
        trigger = next((place for place in due if place.located), None)
    steps = list(_due(flow.steps, scene))
    places: list[tuple[Occurrence, ...]] = []
    unknown: dict[int, str] = {}
    for n, step in enumerate(steps):
        try:
            found = occurrences(step.condition, scene)
        except UNKNOWN as error:
            found, unknown[n] = (), str(error) or "正则表达式超时"
        places.append(tuple(one for one in found if trigger is None or _not_before(one, trigger))[:MOST_PLACES])
    taken = _in_order(places) if flow.ordered else {n: each[0] for n, each in enumerate(places) if each}
    gaps = tuple(
        _gap(n, steps, places[n], taken, trigger, f"流程“{title}”", unknown.get(n, ""), scene)
        for n in range(len(steps))
        if n not in taken
    )
    located = tuple(taken[n] for n in sorted(taken) if taken[n].located)
    return Passage(((trigger,) if trigger else ()) + located, gaps)


def _due(nodes: Sequence[Step | Branch], scene: Scene) -> Iterator[Step]:
    """The steps that a call is asked, branches chosen."""
    for node in nodes:
        if isinstance(node, Branch):
            yield from _due(node.then if occurrences(node.when, scene) else node.otherwise, scene)
        elif node.when is None or occurrences(node.when, scene):
            yield node


def _in_order(places: Sequence[Sequence[Occurrence]]) -> dict[int, Occurrence]:
    """The most steps that follow each other, each at one place; and those that have no place in time."""
    whole = {n: each[0] for n, each in enumerate(places) if each and not each[0].located}
    every = sorted(
        ((one, n) for n, each in enumerate(places) for one in each if n not in whole),
        key=lambda pair: (pair[0].span, pair[1]),
    )
    best: list[tuple[int, int | None]] = []  # length of the longest chain to here, and the one before
    for at, (one, n) in enumerate(every):
        before = [(best[k][0], -k) for k in range(at) if every[k][1] < n and _follows(one, every[k][0])]
        longest = max(before, default=(0, 1))
        best.append((longest[0] + 1, -longest[1] if before else None))
    at_last = max(range(len(best)), key=lambda k: (best[k][0], -k), default=None)
    chain = dict(whole)
    while at_last is not None:
        one, n = every[at_last]
        chain[n] = one
        at_last = best[at_last][1]
    return chain


def _follows(later: Occurrence, earlier: Occurrence) -> bool:
    """In one sentence two steps may share their words: 非常抱歉，马上安排."""
    return is_after(later, earlier) or later.span == earlier.span


def _not_before(one: Occurrence, trigger: Occurrence) -> bool:
    return not one.located or one.turns[1] >= trigger.turns[0]


def _gap(
    n: int,
    steps: Sequence[Step],
    places: Sequence[Occurrence],
    taken: dict[int, Occurrence],
    trigger: Occurrence | None,
    flow: str,
    unknown: str,
    scene: Scene,
) -> Gap:
    step = steps[n]
    if unknown:
        return Gap(step, f"{flow}：“{step.title}”无法判断：{unknown}", scene.whole(""), unsure=True)
    earlier = [k for k in taken if k < n and taken[k].located]
    after = taken[max(earlier)] if earlier else trigger
    behind = f"“{steps[max(earlier)].title}”" if earlier else "客户提起" if trigger else "开头"
    if places:
        later = min((k for k in taken if k > n and taken[k].located), default=None)
        due = f"应在“{steps[later].title}”之前" if later is not None else f"应在{behind}之后"
        return Gap(step, f"{flow}：“{step.title}”顺序不对，{due}", places[0])
    until = min((taken[k].span.start for k in taken if k > n and taken[k].located), default=scene.span.end)
    where = Span(after.span.end if after else scene.span.start, max(until, after.span.end if after else until))
    if _may_hide(where, scene):
        return Gap(step, f"{flow}：“{step.title}”没有听到，这一段转写不清", _due_at(where, scene), unsure=True)
    return Gap(step, f"{flow}：缺“{step.title}”，应在{behind}之后", _due_at(where, scene))


def _may_hide(where: Span, scene: Scene) -> bool:
    """Whether words of the agent's, or of nobody knows whom, can hardly be made out there."""
    doubts = (f for f in scene.findings if f.detector == UNCLEAR and f.term == ANYTHING)
    return any(f.role is not Role.CUSTOMER and f.span.overlap(where) > 0 for f in doubts)


def _due_at(where: Span, scene: Scene) -> Occurrence:
    """The agent's turn in which a step was due: the first that goes on in that stretch, else the last one."""
    turns = [turn for turn in scene.turns if turn.role is Role.AGENT]
    inside = [turn for turn in turns if turn.span.end > where.start]
    turn = inside[0] if inside else turns[-1] if turns else None
    sure = absence(scene.hearing.quality, USUALLY_SAID)
    if turn is None:
        return scene.whole("", sure)
    span = Span(min(max(turn.span.start, where.start), turn.span.end), turn.span.end)
    return Occurrence(span, (turn.index, turn.index), Role.AGENT, "", "", sure)


def _steps(nodes: Sequence[Step | Branch]) -> Iterator[Step]:
    for node in nodes:
        if isinstance(node, Branch):
            yield from _steps((*node.then, *node.otherwise))
        else:
            yield node


def _conditions(nodes: Sequence[Step | Branch]) -> Iterator[Condition]:
    for node in nodes:
        yield from [node.when] if node.when else []
        if isinstance(node, Branch):
            yield from _conditions((*node.then, *node.otherwise))
        else:
            yield node.condition
