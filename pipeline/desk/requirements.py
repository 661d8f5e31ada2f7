"""The criteria of scorecards by the findings that they ask for, each with its printed sentence.

Knows the rules of the scorecards in force; what is listened for is in lexicons and rulebooks.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from pipeline.scorecard import Scorecard
from pipeline.scorecard.drafts import PolicyFile


@dataclass(frozen=True, slots=True)
class Requirement:
    """A criterion of a scorecard, with the sentence of the printed standard."""

    standard: str
    criterion_id: str
    title: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Requirements:
    """The criteria by detector and term, and by detector alone where any term counts but those that are spared."""

    by_term: Mapping[tuple[str, str], tuple[Requirement, ...]]
    by_detector: Mapping[str, tuple[tuple[Requirement, tuple[str, ...]], ...]]

    def of(self, detector: str, term: str) -> tuple[Requirement, ...]:
        """The criteria that a finding of this term answers."""
        any_term = (each for each, spares in self.by_detector.get(detector, ()) if term not in spares)
        return tuple(dict.fromkeys((*self.by_term.get((detector, term), ()), *any_term)))


def requirements_of(files: Iterable[PolicyFile]) -> Requirements:
    """The criteria of the scorecards among policy files, by the findings that they ask for."""
    by_term = defaultdict[tuple[str, str], list[Requirement]](list)
    by_detector = defaultdict[str, list[tuple[Requirement, tuple[str, ...]]]](list)
    for file in files:
        if not isinstance(file.document, Scorecard):
            continue
        for criterion in file.document.criteria:
            requirement = Requirement(file.name, criterion.id, criterion.title, criterion.standard)
            for part in criterion.parts:
                for _, sought in part.rule.sought() if part.rule else ():
                    for term in sought.terms:
                        by_term[sought.detector, term].append(requirement)
                    if not sought.terms:
                        by_detector[sought.detector].append((requirement, sought.spares))
    return Requirements(
        {key: tuple(dict.fromkeys(requirements)) for key, requirements in by_term.items()},
        {key: tuple(dict.fromkeys(requirements)) for key, requirements in by_detector.items()},
    )


def policy_json(part: BaseModel) -> str:
    """A part of a policy file as it is written, but for what does not matter."""
    found = part.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return json.dumps(found, ensure_ascii=False, indent=1)
