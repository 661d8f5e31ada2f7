"""Titles: the Chinese names under which a manager reads detectors and their terms, from what declares them.

Knows how declarations are put together and looked up, and at which end of a call a term is looked for; who declares
what stands where it is declared: a detector in its module, a lexicon and a rulebook in their files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Declaration:
    """The name of a detector and of each of its terms, as one file or module gives them.

    Parameters
    ----------
    name : str
        By which findings and scorecards name the detector.
    title : str
        In Chinese; empty where this declaration only adds terms to a detector of another.
    terms : mapping of str to str
        The title of each term; an empty one for a term that is shown by its name.
    unit : str
        Of the quantity that it measures, in Chinese; empty where it measures none.
    file_title : str
        Of the file that declares it, for a detector to which nobody gives a title.
    ends : mapping of str to frozenset of str
        The ends of a call, ``opening`` and ``closing``, in which a term is looked for and nowhere else.
    """

    name: str
    title: str = ""
    terms: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""
    file_title: str = ""
    ends: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Titles:
    """Declarations put together: of several that give one thing a title, the first one counts.

    A name that nobody gives a title is shown as it is.

    Examples
    --------
    >>> titles = Titles((Declaration("hangup", "挂机", {"first": "先挂机"}), Declaration("green", "环保提示")))
    >>> titles.term("hangup", "first"), titles.term("green", "first")
    ('先挂机', 'first')
    """

    declarations: tuple[Declaration, ...] = ()

    @cached_property
    def table(self) -> tuple[Declaration, ...]:
        """One declaration for each detector, with the terms of all of them, in the order of declaration.

        Examples
        --------
        >>> titles = Titles((Declaration("a", "甲", {"x": "一"}), Declaration("a", "乙", {"x": "壹", "y": "二"})))
        >>> [(each.title, dict(each.terms)) for each in titles.table]
        [('甲', {'x': '一', 'y': '二'})]
        """
        by_name: dict[str, list[Declaration]] = {}
        for each in self.declarations:
            by_name.setdefault(each.name, []).append(each)
        return tuple(_together(each) for each in by_name.values())

    @cached_property
    def _by_name(self) -> dict[str, Declaration]:
        return {each.name: each for each in self.table}

    def with_declarations(self, more: Iterable[Declaration]) -> Titles:
        """These titles, and those of more declarations where these give none.

        Examples
        --------
        >>> titles = Titles((Declaration("a", "甲"),)).with_declarations([Declaration("a", "乙", {"x": "一"})])
        >>> titles.detector("a"), titles.term("a", "x")
        ('甲', '一')
        """
        return Titles((*self.declarations, *more))

    def detector(self, name: str) -> str:
        """The title of a detector.

        Examples
        --------
        >>> titles = Titles((Declaration("complaint", "客户投诉"), Declaration("green", file_title="环保提示")))
        >>> titles.detector("complaint"), titles.detector("green"), titles.detector("my_own")
        ('客户投诉', '环保提示', 'my_own')
        """
        known = self._by_name.get(name)
        return known.title or known.file_title or name if known else name

    def term(self, detector: str, term: str) -> str:
        """The title of a term of a detector.

        Examples
        --------
        >>> Titles((Declaration("apology", terms={"sincere": "真诚致歉"}),)).term("apology", "sincere")
        '真诚致歉'
        """
        known = self._by_name.get(detector)
        return (known.terms.get(term) if known else None) or term

    def ends(self, detector: str, term: str) -> frozenset[str]:
        """The ends of a call in which a term is looked for; none where it is looked for anywhere.

        Examples
        --------
        >>> declared = Declaration("required", terms={"bye": "道别语"}, ends={"bye": frozenset({"closing"})})
        >>> titles = Titles((declared,))
        >>> sorted(titles.ends("required", "bye")), sorted(titles.ends("required", "thanks"))
        (['closing'], [])
        """
        known = self._by_name.get(detector)
        return known.ends.get(term, frozenset()) if known else frozenset()

    def cause(self, detector: str, term: str) -> str:
        """What happened, by a finding: the title of its term, or of its detector where the term has none.

        Examples
        --------
        >>> titles = Titles((Declaration("banned", "禁用语"), Declaration("hangup", "挂机", {"first": "先挂机"})))
        >>> titles.cause("banned", "不行"), titles.cause("hangup", "first")
        ('禁用语', '先挂机')
        """
        known = self._by_name.get(detector)
        return (known.terms.get(term) if known else None) or self.detector(detector)

    def value(self, detector: str, value: float | str | None) -> str:
        """The wording that matched, or the quantity that was measured with its unit; nothing for None.

        Examples
        --------
        >>> titles = Titles((Declaration("interruption", "抢话", unit="秒"),))
        >>> titles.value("interruption", 0.509), titles.value("apology", "抱歉"), titles.value("repetition", 0.75)
        ('0.5 秒', '抱歉', '0.75')
        """
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        known = self._by_name.get(detector)
        if known is None or not known.unit:
            return f"{value:.2f}"
        quantity = f"{value:.1f}".removesuffix(".0") if abs(value) < 100 else f"{value:.0f}"
        return f"{quantity} {known.unit}"


def _together(declarations: list[Declaration]) -> Declaration:
    """Several declarations of one detector as one."""
    terms: dict[str, str] = {}
    ends: dict[str, frozenset[str]] = {}
    for each in declarations:
        for term, title in each.terms.items():
            if term not in terms:
                ends[term] = each.ends.get(term, frozenset())
            terms[term] = terms.get(term) or title
    first = {
        name: next((text for each in declarations if (text := getattr(each, name))), "")
        for name in ("title", "unit", "file_title")
    }
    return Declaration(declarations[0].name, terms=terms, ends=ends, **first)
