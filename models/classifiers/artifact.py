"""A classifier as bytes, and back: skops, with an allow-list of types, so that loading never runs foreign code."""

from __future__ import annotations

import hashlib
import zipfile

import sklearn
import skops.io
from sklearn.calibration import CalibratedClassifierCV
from skops.io.exceptions import UntrustedTypesFoundException

from models.classifiers.bundled import bundled
from models.classifiers.card import Card
from models.classifiers.classifier import Classifier
from pipeline.errors import ClassifierError

OWN = "models.classifiers.features"
ALLOWED = frozenset(
    {f"{OWN}.{name}" for name in ("Words", "Characters", "Syllables", "Before", "Matches")}
    | {"models.classifiers.prior.Suspected"}
    | {"sklearn.calibration._CalibratedClassifier", "sklearn.calibration._SigmoidCalibration"}
)
"""Types that may stand in the bytes beside those that skops itself trusts."""


def packed(model: CalibratedClassifierCV) -> bytes:
    """The fitted model as bytes."""
    return bytes(skops.io.dumps(model, compression=zipfile.ZIP_DEFLATED, compresslevel=9))


def hash_of(artifact: bytes) -> str:
    """sha256 of the bytes, hexadecimal.

    Examples
    --------
    >>> hash_of(b"")[:12]
    'e3b0c44298fc'
    """
    return hashlib.sha256(artifact).hexdigest()


def load(artifact: bytes, card: Card) -> Classifier:
    """The classifier of a card, from its bytes.

    Raises
    ------
    ClassifierError
        If the bytes are not those of the card, it was trained with another minor version of scikit-learn or on top
        of another bundled classifier, or it holds types that no classifier of ours has.
    """
    again = f"train it again: callqa train {card.criterion}"
    if hash_of(artifact) != card.artifact_hash:
        raise ClassifierError(
            f"classifier {card.version}: the stored bytes are not those of its card (sha256 differs); {again}"
        )
    if _minor(card.sklearn_version) != _minor(sklearn.__version__):
        raise ClassifierError(
            f"classifier {card.version}: trained with scikit-learn {card.sklearn_version}, here is "
            f"{sklearn.__version__}; {again}"
        )
    try:
        strange = sorted(set(skops.io.get_untrusted_types(data=artifact)) - ALLOWED)
        if strange:
            raise ClassifierError(
                f"classifier {card.version}: holds types that are not allowed: {', '.join(strange)}; {again}"
            )
        model = skops.io.loads(artifact, trusted=sorted(ALLOWED))
    except (UntrustedTypesFoundException, zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise ClassifierError(f"classifier {card.version}: cannot be read: {error}; {again}") from None
    if not isinstance(model, CalibratedClassifierCV):
        raise ClassifierError(f"classifier {card.version}: is a {type(model).__name__}, not a classifier; {again}")
    for upon in _priors(model):
        if upon != bundled().version:
            raise ClassifierError(
                f"classifier {card.version}: trained on top of {upon}, here is {bundled().version}; {again}"
            )
    return Classifier(card.criterion, card.version, card.threshold, model)


def _priors(model: CalibratedClassifierCV) -> set[str]:
    """The versions of the bundled classifier whose scores it was trained on."""
    fitted = (dict(each.estimator.named_steps["fields"].transformer_list) for each in model.calibrated_classifiers_)
    return {fields["prior"].named_steps["scores"].version for fields in fitted if "prior" in fields}


def _minor(version: str) -> tuple[str, ...]:
    return tuple(version.split(".")[:2])
