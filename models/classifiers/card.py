"""The card of a trained classifier: the labels it learned from, its figures, and the hashes that identify it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from models.classifiers.figures import Figures
from pipeline.errors import ClassifierError


@dataclass(frozen=True, slots=True)
class Count:
    """Labels of one source, by class."""

    source: str
    num_holds: int
    num_not: int


@dataclass(frozen=True, slots=True)
class Card:
    """All that has to be known of one version of a classifier.

    Parameters
    ----------
    version : str
        Criterion and a hash of labels, code, phrase lists and library versions: the same labels give the same
        version.
    labels_hash : str
        Hash of the labels it learned from.
    artifact_hash : str
        sha256 of the stored bytes: others are not loaded.
    counts : tuple of Count
        Labels it learned from.
    num_held_out : int
        Gold labels among those given, and the other labels of their calls; none of them was learned from.
    field : Figures | None
        Out-of-fold, on what people said of real calls; None without such labels. Only these tell of the field.
    generated : Figures | None
        Out-of-fold, on generated labels: how well unseen wording of the templates is told apart, and nothing more.
    threshold : float
        From this probability on it is a hit, 0..1.
    threshold_how, threshold_from : str
        The rule, and the labels whose out-of-fold probabilities it was chosen on (``field`` or ``generated``). The
        figures at the threshold are a little too good, since it was chosen on the same labels; the gate measures
        on gold ones.
    rule_kept : bool
        Whether the rule of the threshold could be kept.
    least_precision, least_recall : float
        Floors of the gate.
    trained_at : datetime
        Timezone-aware.
    """

    criterion: str
    version: str
    labels_hash: str
    artifact_hash: str
    counts: tuple[Count, ...]
    num_groups: int
    num_held_out: int
    field: Figures | None
    generated: Figures | None
    threshold: float
    threshold_how: str
    threshold_from: str
    rule_kept: bool
    least_precision: float
    least_recall: float
    sklearn_version: str
    python_version: str
    trained_at: datetime

    def to_json(self) -> str:
        """The card as JSON text, one field a line."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, default=_written)


def read_card(text: str) -> Card:
    """A card from its JSON text.

    Raises
    ------
    ClassifierError
        If it is not a card.
    """
    try:
        return TypeAdapter(Card).validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the text"
        raise ClassifierError(f"not the card of a classifier: {where}: {first['msg']}; train it again") from None


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} does not belong on a card")
