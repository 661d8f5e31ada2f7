"""Classifiers for what phrases cannot say: trained from labels, kept with a card, refused when anything is off."""

from models.classifiers.artifact import load
from models.classifiers.card import Card, Count, read_card
from models.classifiers.classifier import Classifier
from models.classifiers.criteria import TunedCriterion, tuned_criteria, tuned_criterion
from models.classifiers.doubting import flag_doubted
from models.classifiers.features import Spoken, spoken_turns
from models.classifiers.figures import Estimate, Figures
from models.classifiers.findings import StagedClassifier, classifier_findings
from models.classifiers.suspecting import suspected
from models.classifiers.training import LEAST_LABELS, Trained, learnable, measure, train, version_of

__all__ = [
    "LEAST_LABELS",
    "Card",
    "Classifier",
    "Count",
    "Estimate",
    "Figures",
    "Spoken",
    "StagedClassifier",
    "Trained",
    "TunedCriterion",
    "classifier_findings",
    "flag_doubted",
    "learnable",
    "load",
    "measure",
    "read_card",
    "spoken_turns",
    "suspected",
    "train",
    "tuned_criteria",
    "tuned_criterion",
    "version_of",
]
