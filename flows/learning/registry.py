"""The registry at work: classifiers that run in a night, terms that were demoted."""

from __future__ import annotations

from dataclasses import replace

from flows.policy.policy import Policy
from models.classifiers import Classifier, StagedClassifier, load, read_card
from pipeline.errors import ClassifierError
from pipeline.store import Store
from pipeline.validation.learning.opinions import StagedJudge, is_judge
from pipeline.validation.learning.registry import ClassifierVersion, Stage

RUNNING = frozenset({Stage.LIVE, Stage.FLAG, Stage.SHADOW, Stage.DRAFT})


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
    registered = replace(policy, classifiers=tuple(serving), demoted=store.demotions.terms())
    return with_judges(registered, store)


def with_judges(policy: Policy, store: Store) -> Policy:
    """The policy with the judges of its standard that run, and what they said; none where none is registered."""
    registered = [each for each in store.classifiers.versions(RUNNING) if is_judge(each.criterion)]
    if not registered:
        return policy
    from models.judge.question import questions_of, read_judge_card  # noqa: PLC0415  only where there is a judge

    texts = {question.criterion: question.text for question in questions_of(policy.scorecard)}
    judges = {}
    for each in registered:
        if each.criterion not in texts:
            continue
        card = read_judge_card(each.card)
        if texts[each.criterion] == card.question.text:  # what a judge said of another sentence tells nothing
            alone = "" if each.stage is Stage.DRAFT else each.version  # of the drafts the newest
            judges[each.criterion, alone] = StagedJudge(
                each.criterion, each.version, card.model, each.stage, card.least_precision
            )
    live = tuple(each.version for each in registered if each.stage is Stage.LIVE)
    return replace(policy, judges=tuple(judges.values()), live_judges=live, opinions=store.opinions.of_keys)


def active_versions(store: Store) -> tuple[ClassifierVersion, ...]:
    """The classifiers that run in a night: all that are live, demoted or in the shadow, and the newest drafts."""
    own = [each for each in store.classifiers.versions(RUNNING) if not is_judge(each.criterion)]
    drafts = {each.criterion: each for each in own if each.stage is Stage.DRAFT}
    return (*(each for each in own if each.stage is not Stage.DRAFT), *drafts.values())


def load_version(store: Store, registered: ClassifierVersion) -> Classifier:
    """The classifier of a version.

    Raises
    ------
    ClassifierError
        If its bytes or its card are not what they should be, or scikit-learn is another.
    """
    return load(store.classifiers.artifact(registered.criterion, registered.version), read_card(registered.card))
