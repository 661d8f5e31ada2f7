"""The gate at work: classifiers and phrases measured on gold labels, let through, refused or demoted.

Everything that is measured is measured on gold labels, one a stretch, ties between people left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from flows.learning.registry import load_version
from flows.policy.claims import heard_by
from flows.policy.library import library_of
from flows.settings import load_settings
from models.classifiers import Spoken, read_card, tuned_criterion
from pipeline.errors import ClassifierError, ConfigurationError
from pipeline.findings.finding import JUDGED
from pipeline.store import Store
from pipeline.validation.learning.gate import Decision, Floors, HitCounts, may_go_live, may_stay, phrase_hits
from pipeline.validation.learning.labels import Label, majority_labels
from pipeline.validation.learning.opinions import is_judge
from pipeline.validation.learning.registry import GATE, ClassifierVersion, Stage, Term, phrase_criterion
from pipeline.validation.learning.stakes import MonthAtStake

PHRASE_FLOORS = Floors()
"""Of a term of a lexicon or rulebook; those of a classifier stand on its card."""


@dataclass(frozen=True, slots=True)
class GateCheck:
    """The gate's decision on one classifier or term that costs points or was demoted.

    Parameters
    ----------
    name : str
        The criterion with the version, or detector and term.
    demoted : bool
        Whether it was demoted by this check.
    affected : tuple of AffectedMonth
        Closed months that rest on it, where it was demoted.
    """

    name: str
    decision: Decision
    demoted: bool
    affected: tuple[MonthAtStake, ...] = ()


def measure_classifier(store: Store, registered: ClassifierVersion, *, blind: bool = True) -> HitCounts:
    """Precision and recall of a version on the gold labels of its criterion; of a judge, on people's answers.

    Parameters
    ----------
    blind : bool
        Of a judge: only answers of people who did not see what it said.
    """
    if is_judge(registered.criterion):
        from flows.learning.judges import measure_judge  # noqa: PLC0415  only where there is a judge

        return measure_judge(store, registered, blind=blind)
    classifier = load_version(store, registered)
    gold = [label for label in _gold(store, registered.criterion) if label.role is classifier.tuned.speaker]
    probabilities = classifier.probability([Spoken(label.text, label.before, label.role) for label in gold])
    claimed = [bool(probability >= classifier.threshold) for probability in probabilities]
    return HitCounts.of(zip(claimed, (label.holds for label in gold), strict=True))


def floors_of(registered: ClassifierVersion) -> Floors:
    """The least precision and recall of a version, by its card."""
    if is_judge(registered.criterion):
        from flows.learning.judges import floors_of_judge  # noqa: PLC0415

        return floors_of_judge(registered)
    card = read_card(registered.card)
    return Floors(card.least_precision, card.least_recall)


def decision_on_live(store: Store, candidate: ClassifierVersion) -> Decision:
    """Whether a version may go live in place of the one that is, both measured on the gold labels of today."""
    live = store.classifiers.versions({Stage.LIVE}, candidate.criterion)
    before = measure_classifier(store, live[0]) if live and live[0].version != candidate.version else None
    return may_go_live(measure_classifier(store, candidate), before, floors_of(candidate))


def check_gate(store: Store, phrase_floors: Floors = PHRASE_FLOORS) -> Iterator[GateCheck]:
    """Decisions on all that costs points and has gold labels; what fell under its floor or will not load falls."""
    for live in store.classifiers.versions({Stage.LIVE}):
        decision = _may_stay(store, live)
        name = f"{live.criterion} {live.version}"
        affected: tuple[MonthAtStake, ...] = ()
        if not decision.passes:
            store.classifiers.stage(live.criterion, live.version, Stage.FLAG, GATE, decision.reasons[0])
            affected = affected_by(store, live)
        yield GateCheck(name, decision, not decision.passes, affected)
    demoted = store.demotions.terms()
    for detector, term in sorted(_phrases(store)):
        decision = may_stay(_measured_term(store, detector, term), phrase_floors)
        falls = not decision.passes and (detector, term) not in demoted
        if falls:
            store.demotions.add(detector, term, GATE, decision.reasons[0])
        affected = store.demotions.affected_by_term(detector, term) if falls else ()
        yield GateCheck(f"{detector}/{term}", decision, falls, affected)


def _may_stay(store: Store, live: ClassifierVersion) -> Decision:
    """Whether a live version keeps its weight: not where it cannot be loaded, which must not stop the night."""
    try:
        return may_stay(measure_classifier(store, live, blind=False), floors_of(live))
    except ClassifierError as error:
        return Decision(False, (f"无法加载，须重新训练：callqa train {live.criterion}（{error}）",))


def affected_by(store: Store, registered: ClassifierVersion) -> tuple[MonthAtStake, ...]:
    """Closed months that rest on findings of a version from when it was live."""
    detector = JUDGED if is_judge(registered.criterion) else tuned_criterion(registered.criterion).detector
    return store.demotions.affected_by_version(detector, registered.version)


def demote_term(store: Store, detector: str, term: str, by: str, reason: str) -> tuple[MonthAtStake, ...]:
    """The closed months that rest on a term, which from now on costs nothing.

    Raises
    ------
    ConfigurationError
        If no lexicon or rulebook in force, on any line, has such a term, or it was demoted already.
    """
    libraries = [library_of(own) for own in heard_by(load_settings())]
    lists = [each for library in libraries for each in library.lexicons]
    books = [each for library in libraries for each in library.rulebooks]
    phrases = {(each.detector, phrase.term) for each in lists for phrase in each.file.phrases}
    terms = phrases | {(book.detector, term) for book in books for term in book.file.declaration.terms}
    if (detector, term) not in terms:
        near = get_close_matches(f"{detector}/{term}", sorted("/".join(known) for known in terms))
        hint = f"，是不是 {'、'.join(near)}" if near else "；`callqa rule list` 列出词库和规则"
        raise ConfigurationError(f"没有 {detector}/{term} 这个词条{hint}")
    if not store.demotions.add(detector, term, by, reason):
        raise ConfigurationError(f"{detector}/{term} 早已降级，没有改动")
    return store.demotions.affected_by_term(detector, term)


def restore_term(
    store: Store, detector: str, term: str, by: str, reason: str, phrase_floors: Floors = PHRASE_FLOORS
) -> Decision:
    """The gate's decision on a demoted term, which counts again where the gate has nothing against it.

    Raises
    ------
    ConfigurationError
        If it is not demoted.
    """
    if (detector, term) not in store.demotions.terms():
        raise ConfigurationError(f"{detector}/{term} 没有降级，无需恢复")
    decision = may_stay(_measured_term(store, detector, term), phrase_floors)
    if decision.passes:
        store.demotions.restore(detector, term, by, reason)
    return decision


def _measured_term(store: Store, detector: str, term: str) -> HitCounts:
    gold = _gold(store, phrase_criterion(detector, term))
    return phrase_hits(gold, store.evaluations.findings(label.call_id for label in gold), detector, term)


def _gold(store: Store, criterion: str) -> tuple[Label, ...]:
    return majority_labels(label for label in store.labels.all(criterion) if label.gold)


def _phrases(store: Store) -> set[Term]:
    """The terms that have gold labels."""
    of_phrases = (label.criterion for label in store.labels.all() if label.gold and "/" in label.criterion)
    return {(detector, term) for detector, _, term in (named.partition("/") for named in of_phrases)}
