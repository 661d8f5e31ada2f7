"""The registry at work: classifiers that run in a night, terms that were demoted."""

from __future__ import annotations

from dataclasses import replace

from flows.policy.policy import Policy
from models.classifiers import Classifier, StagedClassifier, load, read_card
from pipeline.errors import ClassifierError
from pipeline.store import Store
from pipeline.validation.learning.registry import ClassifierVersion, Stage


def with_registry(policy: Policy, store: Store) -> Policy:
    """The policy with what is registered in the store: the classifiers that run, and the terms that were demoted.

    Raises
    ------
    ClassifierError
        If one that is live cannot be loaded. Of the others those are left out: no points depend on them, and
        `callqa classifier list` says why.
    """
    serving = []
    for each in active_versions(store):
        try:
            serving.append(StagedClassifier(load_version(store, each), each.stage))
        except ClassifierError:
            if each.stage is Stage.LIVE:
                raise
    return replace(policy, classifiers=tuple(serving), demoted=store.demotions.terms())


def active_versions(store: Store) -> tuple[ClassifierVersion, ...]:
    """The versions that run in a night: all that are live, demoted or in the shadow, and the newest drafts."""
    drafts = {each.criterion: each for each in store.classifiers.versions({Stage.DRAFT})}
    return (*store.classifiers.versions({Stage.LIVE, Stage.FLAG, Stage.SHADOW}), *drafts.values())


def load_version(store: Store, registered: ClassifierVersion) -> Classifier:
    """The classifier of a version.

    Raises
    ------
    ClassifierError
        If its bytes or its card are not what they should be, or scikit-learn is another.
    """
    return load(store.classifiers.artifact(registered.criterion, registered.version), read_card(registered.card))
