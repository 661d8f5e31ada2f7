"""Which items of the standards ask for which findings, and the printed sentence behind each.

Knows the rules of the standards in force; what is found is in the lists and rule files.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from pipeline.scorecard import Scorecard
from pipeline.scorecard.drafts import PolicyFile


@dataclass(frozen=True, slots=True)
class Asker:
    """An item of a standard, with the sentence of the printed document."""

    standard: str
    criterion_id: str
    title: str
    sentence: str


@dataclass(frozen=True, slots=True)
class AskedFor:
    """Who asks for what: by detector and term, and by detector alone where any term counts."""

    by_term: Mapping[tuple[str, str], tuple[Asker, ...]]
    by_detector: Mapping[str, tuple[Asker, ...]]

    def of(self, detector: str, term: str) -> tuple[Asker, ...]:
        """The items that a finding of this term answers."""
        found = (*self.by_term.get((detector, term), ()), *self.by_detector.get(detector, ()))
        return tuple(dict.fromkeys(found))


def asked_for(files: Iterable[PolicyFile]) -> AskedFor:
    """What the standards among these files ask for."""
    by_term = defaultdict[tuple[str, str], list[Asker]](list)
    by_detector = defaultdict[str, list[Asker]](list)
    for file in files:
        if not isinstance(file.document, Scorecard):
            continue
        for criterion in file.document.criteria:
            asker = Asker(file.name, criterion.id, criterion.title, criterion.standard)
            for part in criterion.parts:
                for detector, terms in _sought(part.rule.model_dump()) if part.rule else ():
                    for term in terms:
                        by_term[detector, term].append(asker)
                    if not terms:
                        by_detector[detector].append(asker)
    return AskedFor(
        {key: tuple(dict.fromkeys(askers)) for key, askers in by_term.items()},
        {key: tuple(dict.fromkeys(askers)) for key, askers in by_detector.items()},
    )


def written(part: BaseModel) -> str:
    """A part of a policy file as it is written, but for what does not matter."""
    found = part.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return json.dumps(found, ensure_ascii=False, indent=1)


def _sought(dumped: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every detector that a rule names, at whatever depth, with the terms that it wants of it; none for any."""
    if isinstance(dumped, dict):
        if isinstance(detector := dumped.get("detector"), str) and detector:
            terms = dumped.get("terms") or ()
            yield detector, tuple(terms)
        for each in dumped.values():
            yield from _sought(each)
    elif isinstance(dumped, list | tuple):
        for each in dumped:
            yield from _sought(each)
