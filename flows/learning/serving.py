"""What is registered in the store put to work: classifiers that run in a night, terms that were demoted."""

from __future__ import annotations

from dataclasses import replace

from flows.policy.rules import Rules
from models.classifiers import Classifier, Serving, load, read_card
from pipeline.errors import ClassifierError
from pipeline.store import Store
from pipeline.validation.learning.registry import Registered, Stage


def governed(rules: Rules, store: Store) -> Rules:
    """The rules with what is registered in the store: the classifiers that run, and the terms that were demoted.

    Raises
    ------
    ClassifierError
        If one that is live cannot be loaded. Of the others those are left out: no points depend on them, and
        `callqa classifier list` says why.
    """
    serving = []
    for each in running(store):
        try:
            serving.append(Serving(loaded(store, each), each.stage))
        except ClassifierError:
            if each.stage is Stage.LIVE:
                raise
    return replace(rules, classifiers=tuple(serving), demoted=store.demoted())


def running(store: Store) -> tuple[Registered, ...]:
    """The versions that run in a night: all that are live, demoted or in the shadow, and the newest drafts."""
    drafts = {each.criterion: each for each in store.classifiers({Stage.DRAFT})}
    return (*store.classifiers({Stage.LIVE, Stage.FLAG, Stage.SHADOW}), *drafts.values())


def loaded(store: Store, registered: Registered) -> Classifier:
    """The classifier of a version.

    Raises
    ------
    ClassifierError
        If its bytes or its card are not what they should be, or scikit-learn is another.
    """
    return load(store.artifact(registered.criterion, registered.version), read_card(registered.card))
