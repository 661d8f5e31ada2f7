"""One criterion of one call answered: its items by rules and by people, and the points that follow.

Knows items, verdicts and levels; not the call as a whole, nor an auto-fail (`evaluation`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import fsum, prod

from pipeline.evaluation.answer import Answer, ItemAnswer, Outcome, Override, Source
from pipeline.scorecard import CallCriterion, Item, Scorecard
from pipeline.scorecard.rules import PLEASE_LISTEN, Case, Standing, Verdict
from pipeline.tally import NOTHING, Tally

Answered = Sequence[tuple[Item, ItemAnswer]]


def answer_criteria(case: Case, scorecard: Scorecard, overrides: Mapping[str, Override]) -> tuple[Answer, ...]:
    """The answers of a call to all criteria, in the order of the scorecard, by rules and, over them, people.

    Parameters
    ----------
    overrides : mapping
        What people decided, by item or criterion. The answer to a criterion with parts stands for the items that
        the call answers by itself; where there are none, for all.

    Note
    ----
    Points of what rules decide are in `Answer.tally`; points of what only a person can say are in `Answer.given`,
    because the month takes the one from every call and the other from those that somebody listened to.

    An item that asks for the answers of others is asked after them, so that what people say of those counts in it.
    """
    standings: dict[str, Standing] = {}
    case = replace(case, standings=standings)
    items: dict[str, ItemAnswer] = {}
    answers: dict[str, Answer] = {}
    for id in scorecard.answer_order:
        question = scorecard.call_criterion(id)
        if question is None:
            continue
        item, whole = question.item(id), overrides.get(question.criterion.id) if question.criterion.parts else None
        if item is not None:
            counts = any(each.counts for each in question.items)
            items[id] = _answer_item(item, case, scorecard, overrides.get(id) or (None if counts else whole))
            by_whole = whole if item.counts and id not in overrides else None
            standings[id] = _standing_of_item(question, item, items[id], by_whole)
        if id == question.criterion.id:
            own = tuple(items[each.id] for each in question.items)
            answers[id] = _answer_criterion(question, own, scorecard, whole)
            if item is None:
                standings[id] = _standing(question, answers[id], scorecard, whole)
    return tuple(answers[question.criterion.id] for question in scorecard.call_criteria)


def _standing_of_item(question: CallCriterion, item: Item, said: ItemAnswer, whole: Override | None) -> Standing:
    """What an item came to.

    Of several items that a person answered as one, each was met where that was; of less nobody knows which was not.
    """
    outcome, why = said.outcome, Outcome.NEEDS_PERSON.title if said.source == "suggestion" else ""
    if whole is not None:
        outcome = whole.outcome
        if len(question.items) > 1 and outcome in (Outcome.PARTLY_MET, Outcome.NOT_MET):
            why = f"人工只评了“{question.criterion.title}”整项"
    return _stands(item.title, outcome, why, 1.0 if whole else said.confidence)


def _standing(question: CallCriterion, answer: Answer, scorecard: Scorecard, whole: Override | None) -> Standing:
    """What a criterion of several items came to; undecided while one of them is, unless the others decide it."""
    outcome, why = answer.outcome, ""
    waits = [each for each in answer.items if each.source == "suggestion" or not _is_known(each)]
    decided = question.criterion.scoring is not None and outcome is Outcome.NOT_MET
    if waits and whole is None and not decided:
        why = Outcome.NEEDS_PERSON.title if waits[0].source == "suggestion" else waits[0].outcome.title
    elif whole is None and question.items and question.criterion.scoring is None:
        _, worth = _level_of(question, list(zip(question.items, answer.items, strict=True)), scorecard)
        outcome = Outcome.NOT_APPLICABLE if worth is None else Outcome.of_share(worth)
    return _stands(question.criterion.title, outcome, why, answer.confidence)


def _stands(title: str, outcome: Outcome, why: str, confidence: float) -> Standing:
    """A standing; `why` says what a decision waits for, where it does."""
    if not why and (outcome.decided or outcome is Outcome.NOT_APPLICABLE):
        return Standing(title, outcome.value, outcome.title, confidence)
    return Standing(title, "", f"还没有结论（{why or outcome.title}）")


def _answer_criterion(
    question: CallCriterion, own: tuple[ItemAnswer, ...], scorecard: Scorecard, whole: Override | None
) -> Answer:
    """The answer to one criterion by those to its items, and what a person said of it as a whole."""
    criterion = question.criterion
    if not question.items:
        note = (criterion.note,) if criterion.note else ()
        return Answer(criterion.id, Outcome.left_to(question.source), None, NOTHING, (), note)
    pairs = list(zip(question.items, own, strict=True))
    counting = [pair for pair in pairs if pair[0].counts]
    if criterion.scoring is not None:
        return _without_points(question, own, counting or pairs, whole)
    answer = _by_rules(question, counting, scorecard) if counting else _left_to_people(question, pairs, scorecard)
    answer = replace(answer, items=own)
    if whole is not None and counting:
        answer = _overridden(question, answer, whole, scorecard)
    if given := [pair for pair in pairs if _is_given(*pair)]:
        reasons = (*answer.reasons, *((whole.reason,) if whole and not counting else _reasons(given)))
        answer = replace(answer, given=points_of_items(question, given, scorecard), reasons=reasons)
    return answer


def points_of_items(question: CallCriterion, answered: Answered, scorecard: Scorecard) -> Tally:
    """The points of some items of a criterion, out of those that they can have.

    What does not apply leaves its points to the other items; what cannot be made out takes them with it.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> card = find_scorecard("kf02")
    >>> question = card.call_criterion("KF02-6")  # two of 5 points
    >>> said = [ItemAnswer(item.id, Outcome.PARTLY_MET, level="基本符合", share=0.8) for item in question.items]
    >>> points_of_items(question, list(zip(question.items, said)), card)
    Tally(awarded=8.0, possible=10.0)
    """
    return _points(question, answered, _level_of(question, answered, scorecard)[1])


def _points(question: CallCriterion, answered: Answered, worth: float | None) -> Tally:
    """The points of some items, by the share of them that they earn together."""
    if worth is None:
        return NOTHING
    possible = question.points * fsum(item.weight for item, each in answered if _is_known(each))
    return Tally(possible * worth, 0.0 if question.criterion.bonus else possible)


def _level_of(question: CallCriterion, answered: Answered, scorecard: Scorecard) -> tuple[str | None, float | None]:
    """The level of some items together, where the criterion has one, and the share of the points that they earn."""
    decided = [(item.weight, each) for item, each in answered if each.share is not None]
    if not decided:
        return None, None
    full = fsum(weight for weight, _ in decided)
    if question.criterion.graded == "parts":
        return None, fsum(weight * _worth(scorecard, each) for weight, each in decided) / full
    given = {each.level for _, each in decided}
    if len(given) == 1 and (level := given.pop()) is not None:
        return level, dict(scorecard.levels)[level]
    return scorecard.level(fsum(weight * (each.share or 0.0) for weight, each in decided) / full)


def _is_known(each: ItemAnswer) -> bool:
    """Whether it is known of an item how much was met, or that it does not apply."""
    return each.share is not None or each.outcome is Outcome.NOT_APPLICABLE


def _worth(scorecard: Scorecard, each: ItemAnswer) -> float:
    """The share of an item's points: of the level that a person gave, else of the level of what was met."""
    if each.level is not None:
        return dict(scorecard.levels)[each.level]
    if each.source == "person":
        return each.share or 0.0
    return scorecard.level(each.share or 0.0)[1]


def _reasons(answered: Answered) -> tuple[str, ...]:
    return tuple(reason for _, each in answered for reason in each.reasons)


def _is_given(item: Item, each: ItemAnswer) -> bool:
    return not item.counts and each.source == "person"


def _answer_item(item: Item, case: Case, scorecard: Scorecard, override: Override | None) -> ItemAnswer:
    machine = _by_machine(item, case)
    if override is None:
        return machine
    share: float | None = None
    if override.outcome is not Outcome.NOT_APPLICABLE:
        levels = dict(scorecard.levels)
        by_outcome = {Outcome.MET: 1.0, Outcome.NOT_MET: 0.0}.get(override.outcome)
        share = levels[override.level] if override.level else override.share if by_outcome is None else by_outcome
    reasons = (f"{item.title}：{override.reason}",) if override.reason else ()
    return ItemAnswer(item.id, override.outcome, share, override.level, machine.findings, reasons, "person")


def _by_machine(item: Item, case: Case) -> ItemAnswer:
    """What the rule of an item says; what is left to others where it has none."""
    if item.rule is None:
        return ItemAnswer(item.id, Outcome.left_to(item.source))
    verdict = item.rule.decide(item.title, replace(case, item=item.id))
    waits = item.needs_person == "hits" or case.hearing.undivided  # it may have been another agent
    if waits and verdict.share is not None and verdict.share < 1.0:
        verdict = _held(item, verdict)
    if verdict.share is not None:
        outcome = Outcome.of_share(verdict.share)
    else:
        outcome = Outcome.UNSURE if verdict.unsure else Outcome.NOT_APPLICABLE
    source: Source = "machine" if item.counts else "suggestion"
    return ItemAnswer(
        item.id, outcome, verdict.share, None, verdict.evidence, verdict.reasons, source, verdict.confidence
    )


def _held(item: Item, verdict: Verdict) -> Verdict:
    """The verdict that something was not met, held back until a person has said so."""
    why = verdict.reasons or (f"{item.title}：未做到",)
    reasons = tuple(f"{each}，{PLEASE_LISTEN}后才计" for each in why)
    return Verdict(None, verdict.evidence, reasons, 1.0, unsure=True)


def _by_rules(question: CallCriterion, counting: Answered, scorecard: Scorecard) -> Answer:
    """The answer of what the call answers by itself."""
    evidence, reasons, confidence, source = _together(counting)
    level, worth = _level_of(question, counting, scorecard)
    if worth is None:
        return Answer(question.criterion.id, _undecided(counting), None, NOTHING, evidence, reasons, source)
    tally, outcome = _points(question, counting, worth), Outcome.of_share(worth)
    return Answer(question.criterion.id, outcome, level, tally, evidence, reasons, source, confidence)


def _left_to_people(question: CallCriterion, pairs: Answered, scorecard: Scorecard) -> Answer:
    """The answer to a criterion of which the call by itself decides nothing."""
    criterion_id, note = question.criterion.id, question.criterion.note
    given = [pair for pair in pairs if _is_given(*pair)]
    evidence = tuple(dict.fromkeys(n for _, each in pairs for n in each.findings))
    if not given:
        outcome = Outcome.left_to(question.source)
        return Answer(criterion_id, outcome, None, NOTHING, evidence, (note,) if note else ())
    level, worth = _level_of(question, given, scorecard)
    outcome = Outcome.NOT_APPLICABLE if worth is None else Outcome.of_share(worth)
    return Answer(criterion_id, outcome, level, NOTHING, evidence, (), "person")


def _without_points(
    question: CallCriterion, own: tuple[ItemAnswer, ...], asked: Answered, whole: Override | None
) -> Answer:
    """The answer to a criterion whose points a formula gives once a month: met, not met, or neither."""
    evidence, reasons, confidence, source = _together(asked)
    outcome = _met_or_not(question, asked)
    answer = Answer(question.criterion.id, outcome, None, NOTHING, evidence, reasons, source, confidence, own)
    return answer if whole is None else _by_person(answer, whole)


def _met_or_not(question: CallCriterion, asked: Answered) -> Outcome:
    """One item that is not met is enough for "not met"; all that were made out are not enough for "met"."""
    said = [each for _, each in asked if each.source != "suggestion"]
    shares = [each.share for each in said if each.share is not None]
    if any(share < 1.0 for share in shares):
        return Outcome.NOT_MET
    if any(each.source == "suggestion" for _, each in asked):
        return Outcome.left_to(question.source)
    if any(each.outcome is Outcome.UNSURE for each in said):
        return Outcome.UNSURE
    return Outcome.MET if shares else _undecided(asked)


def _undecided(asked: Answered) -> Outcome:
    unsure = any(each.outcome is Outcome.UNSURE for _, each in asked)
    return Outcome.UNSURE if unsure else Outcome.NOT_APPLICABLE


def _together(asked: Answered) -> tuple[tuple[int, ...], tuple[str, ...], float, str]:
    """Evidence, reasons, confidence and source of several items together."""
    evidence = tuple(dict.fromkeys(n for _, each in asked for n in each.findings))
    reasons = tuple(reason for _, each in asked if each.source != "suggestion" for reason in each.reasons)
    confidence = prod(each.confidence for _, each in asked)
    source = "person" if any(each.source == "person" for _, each in asked) else "machine"
    return evidence, reasons, confidence, source


def _overridden(question: CallCriterion, machine: Answer, whole: Override, scorecard: Scorecard) -> Answer:
    """The person's answer to the criterion, with the points that its rules could have given."""
    answer = _by_person(machine, whole)
    if whole.outcome is Outcome.NOT_APPLICABLE:
        return answer
    worth = dict(scorecard.levels)[whole.level] if whole.level else whole.share or 0.0
    tally = Tally(question.stake * worth, 0.0 if question.criterion.bonus else question.stake)
    return replace(answer, level=whole.level, tally=tally)


def _by_person(machine: Answer, whole: Override) -> Answer:
    agrees = whole.outcome is machine.outcome and whole.level == machine.level
    return replace(
        machine,
        outcome=whole.outcome,
        level=None,
        tally=NOTHING,
        reasons=(whole.reason, *(machine.reasons if agrees else ())),
        source="person",
        confidence=1.0,
    )
