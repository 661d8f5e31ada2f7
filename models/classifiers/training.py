"""Training: labels of one criterion -> a calibrated classifier and its card.

Everything that is measured is measured on labels whose call and agent the model has not seen. Gold labels are not
learned from at all: they are for the gate. Labels of people are learned on top of the bundled classifier; where
generated ones stand in, it is left out, for of those it has read most.
"""

from __future__ import annotations

import hashlib
import platform
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

import jieba
import numpy as np
import pypinyin
import sklearn
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline

from models.classifiers.artifact import hash_of, packed
from models.classifiers.bundled import bundled
from models.classifiers.card import Card, Count
from models.classifiers.classifier import Classifier
from models.classifiers.criteria import TunedCriterion, tuned_criterion
from models.classifiers.features import Spoken, features, matched_lexicons
from models.classifiers.figures import Bools, Figures, Floats, Ints, figures_of
from models.classifiers.groups import folds, groups_of
from models.classifiers.prior import prior
from models.classifiers.threshold import Chosen, choose_threshold
from pipeline.errors import ClassifierError
from pipeline.validation.learning.labels import Label, Source

LEAST_LABELS = 30
"""Of either class: fewer are not learned from, and a threshold is not chosen on them."""
NUM_FOLDS, NUM_CALIBRATION_FOLDS = 5, 3
REGULARISATION = 3.0  # C of the logistic regression


@dataclass(frozen=True, slots=True)
class Trained:
    """A classifier, its card, and the bytes to keep."""

    classifier: Classifier
    card: Card
    artifact: bytes


def learnable(criterion: str, labels: Iterable[Label]) -> tuple[Label, ...]:
    """The labels to learn from, in a fixed order: of this criterion and its role, of calls without gold labels."""
    own = _own(criterion, labels)
    held_out = {label.call_id for label in own if label.gold}
    return tuple(label for label in own if label.call_id not in held_out)


def version_of(criterion: str, labels: Iterable[Label]) -> str:
    """The version that training on `labels` makes: a hash of all that shapes its predictions, in any order."""
    own = learnable(criterion, labels)
    tuned = tuned_criterion(criterion).model_dump_json()
    upon = (bundled().version,) if _prior_of(criterion, own) else ()
    return f"{criterion}-{_digest(tuned, _labels_hash(own), *upon, *matched_lexicons(), *_made_by())[:12]}"


def train(criterion: str, labels: Sequence[Label], at: datetime | None = None) -> Trained:
    """The classifier of a criterion, learned from `labels`.

    Parameters
    ----------
    labels : sequence of Label
        Of any criterion, source and role; what does not belong is left out. The order does not matter.
    at : datetime, optional
        When; now if not given.

    Raises
    ------
    ClassifierError
        For a criterion that nobody knows, too few labels of either class, or too few calls and agents to keep
        training and test apart.
    """
    tuned = tuned_criterion(criterion)
    own = learnable(criterion, labels)
    turns = [Spoken(label.text, label.before, label.role) for label in own]
    holds = np.array([label.holds for label in own], bool)
    _refuse_few(tuned, holds)
    groups = groups_of(own)
    lexicons, prior_of = matched_lexicons(), _prior_of(criterion, own)
    probabilities = out_of_fold(turns, holds, groups, lexicons, prior_of)
    if probabilities is None:
        raise ClassifierError(
            f"criterion {criterion}: the labels of one class come from too few calls and agents to keep training "
            f"and test apart ({len(np.unique(groups))} groups); label more calls of other agents, or add --seeds"
        )
    model = _fitted(turns, holds, groups, lexicons, prior_of)
    real = np.array([label.source is not Source.GENERATED for label in own], bool)
    chosen, chosen_on = _threshold(tuned, probabilities, holds, real)
    version = version_of(criterion, labels)
    artifact = packed(model)
    card = Card(
        criterion=criterion,
        version=version,
        labels_hash=_labels_hash(own),
        artifact_hash=hash_of(artifact),
        counts=_counts(own),
        num_groups=len(np.unique(groups)),
        num_held_out=len(_own(criterion, labels)) - len(own),
        field=_figures(probabilities, holds, groups, chosen, real),
        generated=_figures(probabilities, holds, groups, chosen, ~real),
        threshold=chosen.threshold,
        threshold_how=chosen.how,
        threshold_from=chosen_on,
        rule_kept=chosen.kept,
        least_precision=tuned.floors.least_precision,
        least_recall=tuned.floors.least_recall,
        sklearn_version=sklearn.__version__,
        python_version=platform.python_version(),
        trained_at=at or datetime.now(UTC),
    )
    return Trained(Classifier(criterion, version, chosen.threshold, model), card, artifact)


def measure(classifier: Classifier, labels: Iterable[Label]) -> Figures | None:
    """How a classifier does on the gold labels among `labels`; None without any."""
    gold = [label for label in _own(classifier.criterion, labels) if label.gold]
    probabilities = classifier.probability([Spoken(x.text, x.before, x.role) for x in gold])
    return figures_of(probabilities, np.array([x.holds for x in gold], bool), groups_of(gold), classifier.threshold)


def out_of_fold(
    turns: Sequence[Spoken], holds: Bools, groups: Ints, lexicons: Sequence[str], prior_of: str = ""
) -> Floats | None:
    """The probability of each turn by a model that saw no call and no agent of its group, float64 (n,).

    None where there are too few groups to do so.

    Parameters
    ----------
    prior_of : str
        The criterion of which the bundled classifier's scores are a field; none if empty.
    """
    probabilities = np.full(len(turns), np.nan)
    for train_on, test_on in folds(holds, groups, NUM_FOLDS):
        learned = [turns[n] for n in train_on]
        if not folds(holds[train_on], groups[train_on], NUM_CALIBRATION_FOLDS):
            return None
        model = _fitted(learned, holds[train_on], groups[train_on], lexicons, prior_of)
        probabilities[test_on] = model.predict_proba([turns[n] for n in test_on])[:, 1]
    return None if np.isnan(probabilities).any() else probabilities


def _own(criterion: str, labels: Iterable[Label]) -> list[Label]:
    """The labels of the criterion in turns of its role, in a fixed order; other turns it never looks at."""
    speaker = tuned_criterion(criterion).speaker
    own = [label for label in labels if label.criterion == criterion and label.role is speaker]
    return sorted(own, key=lambda label: (label.call_id, label.span, label.text, label.at, label.by, label.holds))


def _prior_of(criterion: str, labels: Iterable[Label]) -> str:
    """The criterion, where its prior is a field of what is learned from these labels; else empty."""
    generated = any(label.source is Source.GENERATED for label in labels)
    return "" if generated or prior(criterion) is None else criterion


def _fitted(
    turns: Sequence[Spoken], holds: Bools, groups: Ints, lexicons: Sequence[str], prior_of: str
) -> CalibratedClassifierCV:
    """The model: fields of the turn, logistic regression, its scores made probabilities on groups it had not seen.

    Note
    ----
    Sigmoid (Platt 1999) rather than isotonic calibration: a few hundred labels are too few for the latter
    (Niculescu-Mizil & Caruana 2005).
    """
    learner = LogisticRegression(C=REGULARISATION, class_weight="balanced", max_iter=2000, random_state=0)
    known = [("prior", prior(prior_of))] if prior_of else []
    fields = FeatureUnion([("own", features(lexicons)), *known])
    pipeline = Pipeline([("fields", fields), ("learner", learner)])
    apart = folds(holds, groups, NUM_CALIBRATION_FOLDS)
    model = CalibratedClassifierCV(pipeline, method="sigmoid", cv=apart, ensemble=False)
    return model.fit(list(turns), holds)


def _threshold(tuned: TunedCriterion, probabilities: Floats, holds: Bools, real: Bools) -> tuple[Chosen, str]:
    """The threshold: on real labels where there are enough of either class, else on all."""
    enough = min(np.sum(holds & real), np.sum(~holds & real)) >= LEAST_LABELS
    on = real if enough else np.ones(len(holds), bool)
    return choose_threshold(probabilities[on], holds[on], tuned.threshold), "field" if enough else "generated"


def _figures(probabilities: Floats, holds: Bools, groups: Ints, chosen: Chosen, some: Bools) -> Figures | None:
    return figures_of(probabilities[some], holds[some], groups[some], chosen.threshold)


def _refuse_few(tuned: TunedCriterion, holds: Bools) -> None:
    num_holds, num_not = int(holds.sum()), int((~holds).sum())
    if min(num_holds, num_not) >= LEAST_LABELS:
        return
    one_class = " (one class only)" if (num_holds or num_not) and not (num_holds and num_not) else ""
    raise ClassifierError(
        f"criterion {tuned.name}: {num_holds} labels that hold and {num_not} that do not{one_class}; at least "
        f"{LEAST_LABELS} of each are needed: review more calls, or add --seeds"
    )


def _counts(labels: Sequence[Label]) -> tuple[Count, ...]:
    num = Counter((label.source, label.holds) for label in labels)
    sources = [source for source in Source if num[source, True] or num[source, False]]
    return tuple(Count(source.value, num[source, True], num[source, False]) for source in sources)


def _labels_hash(labels: Sequence[Label]) -> str:
    lines = (
        f"{x.call_id}|{x.agent_id}|{x.span}|{x.text}|{x.before}|{x.holds}|{x.source is Source.GENERATED}"
        for x in labels
    )
    return _digest(*lines)[:16]


@cache
def _made_by() -> tuple[str, ...]:
    """What else shapes the predictions of the same labels: our code, and the libraries it stands on."""
    folder = files("models.classifiers")
    code = tuple(
        (folder / name).read_text(encoding="utf-8")
        for name in ("features.py", "groups.py", "prior.py", "training.py")
    )
    return *code, sklearn.__version__, jieba.__version__, pypinyin.__version__


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
