"""A desk in which everything that anybody can write is hostile text with a name of its own: who sees it is seen.

Two agents in two teams, a good and a bad call of each; verdicts, disputes, plan edits, a flag, sampling plans, a
calibration, a draft and a filter beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from fastapi.routing import APIRoute

from flows.desk.server import desk_of
from flows.month.ledger import Remark, raise_flag
from flows.month.month import monthly
from flows.night.stages import result_of
from flows.policy.policy import policy_of
from flows.settings import Settings
from pipeline.access.accounts import Account, Post, Scope
from pipeline.call import Status
from pipeline.desk import Desk
from pipeline.desk.pages import pages
from pipeline.indicators.roster import Membership
from pipeline.notices import Notice, NoticeKind, counted
from pipeline.scorecard import find_scorecard
from pipeline.store import Store
from pipeline.validation.calibration import Rating, scales_of
from tests.builders import CALL, EARS, hearing
from tests.desks import TEAM, client, people
from tests.test_library import LIST
from tests.test_month import BAD, GOOD

MONTH = "2025-03"
OTHER_TEAM = "热线二组"
PHONE = "13800138000"
SETTINGS = Settings(companies=("阳光家政",))
LEAD2 = Account("qian", "钱班长", Post.TEAM_LEAD, team=OTHER_TEAM)


def evil(name: str) -> str:
    """Hostile text that begins like a formula and is found by its name, of letters: no mask changes it."""
    return f"={name}\"'><img src=x onerror={name}>"


@dataclass(frozen=True)
class Side:
    """One agent's half of the desk: what stands in its addresses and forms, and the names of what is planted."""

    agent: str
    who: str
    team: str
    call: str
    dispute: int
    markers: tuple[str, ...]


SIDES = (
    Side(
        "1001", "lin", TEAM, "1001-bad", 1,
        ("Mturnone", "Mnameone", "Mwordone", "Mnoteone", "Mplanone", "Mflagone", "Mdoubtone"),
    ),
    Side(
        "1002", "zhao", OTHER_TEAM, "1002-bad", 2,
        ("Mturntwo", "Mnametwo", "Mwordtwo", "Mnotetwo", "Mplantwo", "Mflagtwo", "Mdoubttwo"),
    ),
)  # fmt: skip


def lost(store: Store, call_id: str) -> str:
    """The item that lost most of the call's points."""
    answers = store.calls.get(call_id).evaluation.answers
    return max(answers, key=lambda answer: answer.tally.possible - answer.tally.awarded).criterion_id


def planted(folder: Path) -> Path:
    """The file of a store with all of it; the rules of the deployment stand in ``rules`` beside it."""
    path = folder / "callqa.db"
    (folder / "rules").mkdir()
    ours = LIST.format(name="ours", detector="our_wording")
    (folder / "rules" / "ours.yaml").write_text(ours, encoding="utf-8")
    rules = policy_of("kf01", SETTINGS)
    with Store.open(f"sqlite:///{path}") as store:
        people(store)
        store.accounts.save(LEAD2, "test")
        store.accounts.save(replace(store.accounts.get("wang"), name="王" + evil("Maccount")), "test")
        rows = [Membership(side.agent, evil(side.markers[1]), side.team, date(2025, 1, 1), None) for side in SIDES]
        store.roster.save(rows, "test")
        for side in SIDES:
            for kind, lines in (("bad", BAD), ("good", GOOD)):
                said = (*lines, f"客户：{evil(side.markers[0])}我的电话是{PHONE}")
                call = replace(
                    CALL,
                    id=f"{side.agent}-{kind}",
                    agent_id=side.agent,
                    agent_name=evil(side.markers[1]),
                    queue=evil(side.markers[1]),
                    caller=evil(side.markers[0]),
                )
                heard = hearing(*said, call=call)
                heard = replace(heard, recording=replace(heard.recording, id=f"sha{side.agent}{kind}"))
                store.calls.save(result_of(heard, rules, EARS))
        doubts = [(side.call, Notice(NoticeKind.DURATION_APART, "", evil(side.markers[6]))) for side in SIDES]
        store.nights.save("night", {Status.EVALUATED: 4}, counted(doubts))
        _acted(store, folder)
    return path


def _acted(store: Store, folder: Path) -> None:
    """What people do at the desk, each through the desk itself: every form is tried by somebody who may send it."""
    desk = desk_of(store, SETTINGS.model_copy(update={"rules": folder / "rules"}))
    send = {who: client(desk, who) for who in ("lin", "zhao", "sun", "wang", "li", "chen", "zhou")}

    def post(who: str, path: str, **form: object) -> None:
        answer = send[who].post(path, data=form)
        assert answer.status_code in (200, 303), (who, path, answer.status_code, answer.text)

    for side in SIDES:
        worst, call = lost(store, side.call), side.call
        post(side.who, f"/calls/{call}/disputes", criterion=worst, reason="context", words=evil(side.markers[2]))
        other = next(
            a.criterion_id
            for a in store.calls.get(call).evaluation.answers
            if a.criterion_id != worst and a.outcome == "not_met"
        )
        seen = str(store.answers.seen(call))
        post(
            "chen",
            f"/calls/{call}/answers",
            criterion=other,
            kind="overturn",
            seen=seen,
            reason="other",
            note=evil(side.markers[3]) + PHONE,
        )
    monthly(str(store.engine.url), MONTH, close_by="陈主管")
    for side in SIDES:
        raise_flag(Remark(side.agent, MONTH, "chen", evil(side.markers[5])), str(store.engine.url), "kf01")
        planned = store.plans.of_agent(MONTH, "kf01", side.agent)[0]
        form = {"month": MONTH, "standard": "kf01", "agent": side.agent, "number": planned.number}
        form["criterion"] = planned.row.criterion_id
        post(
            "chen",
            "/months/plan",
            **form,
            seen=0,
            due="2025-04-30",
            cause=evil(side.markers[4]),
            actions="练习",
            owner="班长",
        )
    post("chen", "/queue/plans", name=evil("Msampletwo"), percent="100", team=OTHER_TEAM)
    post("chen", "/queue/plans", name=evil("Msampleone"), percent="100", team=TEAM)
    post("li", "/queue/filters", name=evil("Mfilter"), queue="agent=1002")
    post(
        "zhou",
        "/rules/drafts",
        text=LIST.format(name="drafted", detector="d").replace("我们的用语", "=Mdraft<img src=x>"),
        why=evil("Mdraft"),
    )
    card = find_scorecard("kf01")
    own = store.calibrations.deal(evil("Mcalibration"), card, None, ["1002-good"], ["li", "chen"], "chen")
    first = scales_of(card)[0]
    for who, choice in (("li", first.choices[0]), ("chen", first.choices[-1])):
        rating = Rating("1002-good", first.criterion, "", choice, None, evil("Mrating"))
        store.calibrations.answer(own.id, [rating], who)
    store.calibrations.close(own.id, "chen")


def desk_at(path: Path, store: Store) -> Desk:
    """The desk over a copy of the store, with the folder of rules that was made with it."""
    return desk_of(store, SETTINGS.model_copy(update={"rules": path.parent / "rules", "playback": path.parent}))


def api_routes() -> Iterator[tuple[str, APIRoute]]:
    """Every route with its method."""
    for page in pages():
        yield from page.routes


def values(store: Store, side: Side, path: str) -> dict[str, str]:
    """For every name that an address or a form can have, what would make most of it on this side of the desk."""
    call, criterion = side.call, lost(store, side.call)
    dispute = store.disputes.get(side.dispute)
    n = SIDES.index(side) + 1
    given = {
        "call_id": call, "call": call, "calls": call, "agent": side.agent, "team": side.team,
        "criterion": criterion,
        "item": criterion, "month": MONTH, "standard": "kf01", "q": "电话", "status": "all", "plan": str(n),
        "id": str(side.dispute), "number": str(n), "account": "nobody", "kind": "overturn", "name": "x", "to": "li",
        "reason": "other", "note": "y", "words": "z",
        "seen": str(store.answers.seen(call)), "acts": str(store.answers.seen(call)),
        "ruling": "rejected", "assignee": "chen", "act": "take", "text": "改", "turn": "0", "role": "agent",
        "word": "signed", "last": "1", "due": "2025-04-30", "cause": "c", "actions": "a", "owner": "o",
        "scorecard": "kf01", "how": "chosen", "reviewers": "wang", "percent": "10", "password": "x", "new": "x",
        "again": "x", "post": "qa", "next": "/", "why": "w", "against": "kf01", "what": "answer",
    }  # fmt: skip
    if path.startswith("/disputes/"):
        given |= {"seen": str(dispute.version)}
    if path.startswith("/calibration/"):
        given |= {"id": "1", "number": "1", "choice-0": find_choice(), "note-0": "n"}
    if path.startswith("/rules"):
        given |= {"kind": "lexicon", "name": "ours", "number": "1", "draft": "1", "role": "", "calls": call}
        given |= {"text": ""} if path == "/rules/try" else {"text": LIST.format(name="more", detector="m")}
    if path.startswith("/months/plan"):
        planned = store.plans.of_agent(MONTH, "kf01", side.agent)[0]
        given |= {"seen": str(planned.last), "number": str(planned.number), "criterion": planned.row.criterion_id}
    if path.endswith("/form"):
        given |= {"as": "xlsx"}
    if path == "/months/acknowledge":
        shown = next(c for c in store.months.closings(Scope()) if (c.month, c.standard) == (MONTH, "kf01"))
        given |= {"word": "seen", "last": "0", "closing": str(shown.id)}
    if path == "/search":
        given |= {"role": "", "agent": "", "team": ""}
    return given


def find_choice() -> str:
    """A choice of the first item of the calibration."""
    return scales_of(find_scorecard("kf01"))[0].choices[0]


def addressed(path: str, given: dict[str, str]) -> str:
    """The address with its parts filled in."""
    return re.sub(r"{(\w+)}", lambda part: given[part[1]], path)
