"""Labels in and out of the store, the queue of turns to judge next, and accuracy in the field by drawn labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from rich.progress import track
from rich.table import Table

from flows.learning.registry import active_versions, load_version
from models.classifiers import Classifier, spoken_turns, tuned_criterion
from pipeline.errors import ConfigurationError
from pipeline.findings.finding import FLAG
from pipeline.hearing import Hearing
from pipeline.hearing.turns import Role
from pipeline.notices import Notice, NoticeKind
from pipeline.store import Store
from pipeline.validation.learning.estimates import estimate_field
from pipeline.validation.learning.labelfiles import Format, read_labels, write_labels, write_questions
from pipeline.validation.learning.labelfiles.row import LabelImport
from pipeline.validation.learning.labels import Label, Question, Source, majority_labels, words_before
from pipeline.validation.learning.registry import Stage, Term
from pipeline.validation.learning.review_queue import queue

ASKED_FIRST = (Stage.LIVE, Stage.FLAG, Stage.SHADOW, Stage.DRAFT)
"""Whose probability a queue goes by."""


def export_labels(store_url: str, path: Path, criterion: str | None, format: Format | None) -> int:
    """The number of labels written to a file."""
    with Store.open(store_url, create=False) as store:
        labels = store.labels.all(criterion)
        return write_labels(path, labels, store.recordings.uris(label.call_id for label in labels), format)


def import_labels(store_url: str, path: Path, by: str, format: Format | None) -> tuple[str, tuple[str, ...]]:
    """What was made of a file, in Chinese: a line of counts, one for each notice; and each row that was left out.

    Raises
    ------
    ConfigurationError
        If nobody is named, or the file is of no use at all.
    """
    if not by.strip():
        raise ConfigurationError("say who judged where the file does not: give --by NAME")
    imported = read_labels(path, by, datetime.now(UTC), format)
    with Store.open(store_url) as store:
        labels, problems, notices = _of_known_calls(store, imported, path.name)
        added = store.labels.add(labels)
        standing = {_stretch(label): label for label in store.labels.all()}
    counting = sum(standing.get(_stretch(label)) == label for label in labels)
    wrong, late = len(imported.problems) + len(problems), len(labels) - counting
    said = f"新增标签 {added}，已有 {counting - added}，未答 {imported.unanswered}，有误 {wrong}"
    lines = (said + (f"，被更晚的答案取代 {late}" if late else ""), *map(str, (*imported.notices, *notices)))
    return "\n".join(lines), (*imported.problems, *problems)


def _stretch(label: Label) -> tuple[object, ...]:
    return label.criterion, label.call_id, label.span, label.by


def _of_known_calls(
    store: Store, imported: LabelImport, file: str
) -> tuple[list[Label], list[str], tuple[Notice, ...]]:
    """The labels of calls that the store has, with its agents; a sentence for each other; who was another agent."""
    owners = {call_id: store.calls.whose(call_id) for call_id in {label.call_id for label in imported.labels}}
    known, problems, others = list[Label](), list[str](), set[str]()
    for label, place in zip(imported.labels, imported.places, strict=True):
        owner = owners[label.call_id]
        if owner is None:
            problems.append(f"{place}: 库里没有通话 {label.call_id}，这条标注没有导入；请核对编号")
            continue
        if label.agent_id is not None and owner[0] != label.agent_id:
            others.add(label.call_id)
        known.append(replace(label, agent_id=owner[0]))
    if not others:
        return known, problems, ()
    told = f"{len(others)} 通通话的工号与库里的不同，按库里的工号"
    return known, problems, (Notice(NoticeKind.LABEL_OTHER_AGENT, file, told),)


def labels_table(store_url: str) -> Table:
    """Labels by criterion and source: for, against, and how many of them are gold or were drawn."""
    with Store.open(store_url, create=False) as store:
        labels = store.labels.all()
    table = Table("评分项", "来源", "有", "没有", "金标", "随机")
    counts = Counter[tuple[str, Source, str]]()
    for label in labels:
        kinds = ("holds" if label.holds else "not", *(["gold"] * label.gold), *(["drawn"] * label.drawn))
        counts.update((label.criterion, label.source, kind) for kind in kinds)
    for criterion, source in sorted({(criterion, source) for criterion, source, _ in counts}):
        figures = (str(counts[criterion, source, kind]) for kind in ("holds", "not", "gold", "drawn"))
        table.add_row(criterion, source.title, *figures)
    return table


@dataclass(frozen=True, slots=True)
class QueueRequest:
    """The turns that a person wants to judge next.

    Parameters
    ----------
    criterion : str
        A tuned criterion, or ``detector/term`` for a term of a lexicon.
    size : int
        Number of turns.
    random_share : float
        Share of them that is drawn by lot, 0..1.
    seed : int
        The same seed and calls give the same queue.
    since : date | None
        Only turns of calls from this day on.
    """

    criterion: str
    size: int
    random_share: float = 0.2
    seed: int = 0
    since: date | None = None


def write_queue(store_url: str, asked: QueueRequest, path: Path, format: Format | None = None) -> tuple[int, str]:
    """The number of questions written, and by whose probability they were chosen, in Chinese."""
    criterion = asked.criterion
    with Store.open(store_url, create=False) as store:
        classifier, asks, machine = _machine(store, criterion)
        labels = store.labels.all(criterion)
        judged = {(label.call_id, label.span) for label in labels}
        candidates = [
            question
            for hearing in track(store.hearings.all(asked.since), description="挑选", transient=True)
            for question in _questions(hearing, criterion, classifier, asks, store)
            if (question.call_id, question.span) not in judged
        ]
        threshold = classifier.threshold if classifier else 0.5
        known = [label.text for label in labels]
        questions = queue(candidates, asked.size, threshold, asked.random_share, asked.seed, known)
        recordings = store.recordings.uris(question.call_id for question in questions)
    return write_questions(path, questions, recordings, format), machine


def field_line(store_url: str, criterion: str, threshold: float | None) -> str:
    """Precision and recall in the field, by the labels that were drawn by lot, in Chinese."""
    with Store.open(store_url, create=False) as store:
        classifier, _, _ = _machine(store, criterion)
        labels = majority_labels(store.labels.all(criterion))
    at = threshold if threshold is not None else classifier.threshold if classifier else 0.5
    field = estimate_field(labels, at)
    return f"{criterion}：随机抽取 {field.labels} 条，查准率 {field.precision}，查全率 {field.recall}"


def _machine(store: Store, criterion: str) -> tuple[Classifier | None, Term, str]:
    """The classifier that is asked, the detector and term that counts, and both in Chinese."""
    detector, slash, term = criterion.partition("/")
    if slash:
        return None, (detector, term), f"按 {criterion} 的命中"
    tuned = tuned_criterion(criterion)
    versions = {each.stage: each for each in active_versions(store) if each.criterion == criterion}
    chosen = next((versions[stage] for stage in ASKED_FIRST if stage in versions), None)
    if chosen is None:
        return None, (tuned.detector, tuned.term), f"按 {tuned.detector}/{tuned.term} 的命中和疑似（没有分类器）"
    return load_version(store, chosen), (tuned.detector, tuned.term), f"按 {chosen.version}（{chosen.stage.value}）"


def _questions(
    hearing: Hearing, criterion: str, classifier: Classifier | None, counts: Term, store: Store
) -> Iterator[Question]:
    """A question for each turn that the criterion may be in, with the machine's probability."""
    if classifier is not None:
        roles = {classifier.tuned.speaker}
        probabilities = [float(each) for each in classifier.probability(spoken_turns(hearing))]
    else:
        roles = {Role.AGENT, Role.CUSTOMER} if "/" in criterion else {tuned_criterion(criterion).speaker}
        sure = {
            f.turn_index: f.confidence
            for f in store.evaluations.findings([hearing.call.id]).get(hearing.call.id, ())
            if (f.detector, f.term) in (counts, (FLAG, criterion))
        }
        probabilities = [sure.get(turn.index, 0.0) for turn in hearing.turns]
    for turn, probability in zip(hearing.turns, probabilities, strict=True):
        if turn.role in roles:
            yield Question(
                criterion,
                hearing.call.id,
                hearing.call.agent_id,
                turn.span,
                turn.role,
                turn.text,
                words_before(hearing, turn.index),
                machine=min(1.0, probability),
            )
