"""规则: what is listened for and by what calls are judged; a change takes two people.

Knows the forms; what a draft may become is in `pipeline.scorecard.drafts`, how it is checked and written is the
port's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal, NoReturn
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query
from starlette.responses import RedirectResponse, Response

from pipeline.access.accounts import Right, Scope
from pipeline.access.audit import Action, Note
from pipeline.call import SHANGHAI
from pipeline.desk.desk import RulesPort
from pipeline.desk.page import Page
from pipeline.desk.parameters import MOST_ID, FormMonth, FormName, MaybeFormMonth, Name, RowId
from pipeline.desk.requirements import policy_json, requirements_of
from pipeline.desk.visit import Visit, Visitor, allowed
from pipeline.errors import ConfigurationError, PolicyError, StoreError
from pipeline.findings.suspicion import Suspicion, suspected_of
from pipeline.hearing.turns import Role
from pipeline.lexicon import LexiconFile
from pipeline.lexicon.file import Phrase, with_phrase
from pipeline.review.suspected import Standing, suspected
from pipeline.scorecard import Scorecard
from pipeline.scorecard.drafts import (
    LARGEST,
    Checked,
    Draft,
    DraftState,
    Kind,
    PolicyFile,
    difference,
    newest_first,
)
from pipeline.timeline import place

router = APIRouter()
PAGE = Page(router, "/rules", "规则", Right.SEE_RULES, landing=4)
Trier = Annotated[Visit, Depends(allowed(Right.SEE_CALLS))]
Drafter = Annotated[Visit, Depends(allowed(Right.DRAFT_RULES))]
Releaser = Annotated[Visit, Depends(allowed(Right.RELEASE_RULES))]
Text = Annotated[str, Form(max_length=2 * LARGEST)]
Why = Annotated[str, Form(max_length=500)]
Size = Annotated[int, Form(ge=1, le=200)]

ZONES = {"opening": "开头", "closing": "结尾", "anywhere": "任何位置", "after": "某事之后"}
SEVERITIES = {"fatal": "致命", "serious": "严重", "medium": "中等", "light": "轻微"}
WHOSE = {None: "不限"} | {role.value: role.title for role in Role}
PASTED = 50
"""Calls that may be pasted at once."""


@router.get("/rules")
def rules(visit: Visitor) -> Response:
    """The files in force, and the drafts, those that wait first."""
    port = _port(visit)
    return visit.page(
        "rules.html",
        lists=port.lists(),
        standards=port.standards(),
        drafts=newest_first(visit.store.drafts.all()) if visit.can(Right.DRAFT_RULES) else (),
        size=_size,
        folder=port.folder,
        **_WORDS,
    )


@router.get("/rules/file")
def file(visit: Visitor, kind: Kind, name: Name) -> Response:
    """One file in force: its phrases or items, examples, and the sentences of the standards that ask for them."""
    known = _known(visit, kind, name)
    asked = requirements_of(_port(visit).standards())
    return visit.page(
        "rules_file.html",
        file=known,
        asked=asked,
        policy_json=policy_json,
        drafts=newest_first(visit.store.drafts.all(name)) if visit.can(Right.DRAFT_RULES) else (),
        zones=ZONES,
        severities=SEVERITIES,
        whose=WHOSE,
        **_WORDS,
    )


@router.post("/rules/try")
def try_calls(
    visit: Trier,
    text: Text = "",
    kind: Annotated[Kind | Literal[""], Form()] = "",
    name: FormName = "",
    calls: Annotated[str, Form(max_length=20_000)] = "",
    month: MaybeFormMonth = "",
    size: Size = 30,
) -> Response:
    """What a draft, or a file in force, hits in some calls; each hit leads to where it is heard."""
    port = _port(visit)
    if not text.strip():
        text = _known(visit, kind, name).text if kind else _refuse(visit, "没有要试的内容")
    wanted = tuple(dict.fromkeys(each for each in re.split(r"[\s,，;；、]+", calls) if each))
    if len(wanted) > PASTED:
        visit.refuse(f"一次最多粘贴 {PASTED} 个通话编号，现有 {len(wanted)} 个")
    if not wanted and not month:
        visit.refuse("请粘贴通话编号，或选月份抽样")
    if not wanted and visit.scope != Scope():
        visit.refuse("按月份抽样会用到全部通话；您的范围内请粘贴通话编号")
    for call_id in wanted:
        visit.admit(call_id)
        visit.open_eyed(call_id)
    unseen = visit.blind_calls
    chosen = wanted or tuple(each for each in port.sample(month, size) if each not in unseen)
    if not chosen:
        visit.refuse(f"{month} 没有听过的通话")
    try:
        tried = port.try_text(_lines(text), chosen)
    except PolicyError as error:
        visit.refuse(f"第 {error.line} 行：{error.problem}" if error.line else error.problem)
    visit.store.audit.append(Note(visit.account.id, Action.TRY_RULES, tried.name, None, {"calls": list(chosen)}))
    return visit.page("rules_tried.html", tried=tried, whose=WHOSE, shown_hits=tried.hits[:500])


@router.get("/rules/draft")
def form(visit: Drafter, kind: Kind = Kind.LEXICON, name: Name = "", draft: int = 0) -> Response:
    """The form for a draft, with the text in force, or of an older draft."""
    if draft:
        return _form(visit, _draft(visit, draft).text)
    return _form(visit, _known(visit, kind, name).text if name else "")


@router.get("/rules/wording")
def wording(visit: Drafter, call: Annotated[str, Query(min_length=1, max_length=MOST_ID)], about: Name) -> Response:
    """The form for a draft: what was heard in a suspicion that a person affirmed, as a phrase more of its list."""
    result = visit.call(call)
    acts = visit.store.answers.standing([call]).get(call, ())
    found = next((each for each in suspected(result.findings, acts) if each.id == about), None)
    meant = suspected_of(found.finding) if found and found.standing is Standing.AFFIRMED else None
    if found is None or meant is None:
        visit.refuse("请先在通话页确认这一处疑似")
    taking = _list_for(_port(visit), meant)
    said = "".join(re.findall(r"\w+", visit.shown(found.finding.quote)))
    if taking is None or not said:
        visit.refuse(f"没有收“{meant.title}”的词库，请手工起草" if said else "这一处没有听到的文字")
    text, lexicon = taking
    same = next((each for each in lexicon.phrases if each.term == meant.term), None)
    phrase = Phrase(
        term=meant.term,
        title="" if same else meant.title,
        role=meant.role,
        category=same.category if same else _category(lexicon, meant),
        zone=same.zone if same and same.zone != "after" else "anywhere",
        source="复核确认",
        date=visit.desk.now().astimezone(SHANGHAI).date(),
        variants=(said,),
        examples=(said,),
    )
    text = with_phrase(text, phrase)
    why = f"复核确认：通话 {call} {place(found.finding.span.start)} {meant.title}“{said}”"
    return _form(visit, text, why[:500], _port(visit).check(text))


@router.post("/rules/check")
def check(visit: Drafter, text: Text = "") -> Response:
    """What is wrong in a text, at once."""
    return visit.page("rules_checked.html", checked=_port(visit).check(_lines(text)), **_WORDS)


@router.post("/rules/drafts")
def propose(visit: Drafter, text: Text = "", why: Why = "") -> Response:
    """A draft proposed, if nothing is wrong in it."""
    port, text = _port(visit), _lines(text)
    checked = port.check(text)
    if checked.errors or checked.kind is None or not why.strip():
        return _form(visit, text, why, checked, status=422)
    known = port.in_force(checked.kind, checked.name)
    draft = visit.store.drafts.propose(
        Draft(
            kind=checked.kind,
            name=checked.name,
            text=text,
            base=known.text if known else "",
            why=why.strip(),
            by=visit.account.id,
            at=visit.desk.now(),
        )
    )
    return RedirectResponse(f"/rules/drafts/{draft.id}", status_code=303)


@router.get("/rules/drafts/{number}")
def show(visit: Drafter, number: RowId) -> Response:
    """A draft: what differs, what it would change, what was said of it."""
    return _show(visit, _draft(visit, number))


@router.post("/rules/drafts/{number}/measure")
def measure(
    visit: Drafter,
    number: RowId,
    month: FormMonth,
    size: Size = 50,
    against: FormName = "",
) -> Response:
    """What the draft would change, measured and kept with it."""
    draft = _draft(visit, number)
    if visit.scope != Scope():
        visit.refuse("测算会用到全部通话，超出您的范围", 403)
    report = _port(visit).measure(draft, month, size, against)
    visit.store.drafts.add_report(draft.id, visit.account.id, report)
    return RedirectResponse(f"/rules/drafts/{number}#reports", status_code=303)


@router.post("/rules/drafts/{number}/release")
def release(visit: Releaser, number: RowId, note: Why = "") -> Response:
    """The draft released by a second person; it is in force from now on."""
    return _said(visit, number, lambda: _port(visit).release(number, visit.account.id, note.strip()))


@router.post("/rules/drafts/{number}/reject")
def reject(visit: Releaser, number: RowId, note: Why = "") -> Response:
    """The draft rejected by a second person, who says why."""
    if not note.strip():
        return _show(visit, _draft(visit, number), "否决须写明原因", 422)
    return _said(
        visit, number, lambda: visit.store.drafts.decide(number, "rejected", visit.account.id, note.strip())
    )


@router.post("/rules/drafts/{number}/withdraw")
def withdraw(visit: Drafter, number: RowId, note: Why = "") -> Response:
    """The draft taken back by who proposed it."""
    return _said(
        visit, number, lambda: visit.store.drafts.decide(number, "withdrawn", visit.account.id, note.strip())
    )


def _said(visit: Visit, number: int, say: Callable[[], Draft]) -> Response:
    _draft(visit, number)
    try:
        say()
    except StoreError:
        raise
    except ConfigurationError as error:
        return _show(visit, _draft(visit, number), str(error), 422)
    return RedirectResponse(f"/rules/drafts/{number}", status_code=303)


def _show(visit: Visit, draft: Draft, wrong: str = "", status: int = 200) -> Response:
    port = _port(visit)
    known = port.in_force(draft.kind, draft.name)
    waits = draft.state is DraftState.PROPOSED
    now = known.text if known else ""
    return visit.page(
        "rules_draft.html",
        status,
        draft=draft,
        known=known,
        waits=waits,
        moved=waits and now != draft.base,
        lines=difference(draft.base, draft.text),
        checked=port.check(draft.text) if waits else None,
        standards=[each.name for each in port.standards()] if draft.kind is Kind.STANDARD else [],
        months=sorted({closing.month for closing in visit.store.months.history()}, reverse=True),
        folder=port.folder,
        mine=draft.by == visit.account.id,
        wrong=wrong,
        **_WORDS,
    )


def _form(visit: Visit, text: str, why: str = "", checked: Checked | None = None, status: int = 200) -> Response:
    return visit.page(
        "rules_form.html", status, text=text, why=why, checked=checked, folder=_port(visit).folder, **_WORDS
    )


def _list_for(port: RulesPort, meant: Suspicion) -> tuple[str, LexiconFile] | None:
    """The text of the list that takes new wordings of a suspicion: one that has its term, or else its detector."""
    read = ((file.text, file.document) for file in port.lists())
    fitting = [
        (text, each) for text, each in read if isinstance(each, LexiconFile) and each.detector == meant.detector
    ]
    has = [(text, each) for text, each in fitting if any(own.term == meant.term for own in each.phrases)]
    return next(iter((*has, *fitting)), None)


def _category(lexicon: LexiconFile, meant: Suspicion) -> str:
    """Under which heading of a list a new term stands; the first one where none is of its name."""
    return meant.name if meant.name in lexicon.categories else next(iter(lexicon.categories), "")


def _draft(visit: Visit, number: int) -> Draft:
    draft = visit.store.drafts.get(number) if 0 < number < 2**31 else None
    return draft or _refuse(visit, f"没有草案 {number}", 404)


def _known(visit: Visit, kind: Kind, name: str) -> PolicyFile:
    found = _port(visit).in_force(kind, name)
    return found or _refuse(visit, f"没有现行的{kind.title} {name}", 404)


def _port(visit: Visit) -> RulesPort:
    return visit.desk.rules or _refuse(visit, "此服务没有接上规则功能，请用 callqa review 启动", 404)


def _refuse(visit: Visit, sentence: str, status: int = 422) -> NoReturn:
    visit.refuse(sentence, status)


def _lines(text: str) -> str:
    r"""A text with the line ends of a file: browsers send ``\r\n``."""
    return text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")


def _size(file: PolicyFile) -> tuple[int, int, int]:
    """How many terms or items a file has, and how many examples and counterexamples."""
    document = file.document
    if isinstance(document, Scorecard):
        return len(document.criteria), len(document.examples), 0
    terms = document.phrases if isinstance(document, LexiconFile) else document.rules
    return len(terms), sum(len(each.examples) for each in terms), sum(len(each.counterexamples) for each in terms)


_WORDS: dict[str, Any] = {
    "KINDS": {kind: kind.title for kind in Kind},
    "DRAFT_STATES": {state: state.title for state in DraftState},
    "Kind": Kind,
    "files": urlencode,
}
