"""A scorecard: the criteria, levels, grades and consequences of one printed standard, by revision. Policy as data.

Knows how such a file is read and checked for shape; what is doubtful in it is found by `lint`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pipeline.errors import PolicyError
from pipeline.findings.titles import shipped_titles
from pipeline.policy.load import content_of, parse_policy
from pipeline.scorecard import dependence
from pipeline.scorecard.call_criterion import CallCriterion, items_of
from pipeline.scorecard.consequence import (
    Consequence,
    Example,
    Grade,
    Measure,
    PayRules,
    Period,
    Qualitative,
)
from pipeline.scorecard.criterion import Criterion
from pipeline.scorecard.kinds import Policy
from pipeline.scorecard.scope import QualityGate, Scope, Share
from pipeline.scorecard.scoring import Formula, Missed
from pipeline.tally import rounded
from pipeline.titles import Titles


class Scorecard(Policy):
    """One signed-off revision of a standard.

    Parameters
    ----------
    aliases : tuple of str
        Other names under which the document prints it.
    levels, cutoffs : tuple of pairs
        A level's name with its share of the points, and with the least share of the parts met that earns it. Both
        run from best to worst; what is below the last cut-off is the last level.
    review_below : float
        Probability of the roles under which a person should look.
    assessed : tuple of str | str | None
        The criteria that are assessed: ``all``, some, or None where the document has blocks to choose from and
        nobody has chosen.
    weights : str | None
        ``printed``: every criterion has points. ``equal``: those without share equally, by explicit choice.
        None: the document prints none and nobody has given any.
    missed : str | None
        What a missed target leaves, for every target that does not say it itself; see `scoring.Target`.
    total : float | None
        The total that the document prints.
    not_applicable : str | None
        What the document says about a criterion that could not arise; None where it says nothing (it then leaves
        the denominator, which is the only way that this product knows).
    grades : tuple of Grade
        From best to worst.
    least_scored : float
        Share of the points that must have been scored at all for a grade to be given, 0..1.
    payroll : PayRules
        How amounts are made of consequences.
    few_calls : int
        With fewer evaluated calls a grade must also stand the chance in so few: no line may divide the whole
        interval. From so many on, only what is doubtful in what was heard can withhold it.
    names_assessors : bool
        Whether an agent may read who assessed, decided or signed.
    """

    name: str
    title: str
    aliases: tuple[str, ...] = ()
    revision: Annotated[int, Field(ge=1)]
    effective_from: date
    source: str
    applies_to: Scope = Scope()
    lexicons: tuple[str, ...] = ()
    levels: tuple[tuple[str, Share], ...] = ()
    cutoffs: tuple[tuple[str, Share], ...] = ()
    quality: QualityGate = QualityGate()
    review_below: Share = 0.9
    assessed: tuple[str, ...] | Literal["all"] | None = "all"
    weights: Literal["printed", "equal"] | None = "printed"
    missed: Missed | None = None
    total: float | None = None
    not_applicable: str | None = None
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1)]
    qualitative: Qualitative | None = None
    grades: tuple[Grade, ...] = ()
    least_scored: Share = 0.6
    few_calls: Annotated[int, Field(ge=0)] = 10
    consequences: tuple[Consequence, ...] = ()
    payroll: PayRules = PayRules()
    names_assessors: bool = False
    periods: tuple[Period, ...] = ()
    examples: tuple[Example, ...] = ()
    plan: tuple[Measure, ...] = ()

    _digest: str = PrivateAttr(default="")
    _path: str = PrivateAttr(default="")
    _text: str = PrivateAttr(default="")
    _titles: Titles | None = PrivateAttr(default=None)

    @field_validator("levels", "cutoffs", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        return tuple(value.items()) if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _consistent(self) -> Scorecard:
        if any(c.scoring is None for c in self.criteria) and len(self.levels) < 2:
            raise ValueError("items without a formula are graded by levels: give at least two levels")
        if self.levels and [name for name, _ in self.cutoffs] != [name for name, _ in self.levels[:-1]]:
            raise ValueError("cutoffs must name every level but the last, in the order of levels")
        for figures in (self.levels, self.cutoffs):
            shares = [share for _, share in figures]
            if any(worse >= better for better, worse in pairwise(shares)):
                raise ValueError("levels and cutoffs must fall from best to worst")
        ids = [criterion.id for criterion in self.criteria]
        if twice := sorted({id for id in ids if ids.count(id) > 1}):
            raise ValueError(f"criterion {', '.join(twice)} stands twice")
        for what, named in self._named():
            if unknown := sorted(set(named) - set(ids)):
                raise ValueError(f"{what}: there is no criterion {', '.join(unknown)}")
        if wrong := dependence.problem(self.criteria):
            error = PydanticCustomError("item", "{told}", {"told": wrong[1]})
            raise ValidationError.from_exception_data(
                "Scorecard", [{"type": error, "loc": wrong[0], "input": None}]
            )
        return self

    def _named(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Every place that names criteria."""
        yield "assessed", self.assessed if isinstance(self.assessed, tuple) else ()
        for period in self.periods:
            yield f"period {period.title}", (*period.exempt, *period.points)
        yield "examples", tuple(example.criterion for example in self.examples)
        yield "plan", tuple(measure.criterion for measure in self.plan if measure.criterion)

    @property
    def digest(self) -> str:
        """Short hash of the file's content; empty for a scorecard that was not read from one."""
        return self._digest

    @property
    def path(self) -> str:
        """The file, as the user named it."""
        return self._path

    @property
    def text(self) -> str:
        """The file's content; empty for a scorecard that was not read from one."""
        return self._text

    @property
    def titles(self) -> Titles:
        """The titles of the terms that it asks for: of the lexicons in force, or those of callqa."""
        return shipped_titles() if self._titles is None else self._titles

    def with_titles(self, titles: Titles) -> Scorecard:
        """The same scorecard, with the titles of the lexicons and rulebooks that are in force beside it."""
        card = self.model_copy()
        card._titles = titles
        return card

    @cached_property
    def chosen(self) -> tuple[Criterion, ...]:
        """The criteria that are assessed and whose figures are all given: the ones that can have points.

        Examples
        --------
        >>> len(find_scorecard("table1").chosen)
        5
        """
        named = self.assessed if isinstance(self.assessed, tuple) else None
        return tuple(c for c in self.criteria if (named is None or c.id in named) and not c.open)

    @cached_property
    def points_of(self) -> dict[str, float]:
        """The points of each chosen criterion: as printed, or equal shares of 100 where that was chosen.

        Examples
        --------
        >>> find_scorecard("kf01").points_of["KF01-4"]
        15.0
        """
        unweighted = [c for c in self.chosen if c.points is None]
        rest = 100.0 - sum(c.points or 0.0 for c in self.chosen if not c.bonus)
        share = rest / len(unweighted) if unweighted and self.weights == "equal" else 0.0
        return {c.id: share if c.points is None else c.points for c in self.chosen}

    @cached_property
    def call_criteria(self) -> tuple[CallCriterion, ...]:
        """The chosen criteria as a single call is asked them.

        Examples
        --------
        >>> [each.criterion.id for each in find_scorecard("kf01").call_criteria if each.rules]
        ['KF01-3', 'KF01-4', 'KF01-8', 'KF01-9', 'KF01-10']
        """
        return tuple(
            CallCriterion(each, tuple(items_of(each)), self.points_of[each.id], each.answered_by[0])
            for each in self.chosen
        )

    def call_criterion(self, id: str) -> CallCriterion | None:
        """The chosen criterion of that id, or with an item of that id, as a call is asked it; None for neither.

        Examples
        --------
        >>> find_scorecard("kf01").call_criterion("KF01-10-2").criterion.title
        '结束通话'
        """
        return self._asked.get(id)

    @cached_property
    def answer_order(self) -> tuple[str, ...]:
        """The ids of the chosen criteria and of their parts, each behind all whose answers it asks for.

        Examples
        --------
        >>> order = find_scorecard("kf01").answer_order
        >>> order.index("KF01-10-2") < order.index("KF01-10")
        True
        """
        return tuple(id for id in dependence.answer_order(self.criteria) if id in self._asked)

    @cached_property
    def _asked(self) -> dict[str, CallCriterion]:
        """Each chosen criterion by its id and by those of its items."""
        return {id: each for each in self.call_criteria for id in (each.criterion.id, *each.ids)}

    @property
    def points(self) -> float:
        """The points that can be had: those of the chosen criteria, without bonus.

        Examples
        --------
        >>> find_scorecard("kf01").points
        100.0
        """
        return sum(self.points_of[c.id] for c in self.chosen if not c.bonus)

    def formula(self, criterion: Criterion) -> Formula | None:
        """The formula of a criterion, with what the scorecard chooses for all of them; None for a level criterion.

        Examples
        --------
        >>> card = find_scorecard("jiazheng")
        >>> card.formula(card.criterion("H-1")).to_choose
        'missed'
        >>> card = card.model_copy(update={"missed": "zero"})
        >>> card.formula(card.criterion("H-1")).score(10, 11, "响应").reason
        '响应 11 分钟，超过 10 分钟，未达标，得 0 分'
        """
        formula = criterion.scoring
        if formula is None or not self.missed or formula.to_choose != "missed":
            return formula
        return formula.model_copy(update={"missed": self.missed})

    def criterion(self, criterion_id: str) -> Criterion:
        """The criterion of that id; `KeyError` if there is none."""
        return {criterion.id: criterion for criterion in self.criteria}[criterion_id]

    def level(self, share: float) -> tuple[str, float]:
        """The level that a share of met parts, 0..1, earns: its name and its share of the points.

        Examples
        --------
        >>> find_scorecard("kf01").level(0.8)
        ('基本符合', 0.8)
        """
        earned = next((name for name, cutoff in self.cutoffs if share >= cutoff - 1e-9), self.levels[-1][0])
        return earned, dict(self.levels)[earned]

    def grade(self, score: float | None) -> Grade | None:
        """The grade of a score, 0..100, `rounded`; None without one, and below the last line that is given.

        Examples
        --------
        >>> find_scorecard("table1").grade(91).name
        '优秀'
        """
        if score is None:
            return None
        for grade in self.grades:
            if grade.least is None:
                return None
            if rounded(score) >= grade.least:
                return grade
        return None


def load_scorecard(path: Traversable | Path) -> Scorecard:
    """A scorecard file, checked for shape.

    Raises
    ------
    PolicyError
        With file and line.

    Examples
    --------
    >>> load_scorecard(bundled_scorecards()["kf01"]).revision
    3
    """
    return read_scorecard(content_of(path), str(path))


def read_scorecard(content: bytes, path: str) -> Scorecard:
    """The content of a scorecard file, checked for shape; `path` is what errors call it.

    Raises
    ------
    PolicyError
        With that path and line.
    """
    scorecard, scorecard_digest = parse_policy(content, path, Scorecard)
    scorecard._digest, scorecard._path, scorecard._text = scorecard_digest, path, content.decode()
    return scorecard


def bundled_scorecards() -> dict[str, Traversable]:
    """The files that come with callqa, by name.

    Examples
    --------
    >>> sorted(bundled_scorecards())[:2]
    ['jiazheng', 'jiazheng_calls']
    """
    folder = files("pipeline.policy") / "scorecards"
    found = sorted((path for path in folder.iterdir() if path.name.endswith(".yaml")), key=lambda path: path.name)
    return {path.name.removesuffix(".yaml"): path for path in found}


def find_scorecard(name: str) -> Scorecard:
    """A scorecard that comes with callqa, by name (in any case, or by an alias), or a file of the user's, by path.

    Raises
    ------
    PolicyError
        If there is neither, or it is wrong.

    Examples
    --------
    >>> find_scorecard("KF01").title
    '客服规范服务考核标准（之一，电话接听）'
    """
    bundled = bundled_scorecards()
    if name.lower() in bundled:
        return load_scorecard(bundled[name.lower()])
    if Path(name).is_file():
        return load_scorecard(Path(name))
    for path in bundled.values():
        scorecard = load_scorecard(path)
        if name in scorecard.aliases:
            return scorecard
    raise PolicyError(name, None, f"there is no such scorecard; choose {', '.join(sorted(bundled))} or give a file")
