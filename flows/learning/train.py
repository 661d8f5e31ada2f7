"""A classifier trained from the labels of the store, and registered as a draft."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from models.classifiers import LEAST_LABELS, Card, learnable, read_card, train, version_of
from models.classifiers.seeds import seed_labels
from pipeline.store import Store
from pipeline.validation.learning.labels import Label


@dataclass(frozen=True, slots=True)
class Training:
    """A classifier as it is kept, and where it came from.

    Parameters
    ----------
    num_real, num_generated : int
        Labels of people that could be learned from, and generated ones that were added.
    already : bool
        Whether the very same version was registered before, so that it was not trained again.
    """

    card: Card
    artifact: bytes
    num_real: int
    num_generated: int
    already: bool


def train_classifier(criterion: str, store_url: str, by: str, seeds: bool = False) -> Training:
    """Train the classifier of a criterion and keep it as a draft.

    Parameters
    ----------
    by : str
        Who registers it.
    seeds : bool
        Whether generated labels are added; they are anyway where people have labelled too few.

    Raises
    ------
    ClassifierError
        For a criterion that nobody knows, or labels that cannot be learned from.
    StoreError
        If the store is not there or cannot be written.
    """
    with Store.open(store_url) as store:
        labels = store.labels.all(criterion)
        real = learnable(criterion, labels)
        generated = seed_labels(criterion) if seeds or _too_few(real) else ()
        labels = (*labels, *generated)
        version = version_of(criterion, labels)
        kept = next(
            (each for each in store.classifiers.versions(criterion=criterion) if each.version == version), None
        )
        if kept is not None:
            card, artifact = read_card(kept.card), store.classifiers.artifact(criterion, version)
        else:
            trained = train(criterion, labels)
            card, artifact = trained.card, trained.artifact
            store.classifiers.register(criterion, version, card.to_json(), artifact, by)
    return Training(card, artifact, len(real), len(generated), kept is not None)


def _too_few(labels: tuple[Label, ...]) -> bool:
    num = Counter(label.holds for label in labels)
    return min(num[True], num[False]) < LEAST_LABELS
