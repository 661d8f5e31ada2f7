"""What has to be said, complaints and apologies, in sentences written before the lists: how many are found."""

from functools import cache
from pathlib import Path

import pytest
import yaml

from pipeline.findings.detectors.phrases import phrase_findings
from pipeline.hearing.dialogue import hearing_of
from pipeline.lexicon import bundled_lexicons

FOLDER = Path(__file__).parent / "wording"
SETS = ("required", "required_2")
SPEAKERS = {"agent": "坐席", "customer": "客户"}


@cache
def sentences(name):
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


@cache
def lists(companies=()):
    wanted = ("required_phrase", "complaint", "apology")
    return tuple(each for each in bundled_lexicons({"company": companies}) if each.detector in wanted)


def terms_in(*lines, companies=()):
    """The terms found in a dialogue."""
    heard = hearing_of(lines)
    return {found.term for each in lists(companies) for found in phrase_findings(heard, each)}


def missed(name, term):
    """Sentences that hold a term and in which it is not found; a false hit is none of these."""
    who = SPEAKERS[sentences(name)[term]["role"]]
    return [said for said in sentences(name)[term]["said"] if term not in terms_in(f"{who}：{said}")]


def false_hits(name, term):
    who = SPEAKERS[sentences(name)[term]["role"]]
    return [said for said in sentences(name)[term]["not"] if term in terms_in(f"{who}：{said}")]


if __name__ == "__main__":
    for name in SETS:
        for term, lots in sentences(name).items():
            lost, wrong = missed(name, term), false_hits(name, term)
            found = len(lots["said"]) - len(lost)
            print(f"{name} {term}: {found} of {len(lots['said'])} found, {len(wrong)} of {len(lots['not'])} false")
            for said in lost:
                print("   missed", said)
            for said in wrong:
                print("   false ", said)
