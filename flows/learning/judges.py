"""Judges measured: against what people answered on the same items of the same calls, and against each other.

What people answered beside a suggestion may follow it. Only answers to a judge in the shadow are blind; the gate
lets a judge count on these alone.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from rich.table import Table
from rich.text import Text

from flows.policy.library import scorecard_of
from flows.settings import Settings
from models.judge.question import Question, questions_of, read_judge_card
from pipeline.errors import ConfigurationError
from pipeline.store import Store
from pipeline.validation.learning.gate import Floors, HitCounts
from pipeline.validation.learning.opinions import Judged, Opinion
from pipeline.validation.learning.registry import ClassifierVersion
from pipeline.validation.learning.verdicts import Pair, VerdictAgreement

PEOPLE = "人工"
LOST = frozenset({Judged.PARTLY, Judged.NOT_MET})
"""The verdicts that cost something: what the gate counts as a claim."""
COLUMNS = ("call_id", "item", "verdict")

Verdicts = Mapping[tuple[str, str], Judged]
"""Verdicts by call and item."""


def measure_judge(store: Store, registered: ClassifierVersion, *, blind: bool) -> HitCounts:
    """Hits, false alarms and misses of "not fully met", by what people answered.

    Parameters
    ----------
    blind : bool
        Only where nobody saw what the judge said: what it takes to go live.
    """
    question = read_judge_card(registered.card).question
    said = [
        each
        for each in store.opinions.of_criterion(registered.criterion)
        if each.version == registered.version and each.judged is not None and not (blind and each.shown)
    ]
    people = answers_of_people(store, [question], [each.call_id for each in said])
    pairs = ((each.judged in LOST, people.get((each.call_id, question.item_id))) for each in said)
    return HitCounts.of((claimed, truth in LOST) for claimed, truth in pairs if truth is not None)


def floors_of_judge(registered: ClassifierVersion) -> Floors:
    """The least precision and recall of a judge, by its card."""
    card = read_judge_card(registered.card)
    return Floors(card.least_precision, card.least_recall)


def title_of_judge(registered: ClassifierVersion) -> str:
    """The standard and the item that it judges."""
    question = read_judge_card(registered.card).question
    return f"大模型：{question.standard} {question.item_title}"


def answers_of_people(store: Store, questions: Iterable[Question], call_ids: Sequence[str]) -> Verdicts:
    """What people answered that counts now, by call and item."""
    found: dict[tuple[str, str], Judged] = {}
    asked_as = defaultdict[tuple[str, str], list[str]](list)
    for question in questions:
        asked_as[question.standard, question.answered_as].append(question.item_id)
    for call_id, acts in store.answers.standing(call_ids).items():
        for act in acts:
            judged = Judged.of(act.outcome) if act.outcome else None
            if judged is not None:
                items = asked_as.get((act.scorecard, act.criterion_id), ())
                found |= {(call_id, item_id): judged for item_id in items}
    return found


def read_gold(path: Path) -> Verdicts:
    """Verdicts of people out of a CSV file with the columns ``call_id,item,verdict``.

    Raises
    ------
    ConfigurationError
        Naming the line.
    """
    found: dict[tuple[str, str], Judged] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if missing := set(COLUMNS) - set(rows.fieldnames or ()):
                raise ConfigurationError(f"{path}: 缺列 {'、'.join(sorted(missing))}；表头写 {','.join(COLUMNS)}")
            for row in rows:
                written = {**{each.value: each for each in Judged}, **{each.title: each for each in Judged}}
                judged = written.get((row["verdict"] or "").strip())
                if judged is None:
                    known = "、".join(f"{each.value}（{each.title}）" for each in Judged)
                    raise ConfigurationError(
                        f"{path} 第 {rows.line_num} 行：verdict 是“{row['verdict']}”，可写 {known}"
                    )
                found[(row["call_id"] or "").strip(), (row["item"] or "").strip()] = judged
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"{path} 读不了：{error}") from None
    return found


@dataclass(frozen=True, slots=True)
class Compared:
    """The agreement of two on one item, or on all of them together (an empty `item_id`)."""

    one: str
    other: str
    item_id: str
    title: str
    agreement: VerdictAgreement


def compare_judges(
    store: Store, standard: str, settings: Settings, gold: Path | None, models: Sequence[str]
) -> tuple[tuple[Compared, ...], dict[str, int]]:
    """The agreement of each model with people, and of each two models, by item and over all; what was thrown away.

    Parameters
    ----------
    gold : Path | None
        A file of verdicts; None for what people answered in review, disputes and calibrations.
    models : sequence of str
        Those that are compared; none for all that said something.

    Raises
    ------
    ConfigurationError
        If a model said nothing of this standard, or a file is wrong.
    """
    questions = tuple(questions_of(scorecard_of(standard, settings)))
    by_model = defaultdict[str, dict[tuple[str, str], Judged]](dict)
    thrown = defaultdict[str, int](int)
    for question, model, opinion in _said(store, questions):
        if opinion.judged is None:
            thrown[model] += 1
        else:
            by_model[model][opinion.call_id, question.item_id] = opinion.judged
    if unknown := [model for model in models if model not in by_model and model not in thrown]:
        there = "、".join(sorted({*by_model, *thrown})) or "还没有"
        raise ConfigurationError(f"库里没有 {'、'.join(unknown)} 对 {standard} 的回答；有回答的模型：{there}")
    chosen = tuple(models) or tuple(sorted({*by_model, *thrown}))
    calls = list(dict.fromkeys(call_id for model in chosen for call_id, _ in by_model[model]))
    people = read_gold(gold) if gold else answers_of_people(store, questions, calls)
    sides = [(PEOPLE, model, people, by_model[model]) for model in chosen]
    sides += [(one, other, by_model[one], by_model[other]) for one, other in combinations(chosen, 2)]
    compared = (each for one, other, a, b in sides for each in _compared(one, other, a, b, questions))
    return tuple(compared), {model: thrown[model] for model in chosen}


def _said(store: Store, questions: Sequence[Question]) -> Iterator[tuple[Question, str, Opinion]]:
    """What judges said of the questions as they are now, each with its model."""
    for question in questions:
        said = store.opinions.of_criterion(question.criterion)
        models = {
            each.version: read_judge_card(each.card)
            for each in (store.classifiers.versions(criterion=question.criterion) if said else ())
        }
        for opinion in said:
            card = models.get(opinion.version)
            if card is not None and card.question.text == question.text:
                yield question, card.model, opinion


def _compared(one: str, other: str, a: Verdicts, b: Verdicts, questions: Sequence[Question]) -> Iterator[Compared]:
    by_item = defaultdict[str, list[Pair]](list)
    for call_id, item_id in sorted(a.keys() & b.keys()):
        by_item[item_id].append((call_id, a[call_id, item_id], b[call_id, item_id]))
    for question in questions:
        if own := by_item.get(question.item_id):
            yield Compared(one, other, question.item_id, question.item_title, VerdictAgreement.of(own))
    together = [pair for pairs in by_item.values() for pair in pairs]
    yield Compared(one, other, "", "合计", VerdictAgreement.of(together))


def comparison_table(compared: Iterable[Compared]) -> Table:
    """The comparison as a table: exact agreement and kappa, each with its interval.

    Examples
    --------
    >>> comparison_table([]).row_count
    0
    """
    table = Table("甲", "乙", "项", "通话", "完全一致", "kappa")
    for each in compared:
        found = each.agreement
        table.add_row(
            Text(each.one),
            Text(each.other),
            Text(f"{each.item_id} {each.title}".strip()),
            str(found.calls),
            _share(found.exact, found.exact_interval),
            _kappa(found.kappa, found.kappa_interval),
        )
    return table


def _share(value: float | None, interval: tuple[float, float] | None) -> str:
    return "—" if value is None or interval is None else f"{value:.0%}（{interval[0]:.0%}–{interval[1]:.0%}）"


def _kappa(value: float | None, interval: tuple[float, float] | None) -> str:
    return "—" if value is None or interval is None else f"{value:.2f}（{interval[0]:.2f}–{interval[1]:.2f}）"
