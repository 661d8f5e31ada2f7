"""The seed sentences: what agents and customers may say, each with everything that it is.

What they are: thousands of sentences and some dialogues, written one by one, out of no template, in the manner of
different authors who knew none of the phrase lists. What they are not: how people talk on a real line. Half of them
only look like what they are written for. Each author is a group: no figure is measured on one who was learned from.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pipeline.errors import ClassifierError
from pipeline.findings.suspicion import suspicions
from pipeline.hearing.turns import Role

NEVER_SUSPECTED = frozenset({"formula_apology", "strong_emotion"})
"""What is labelled, and suspected by nobody."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, or one turn of a dialogue.

    Parameters
    ----------
    author : str
        Who wrote it: the name of the file.
    scene : str
        Industry and matter, in Chinese.
    call : str
        The dialogue of the author; empty for a single sentence.
    holds : frozenset of str
        The suspicions that it is.
    near : frozenset of str
        Those that it only looks like.
    """

    author: str
    scene: str
    call: str
    role: Role
    text: str
    holds: frozenset[str]
    near: frozenset[str]


@cache
def sentences() -> tuple[Sentence, ...]:
    """All of them, in the order of the files.

    Raises
    ------
    ClassifierError
        If a line is not what it should be; names file and line.
    """
    folder = files("models.classifiers") / "seeds" / "sentences"
    found: list[Sentence] = []
    for path in sorted(folder.iterdir(), key=lambda each: each.name):
        if path.name.endswith(".csv"):
            found += _read(path.name.removesuffix(".csv"), path.read_text(encoding="utf-8").splitlines())
    return tuple(found)


def _read(author: str, lines: list[str]) -> Iterator[Sentence]:
    known = {*suspicions(), *NEVER_SUSPECTED}
    for number, row in enumerate(csv.DictReader(lines), start=2):
        labels = [label for label in row["labels"].split() if label != "-"]
        if strange := {label.removeprefix("~") for label in labels} - known:
            raise ClassifierError(f"{author}.csv line {number}: nobody knows the label {sorted(strange)[0]}")
        holds = frozenset(label for label in labels if not label.startswith("~"))
        near = frozenset(label[1:] for label in labels if label.startswith("~"))
        yield Sentence(author, row["scene"], row["call"], Role(row["role"]), row["text"], holds, near)
