"""Faults as agents say them, and courtesies with the same words: what the list hears in sentences not tuned on."""

from pathlib import Path

import pytest
import yaml

from pipeline.lexicon.notation import spellings
from tests.builders import bundled

SENTENCES = yaml.safe_load((Path(__file__).parent / "wording" / "faults.yaml").read_text(encoding="utf-8"))
BANNED = bundled()["banned"]
FAULTS: dict[str, list[str]] = SENTENCES["faults"]
POLITE: list[str] = SENTENCES["polite"]


def heard(sentences: list[str]) -> list[str]:
    return [text for text, hits in zip(sentences, BANNED.search_all(sentences), strict=True) if hits]


def test_the_categories_of_the_sentences_are_those_of_the_list():
    assert list(FAULTS) == list(BANNED.file.categories)


def test_seven_faults_of_ten_are_heard():
    """0.73 of 120; 0.06 before the list was widened."""
    said = [text for each in FAULTS.values() for text in each]
    assert len(heard(said)) >= 0.7 * len(said)


def test_hardly_a_courtesy_is_taken_for_a_fault():
    """One of 80; six before and right after the list was widened, all by wordings that it had before."""
    assert len(heard(POLITE)) <= 2
    hits = [hit for found in BANNED.search_all(POLITE) for hit in found]
    assert [hit.variant for hit in hits if hit.phrase.source] == []


@pytest.mark.parametrize("category", BANNED.file.categories)
def test_every_category_has_forty_wordings(category):
    own = [phrase for phrase in BANNED.file.phrases if phrase.category == category]
    assert len({each for phrase in own for v in phrase.variants for each in spellings(v, {})}) >= 40


def test_what_was_written_from_the_taxonomy_is_dated_and_has_hard_counterexamples():
    written = [phrase for phrase in BANNED.file.phrases if phrase.source]
    assert written
    assert [phrase.term for phrase in written if len(phrase.counterexamples) < 4 or not phrase.examples] == []
    assert [phrase.term for phrase in BANNED.file.phrases if not phrase.counterexamples] == []
