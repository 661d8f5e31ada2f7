"""Standards put together at random: a strategy for every key that a scorecard file may have, by its model."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, get_args, get_origin

from hypothesis import strategies as st
from pydantic import BaseModel

from pipeline.findings.conditions import shapes
from pipeline.indicators import INDICATORS
from pipeline.scorecard import Scorecard, consequence, criterion, rules, scoring
from pipeline.scorecard.kinds import Kinds
from pipeline.scorecard.rules.rule import Sought
from pipeline.scorecard.scope import QualityGate, Scope

Written = dict[str, Any]

# what is reached from a scorecard


def models(of: type[BaseModel] = Scorecard) -> set[type[BaseModel]]:
    """Every model in which a key of a scorecard file can stand."""
    found: set[type[BaseModel]] = set()

    def walk(one: type[BaseModel]) -> None:
        if one not in found:
            found.add(one)
            for field in one.model_fields.values():
                for inner in (*_named(field.annotation), *_kinds(field.metadata)):
                    walk(inner)

    walk(of)
    return {one for one in found if one.model_fields and not _is_base(one)}


def _named(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    if get_origin(annotation) is Annotated:
        yield from _kinds(annotation.__metadata__)
    for inner in get_args(annotation):
        yield from _named(inner)


def _kinds(metadata: Any) -> Iterator[type[BaseModel]]:
    for each in metadata:
        if isinstance(each, Kinds):
            yield from each.by_name.values()


def _is_base(one: type[BaseModel]) -> bool:
    return bool(getattr(one, "__abstractmethods__", ()))


# values of keys

IDS = ("A", "B", "C")
GOOD, BAD = "好", "差"
SHARES = tuple(name for name, each in INDICATORS.items() if each.unit == "%" and not name.startswith("calls."))
ASKED = tuple(name for name in SHARES if INDICATORS[name].limit_in)
FIGURE = st.sampled_from([0, 0.5, 1, 3])
YES = st.booleans()


def one(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


def some(*values: Any, most: int = 2) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=most, unique=True)


@cache
def made(model: type[BaseModel], most: int = 2) -> st.SearchStrategy[Written]:
    """A mapping of this model: what must be there, and at most so many of the keys that may."""
    values, choices = VALUES[model], ONE_OF.get(model, ())
    must = {field.alias or name for name, field in model.model_fields.items() if field.is_required()}
    must |= NEEDED.get(model, set())
    may = [*sorted(values.keys() - must - set(choices)), *OFTEN.get(model, ())]

    @st.composite
    def drawn(draw: Any) -> Written:
        chosen = draw(st.lists(st.sampled_from(may), max_size=most, unique=True)) if may else []
        chosen += [draw(st.sampled_from(choices))] if choices else []
        return {name: draw(values[name]) for name in [*(n for n in values if n in must), *chosen]}

    return drawn()


def later(model: type[BaseModel], most: int = 2) -> st.SearchStrategy[Written]:
    """`made`, for models that stand below."""
    return st.deferred(lambda: made(model, most))


SOUGHT = one(
    {"detector": "complaint"},
    {"detector": "apology", "terms": ["sincere"]},
    {"detector": "banned_wording", "role": "agent"},
)
TRIGGER = one("complaint", [{"detector": "complaint"}, {"detector": "banned_wording", "role": "agent"}])
CONDITION = later(shapes.Condition)
SPEAKER = one("agent", "customer")
WHERE = {
    "role": SPEAKER,
    "zone": one("anywhere", "opening", "closing"),
    "first_turns": one(1, 2),
    "last_turns": one(1, 2),
    "first_s": one(1, 5.5),
    "last_s": one(1, 5.5),
}
BOUNDS = {"at_least": one(0, 1, 2), "at_most": one(2, 5)}
WORDS = st.one_of(some("投诉", "您好", "再见", "保洁|清洁", "(实在)抱歉"))
NEAR = {"within_turns": one(0, 1, 3), "within_s": one(0, 2, 30)}
SINGLE = st.deferred(lambda: st.sampled_from([*ONE_THING, *[rules.OwnCondition] * 8]).flatmap(made))
RULE = st.deferred(lambda: st.sampled_from([None] * 4 + [rules.AllOf, rules.AnyOf])).flatmap(
    lambda kind: made(kind) if kind else SINGLE
)
FORMULA = st.deferred(lambda: st.one_of(*(made(kind) for kind in FORMULAS)))
SCALE = one([0, 100], [1, 5])
LINE = {"unit": one("秒", "%", "分钟"), "scale": SCALE, "at_most": one(0, 10, None), "at_least": one(0, 0.8, None)}
GRADES = one(
    [{"name": GOOD, "least": 80}, {"name": BAD, "least": 0, "failing": True}],
    [{"name": GOOD, "least": 90}, {"name": "中", "least": None}, {"name": BAD, "least": 0}],
    [
        {"name": GOOD, "least": 90, "below": 101, "printed": "优秀90分以上"},
        {"name": BAD, "least": 0, "below": 89, "failing": True},
    ],
    [],
)
ONE_THING = (rules.Phrases, rules.Absence, rules.Duty, rules.Rings, rules.Hangup, rules.JudgedItem)
FORMULAS = (scoring.Steps, scoring.Errors, scoring.Target, scoring.Count)

VALUES: dict[type[BaseModel], dict[str, st.SearchStrategy[Any]]] = {
    Scorecard: {
        "name": st.just("made"),
        "title": st.just("拼出来的标准"),
        "aliases": st.just(["拼"]),
        "revision": st.just(1),
        "effective_from": st.just("2025-01-01"),
        "source": st.just(""),
        "applies_to": later(Scope),
        "lexicons": st.just(["required", "banned", "apology", "complaint"]),
        "levels": st.just({"符合": 1.0, "不符合": 0.0}),
        "cutoffs": st.just({"符合": 1.0}),
        "quality": later(QualityGate),
        "review_below": one(0, 0.5, 1),
        "assessed": one("all", ["A"], ["A", "B"], None),
        "weights": one("printed", "equal", "equal", None),
        "missed": one("zero", "proportional", None),
        "total": one(None, 20, 40),
        "not_applicable": one("", "本项不计"),
        "criteria": st.lists(later(criterion.Criterion, 4), min_size=1, max_size=3),
        "qualitative": later(consequence.Qualitative),
        "grades": GRADES,
        "least_scored": one(0, 0.6, 1),
        "few_calls": one(0, 2, 10),
        "consequences": st.lists(later(consequence.Consequence, 3), min_size=1, max_size=3),
        "payroll": later(consequence.PayRules),
        "names_assessors": YES,
        "periods": st.lists(later(consequence.Period), min_size=1, max_size=2),
        "examples": st.lists(later(consequence.Example), min_size=1, max_size=2),
        "plan": st.lists(later(consequence.Measure), min_size=1, max_size=2),
    },
    Scope: {"queues": some("热线", "别的"), "teams": some("甲组", "乙组")},
    QualityGate: {
        "agent_speech_seconds": one(0, 1, 50),
        "coverage": one(0, 0.5, 1),
        "word_confidence": one(0, 1),
        "call_seconds": one(0, 5, 5000),
        "customer_speech_seconds": one(0, 5, 5000),
    },
    criterion.Criterion: {
        "id": st.just("A"),
        "title": st.just("项目"),
        "standard": one("要求一条。", "30秒内应答，每超10秒扣2分。", "[X]个工作日内回复。"),
        "dimension": st.just("维度"),
        "source_class": one("A", "E", "M", "A*+M"),
        "points": one(None, 10, 20, 20),
        "parts": st.lists(later(criterion.Part, 3), min_size=1, max_size=3),
        "indicator": one(*INDICATORS),
        "limit": st.one_of(FIGURE, st.none()),
        "graded": one("whole", "parts"),
        "scoring": FORMULA,
        "settle": one("cap", "scale", None),
        "auto_fail": YES,
        "bonus": YES,
        "evidence": st.just("tickets"),
        "also_printed": st.lists(later(criterion.Printed), min_size=1, max_size=2),
        "note": st.just("一句话"),
    },
    criterion.Part: {
        "title": st.just("子项"),
        "points": one(5, 10),
        "rule": RULE,
        "needs_person": one("all", "hits"),
        "indicator": one(*SHARES),
        "limit": st.one_of(FIGURE, st.none()),
        "at_least": one(0, 0.5, 1, None),
        "evidence": st.just("tickets"),
        "note": st.just("一句话"),
    },
    criterion.Printed: {
        "where": st.just("表1"),
        "text": one("超10秒扣5分", ""),
        "scoring": FORMULA,
        "points": one(None, 10, 30),
    },
    rules.Phrases: {
        "kind": st.just("heard"),
        "detector": st.just("required_phrase"),
        "terms": some("greeting", "offer_help", "goodbye"),
        "inbound_only": st.just(["greeting"]),
    },
    rules.Absence: {
        "kind": st.just("absent"),
        "detector": st.just("banned_wording"),
        "terms": some("辱骂", "挂了"),
        "spares": some("辱骂", "挂了"),
        "role": SPEAKER,
        "at_most": one(0, 1),
    },
    rules.Duty: {
        "kind": st.just("duty"),
        "detector": st.just("apology"),
        "terms": some("sincere", "perfunctory"),
        "trigger": TRIGGER,
        "within_turns": one(1, 6),
        "within_seconds": one(1, 30.5),
        "turns_before": one(0, 2),
        "before": one("banned_wording", [{"detector": "banned_wording", "terms": ["挂了"]}]),
        "every": YES,
    },
    rules.OwnCondition: {
        "kind": st.just("condition"),
        "condition": CONDITION,
        "when": CONDITION,
        "expect": one("heard", "absent"),
    },
    rules.Rings: {"kind": st.just("rings"), "at_most": one(1, 3)},
    rules.Hangup: {"kind": st.just("hangup")},
    rules.JudgedItem: {"kind": st.just("judged")},
    **{
        kind: {"kind": st.just(name), "rules": st.lists(SINGLE, min_size=1, max_size=3), "when": TRIGGER}
        for kind, name in ((rules.AllOf, "all_of"), (rules.AnyOf, "any_of"))
    },
    Sought: {
        "detector": one("complaint", "apology"),
        "terms": st.just([]),
        "spares": st.just([]),
        "role": SPEAKER,
    },
    scoring.Steps: {
        "kind": st.just("steps"),
        **LINE,
        "every": one(2, 0.01),
        "deduct": one(1, 5),
        "block": one("ceil", "floor"),
        "zero_beyond": one(0, 20),
        "cliff": YES,
    },
    scoring.Errors: {
        "kind": st.just("errors"),
        "unit": st.just("次"),
        "scale": SCALE,
        "deduct": one(5, {"用语": 1, "情绪": 5}),
        "counted": some("用语", "情绪"),
        "zero_at": one(0, 2),
        "sample": later(scoring.Sample),
    },
    scoring.Sample: {"size": one(1, 4, 10), "mode": one("draw", "expected", "rate")},
    scoring.Target: {"kind": st.just("target"), **LINE, "missed": one("zero", "proportional", None)},
    scoring.Count: {"kind": st.just("count"), "unit": st.just("次"), "scale": SCALE, "each": one(1, 2.5)},
    consequence.Grade: {
        "name": one(GOOD, BAD),
        "least": one(0, 25, None),
        "below": one(30, None),
        "printed": st.just("优秀"),
        "failing": YES,
    },
    consequence.Qualitative: {
        "id": st.just("定性"),
        "title": st.just("定性"),
        "on": YES,
        "formulas": st.just(70),
        "points": one(30, 20),
        "sample": one(1, 10),
        "bands": one([], [{"name": GOOD, "least": 25}, {"name": BAD, "least": 0}]),
    },
    consequence.Consequence: {
        "id": one("一", "二", "三"),
        "title": st.just("后果"),
        "when": later(consequence.Trigger, 1),
        "coefficient": one(0, 1.2),
        "base": one("wage", "bonus"),
        "share": one(-1, -0.05, 0.1),
        "amount": one(-5000, 50),
        "flag": YES,
        "whom": one("agent", "team", "head"),
        "standard": st.just("原文一句"),
    },
    consequence.Trigger: {
        "grade": one(GOOD, BAD),
        "months": one(1, 2),
        "quarters": one(1, 2),
        "after": one("一", "二"),
        "top": one(0.1, 1),
        "period": one("month", "quarter", "year"),
        "event": later(consequence.Event),
        "person": st.just(True),
    },
    consequence.Event: {
        "detector": st.just("banned_wording"),
        "terms": some("辱骂", "挂了"),
        "criterion": one("A", "B"),
        "times": one(1, 2),
    },
    consequence.PayRules: {"decimals": one(0, 2, 4), "below_zero": one("zero", "keep", None)},
    consequence.Period: {
        "title": st.just("大促"),
        "first": st.just("2025-03-01"),
        "last": one("2025-03-31", "2025-03-10"),
        "hours": st.just(["09:00", "10:00"]),
        "queues": st.just(["热线"]),
        "exempt": some(*IDS),
        "points": st.dictionaries(st.sampled_from(IDS), one(0, 5, 20), min_size=1, max_size=2),
        "reason": st.just("大促期间"),
    },
    consequence.Measure: {
        "problem": st.just("问题"),
        "criterion": one(*IDS),
        "indicator": one("tickets.first_contact", "hours.staffed"),
        "cause": st.just("原因"),
        "actions": one([], ["措施一", "措施二"]),
        "owner": st.just("主管"),
        "at_most": one(1, 30),
        "at_least": one(0.5, 80),
    },
    consequence.Example: {
        "criterion": one(*IDS),
        "value": one(0, 0.5, 12, "符合", {"用语": 2}),
        "printed": one(0, 10),
        "text": one("印的依据", ""),
        "count": one(0, 3),
        "of": one(0, 4),
    },
    shapes.Condition: {
        "keywords": later(shapes.Keywords),
        "regex": later(shapes.Pattern),
        "similar": later(shapes.Resemblance),
        "repeats": later(shapes.Echo),
        "found": later(shapes.Lookup),
        "entity": later(shapes.Entity),
        "call": later(shapes.OfCall),
        "turns": later(shapes.Turns),
        "item": later(shapes.OfItem),
        "all": st.lists(CONDITION, min_size=1, max_size=2),
        "any": st.lists(CONDITION, min_size=1, max_size=2),
        "not": CONDITION,
        "count": later(shapes.Frequency),
        "order": later(shapes.Order),
        **dict.fromkeys(("before", "after", "around"), later(shapes.Position)),
    },
    shapes.Keywords: {
        **WHERE,
        "any": WORDS,
        "all": WORDS,
        "none": WORDS,
        "at_least": one(1, 2),
        "within": one("turn", "call"),
        "tolerance": one(0, 0.2),
    },
    shapes.Pattern: {**WHERE, "pattern": one("投诉", "[0-9]+", "抱歉|对不起"), "unless": one("不投诉", "")},
    shapes.Resemblance: {**WHERE, "to": st.just(["我要投诉你们"]), "at_least": one(0.5, 1)},
    shapes.Echo: {**WHERE, "of": SPEAKER, "at_least": one(1, 3)},
    shapes.Lookup: {
        **WHERE,
        "detector": one("complaint", "apology"),
        "terms": st.just(["sincere"]),
        "longer_than": one(0, 3),
        "value_at_least": one(0, 3),
        "value_at_most": one(0, 3),
        "at_least": one(1, 2),
        "at_most": one(1, 2),
    },
    shapes.Entity: {
        **WHERE,
        "kind": one("phone", "amount", "date", "time", "address"),
        "value": one("30", "一三八"),
    },
    shapes.OfCall: {
        "queue": one("热线", ["热线", "别的"]),
        "agent": one("1001"),
        "direction": one("inbound", "outbound"),
        "hangup_by": SPEAKER,
        "duration_s": later(shapes.Bounds),
        "ring_s": later(shapes.Bounds),
        "hour": later(shapes.Hours),
        "parameters": one({"渠道": "微信"}, {"等级": {"at_least": 3}}),
    },
    shapes.OfItem: {
        "id": one("A", "B", "A-1", "B-1"),
        "is": one("met", "not_met", ["partly_met", "not_applicable"]),
    },
    shapes.Bounds: BOUNDS,
    shapes.Turns: {**BOUNDS, "role": SPEAKER},
    shapes.Hours: {"from": one(0, 9, 21), "to": one(7, 24)},
    shapes.Frequency: {"of": CONDITION, "at_least": one(0, 1, 2), "at_most": one(1, 2)},
    shapes.Order: {**NEAR, "first": CONDITION, "then": CONDITION, "without": CONDITION},
    shapes.Position: {**NEAR, "find": CONDITION, "of": CONDITION, "nth": one(1, -1, 0)},
}
NEEDED: dict[type[BaseModel], set[str]] = {
    Scorecard: {"lexicons", "levels", "cutoffs"},
    rules.Phrases: {"detector", "terms"},
    rules.Absence: {"detector"},
    rules.Duty: {"detector", "terms", "trigger"},
    rules.Rings: {"at_most"},
    rules.OwnCondition: {"condition"},
    rules.AllOf: {"rules"},
    rules.AnyOf: {"rules"},
    shapes.Keywords: {"any"},
    shapes.OfCall: {"queue"},
}
"""Keys without which a mapping is refused at once, although a model lets them be empty."""
LEAVES = ("keywords", "regex", "similar", "repeats", "found", "entity", "call", "turns")
ONE_OF: dict[type[BaseModel], tuple[str, ...]] = {
    shapes.Condition: (
        *LEAVES,
        *LEAVES,
        "item",
        "all",
        "any",
        "not",
        "count",
        "order",
        "before",
        "after",
        "around",
    ),
    shapes.Bounds: ("at_least", "at_most"),
    shapes.Turns: ("at_least", "at_most"),
    scoring.Steps: ("at_least", "at_most"),
    scoring.Target: ("at_least", "at_most"),
    consequence.Trigger: ("grade", "grade", "top", "event", "person"),
    consequence.Event: ("detector", "criterion"),
    consequence.Measure: ("at_least", "at_most"),
}
"""Keys of which exactly one must stand."""


OFTEN: dict[type[BaseModel], tuple[str, ...]] = {
    Scorecard: (*("consequences", "periods") * 3, *("qualitative", "quality", "grades") * 2),
    criterion.Criterion: (*("parts",) * 9, *("scoring",) * 2),
    criterion.Part: (*("rule",) * 8, *("needs_person",) * 2),
    rules.OwnCondition: ("when",),
}
"""Keys that are drawn more often than the others, so many times."""


def keys(model: type[BaseModel]) -> set[str]:
    """The keys as a file writes them."""
    return {field.alias or name for name, field in model.model_fields.items()}


# put in order


def standards() -> st.SearchStrategy[Written]:
    """Standards: one in ten as it is drawn, the others so that most of them come to a month."""
    drawn = made(Scorecard, 4).map(_numbered)
    return st.tuples(st.sampled_from([True] * 9 + [False]), drawn).map(
        lambda two: tidied(two[1]) if two[0] else two[1]
    )


def _numbered(written: Written) -> Written:
    for n, each in enumerate(written["criteria"]):
        each |= {"id": IDS[n], "title": f"项目{IDS[n]}"}
    for n, each in enumerate(written.get("consequences", ())):
        each["id"] = "一二三"[n]
    return written


def tidied(written: Written) -> Written:
    """The standard without what is refused at once; everything else stays as drawn."""
    for each in written["criteria"]:
        _criterion(each)
    ids = [each["id"] for each in written["criteria"]]
    for each in written.get("periods", ()):
        _period(each, ids)
    if len(written.get("periods", ())) == 2:
        written["periods"][1].pop("points", None)
    for each in (*written.get("examples", ()), *written.get("plan", ())):
        if "criterion" in each and each["criterion"] not in ids:
            each["criterion"] = "A"
    if written.get("assessed") in (None, ["A", "B"]):
        written["assessed"] = "all"
    written |= {"missed": written.get("missed") or "zero", "weights": written.get("weights") or "printed"}
    if written.get("total") is not None:
        written["total"] = sum(each["points"] or 0 for each in written["criteria"] if not each.get("bonus"))
    if written.get("consequences"):
        written["grades"] = written.get("grades") or [{"name": GOOD, "least": 80}, {"name": BAD, "least": 0}]
        for each in written["consequences"]:
            _consequence(each, written["criteria"])
    return written


def _criterion(each: Written) -> None:
    formula = each.get("scoring")
    if formula is not None and formula["kind"] == "count":
        each["bonus"] = True
    if each.get("bonus"):
        each |= {"auto_fail": False, "points": each["points"] or 10}
    if "parts" in each:
        each.pop("indicator", None)
    if "indicator" not in each or not INDICATORS[each["indicator"]].limit_in:
        each.pop("limit", None)
    elif "limit" not in each:
        each["limit"] = 3
    if formula is None and "indicator" in each and each["indicator"] not in SHARES:
        each["indicator"] = "tickets.closed"
        each.pop("limit", None)
    if formula is not None or "parts" not in each:
        each.pop("graded", None)
    for part in each.get("parts", ()):
        _part(part)
    if formula is not None:
        _formula(each, formula)
        each["parts"] = [part for part in each.get("parts", ()) if "rule" in part]
        if not each["parts"]:
            each.pop("parts")
    if any("points" in part for part in each.get("parts", ())):
        for part in each["parts"]:
            part.setdefault("points", 5)
        each |= {"settle": each.get("settle") or "cap", "points": each["points"] or 10}
    if each["points"] is None and not (each.get("auto_fail") and formula is None):
        each["points"] = 20
    for printed in each.get("also_printed", ()):
        if "scoring" in printed:
            _figures(printed["scoring"])


def _part(part: Written) -> None:
    if "rule" in part:
        part.pop("indicator", None)
    else:
        part.pop("needs_person", None)
    asked = part.get("indicator")
    if asked is None:
        part.pop("at_least", None)
    if asked not in ASKED:
        part.pop("limit", None)
    else:
        part.setdefault("limit", 3)


def _formula(each: Written, formula: Written) -> None:
    _figures(formula)
    if "indicator" in each:
        formula.pop("unit", None)
    if formula["kind"] == "errors" and "parts" not in each and each.get("indicator") != "tickets.record_errors":
        formula.pop("sample", None)
    if isinstance(formula.get("deduct"), dict):
        each.pop("indicator", None)
        each.pop("limit", None)


def _figures(formula: Written) -> None:
    """A formula that nothing of its own contradicts."""
    if formula.get("unit") == "%":
        formula.pop("unit")
    if formula["kind"] == "errors":
        if isinstance(formula["deduct"], dict):
            formula.setdefault("counted", ["用语"])
            formula.pop("zero_at", None)
        else:
            formula.pop("counted", None)
    if formula["kind"] == "steps" and formula.get("zero_beyond") is not None:
        formula["zero_beyond"] = 0 if "at_least" in formula else 20


def _period(each: Written, ids: list[str]) -> None:
    for key in ("exempt", "points"):
        if key in each:
            kept = [id for id in each[key] if id in ids]
            each[key] = {id: each[key][id] for id in kept} if key == "points" else kept
    if each.get("points"):
        each.pop("hours", None)
        each.pop("queues", None)


def _consequence(each: Written, criteria: list[Written]) -> None:
    when = each["when"]
    if "event" in when or "person" in when:
        for key in ("months", "quarters", "after", "period"):
            when.pop(key, None)
    if "quarters" in when:
        when.pop("months", None)
        when.pop("period", None)
    if when.get("after", each["id"]) == each["id"] or when["after"] == "二":
        when.pop("after", None)
    if "event" in when:
        each.pop("whom", None)
        named = next((c for c in criteria if c["id"] == when["event"].get("criterion")), criteria[0])
        if "criterion" in when["event"]:
            when["event"]["criterion"] = named["id"]
            if not named.get("bonus"):
                named["auto_fail"] = True
    if "base" in each or "share" in each:
        each |= {"base": each.get("base", "wage"), "share": each.get("share", 0.1)}
    if each.get("flag") and ("event" not in when or each.keys() & {"coefficient", "share", "amount"}):
        each.pop("flag")
