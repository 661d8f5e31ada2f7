"""`callqa train`: from the labels of a store to a draft in its registry, and what a person reads of it."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console
from typer.testing import CliRunner

import flows.learning.train
from flows.cli import app
from flows.cli.train import card_table
from flows.learning.train import train_classifier
from models.classifiers import load, read_card
from models.classifiers.seeds import seed_labels
from pipeline.errors import ClassifierError
from pipeline.store import Store
from pipeline.validation.learning.labels import Source
from pipeline.validation.learning.registry import Stage
from tests.test_classifiers import reviewed, trained


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/callqa.db"


def test_a_classifier_is_registered_as_a_draft_once(url):
    with Store.open(url) as store:
        store.labels.add(reviewed())
    done = train_classifier("complaint", url, "王工")
    assert (done.num_real, done.num_generated, done.already) == (70, 0, False)
    with Store.open(url) as store:
        (kept,) = store.classifiers.versions()
        artifact = store.classifiers.artifact("complaint", kept.version)
    assert (kept.stage, kept.registered_by, kept.version) == (Stage.DRAFT, "王工", done.card.version)
    assert load(artifact, read_card(kept.card)).version == kept.version
    again = train_classifier("complaint", url, "赵工")
    assert again.already
    assert (again.card, again.artifact) == (done.card, done.artifact)


def test_generated_labels_are_added_where_people_gave_too_few(url, monkeypatch):
    few_seeds = tuple(replace(x, source=Source.GENERATED, call_id=f"s{x.call_id}") for x in reviewed())
    monkeypatch.setattr(
        flows.learning.train, "seed_labels", lambda criterion: few_seeds
    )  # less to learn: a shorter test
    with Store.open(url) as store:
        store.labels.add(reviewed()[:30])
    done = train_classifier("complaint", url, "王工")
    assert (done.num_real, done.num_generated) == (30, 70)
    card = done.card
    assert [(each.source, each.num_holds) for each in card.counts] == [("review", 15), ("generated", 35)]
    assert (card.field.num_holds, card.generated.num_holds, card.threshold_from) == (15, 35, "generated")


def test_an_unknown_criterion_names_those_that_there_are(url):
    done = CliRunner().invoke(app, ["train", "rudeness", "--store", url])
    assert isinstance(done.exception, ClassifierError)
    assert "choose one of: shirking, blaming_question" in str(done.exception)
    assert not seed_labels("complaint")[0].gold


def test_the_card_is_read_in_chinese():
    console = Console(width=110, record=True, file=StringIO())
    console.print(card_table(trained().card))
    said = console.export_text()
    assert "客户投诉" in said
    assert "复核 35 是 / 35 否" in said
    assert "准确率" in said
    assert "准确率 85%，召回率 80%（金标集）" in said
