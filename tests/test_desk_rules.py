"""The page of the rules: files in force, drafts checked, tried, measured and released by a second person."""

import hashlib
import html
import re
from dataclasses import replace

import pytest

from flows.desk.rules import RulePorts
from flows.desk.server import desk_of
from flows.night.judgement import result_of
from flows.policy.library import library_of
from flows.policy.policy import policy_of
from flows.settings import Settings, load_settings
from pipeline.errors import ConfigurationError
from pipeline.scorecard.drafts import DraftState, Kind
from pipeline.store import Store
from tests.builders import CALL, EARS, hearing
from tests.desks import client, people
from tests.test_library import CARD, LIST, RULES

OURS = LIST.format(name="ours", detector="our_wording")
NEXT = OURS.replace("revision: 1", "revision: 2").replace("[家和万事兴]", "[家和万事兴, 我想约一次保洁]")
HTMX = {"HX-Request": "true"}
MONTH = "2025-03"


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    """A store with three calls; a folder of the deployment's own with one list."""
    folder = tmp_path_factory.mktemp("rules")
    rules = policy_of("kf01", load_settings())
    with Store.open(f"sqlite:///{folder}/callqa.db") as store:
        people(store)
        for number in range(3):
            lines = ("坐席：您好我想约一次保洁", "客户：好的", "坐席：祝您家和万事兴" if number else "坐席：再见")
            heard = hearing(*lines, call=replace(CALL, id=f"C{number}", agent_id=f"100{number + 1}"))
            heard = replace(heard, recording=replace(heard.recording, id=f"sha{number}"))
            store.calls.save(result_of(heard, rules, EARS))
        with store.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder / "callqa.db"


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "rules"
    made.mkdir()
    (made / "eigene.yaml").write_text(OURS, encoding="utf-8")
    return made


@pytest.fixture
def desk(calls, tmp_path, folder):
    (tmp_path / "callqa.db").write_bytes(calls.read_bytes())
    with Store.open(f"sqlite:///{tmp_path}/callqa.db") as store:
        yield desk_of(store, Settings(rules=folder))


def proposed(desk, text=NEXT, who="zhou"):
    answer = client(desk, who).post("/rules/drafts", data={"text": text, "why": "补一句"})
    assert answer.status_code == 303, answer.text
    return int(answer.headers["location"].rsplit("/", 1)[1])


# --- what is in force


def test_files_in_force_are_shown_with_their_versions_and_sources(desk):
    browser = client(desk, "wang")
    page = browser.get("/rules")
    assert page.status_code == 200
    for name in "banned", "ours", "service", "kf01", "roles":
        assert f"name={name}" in page.text
    files = {(file.kind, file.name): file for file in desk.rules.lists()}
    assert files[Kind.LEXICON, "ours"].own
    assert not files[Kind.LEXICON, "banned"].own
    assert files[Kind.LEXICON, "banned"].version in page.text
    required = browser.get("/rules/file?kind=lexicon&name=required")
    card = desk.months.standard("kf01")
    assert any(criterion.standard in required.text for criterion in card.criteria), "the sentence that asks for it"
    for path in "kind=rules&name=service", "kind=standard&name=kf01", "kind=lexicon&name=roles":
        assert browser.get(f"/rules/file?{path}").status_code == 200
    for path in "kind=lexicon&name=nothing", "kind=standard&name=..%2Fkf01", "kind=lexicon&name=%00":
        assert browser.get(f"/rules/file?{path}").status_code == 404
    assert browser.get("/rules/file?kind=x&name=y").status_code == 422
    assert "新提草案" not in page.text
    assert browser.get("/rules/draft").status_code == 403


def test_a_file_written_by_somebody_else_is_seen_at_once(desk, folder):
    assert desk.rules.in_force(Kind.LEXICON, "ours").revision == 1
    (folder / "eigene.yaml").write_text(NEXT, encoding="utf-8")
    assert desk.rules.in_force(Kind.LEXICON, "ours").revision == 2


# --- lines with a folder of their own


@pytest.fixture
def two_lines(desk, tmp_path):
    """热线 is heard with the deployment's lists; 物业 has a list of its own that is called ours, too."""
    (tmp_path / "estate").mkdir()
    (tmp_path / "estate" / "ours.yaml").write_text(OURS.replace("motto", "slogan"), encoding="utf-8")
    lines = "lines:\n  - {name: 家政线, standard: kf01, queues: [热线]}\n"
    lines += "  - {name: 物业线, standard: kf01, queues: [物业], rules: estate}\n"
    (tmp_path / "lines.yaml").write_text(lines, encoding="utf-8")
    settings = desk.rules.settings.model_copy(update={"lines": tmp_path / "lines.yaml"})
    return replace(desk.rules, settings=settings)


def test_a_draft_says_for_which_line_it_is_idle_and_is_tried_on_the_others_only(two_lines):
    told = [each.told for each in two_lines.check(NEXT).problems]
    assert told == ["业务线“物业线”的文件夹里有自己的“ours”，这份草案发布后对这条业务线不起作用"]
    assert not two_lines.check(NEXT).errors
    assert two_lines.try_text(NEXT, ["C0", "C1"]).calls == 2
    store = two_lines.store
    moved = store.calls.get("C1")
    call = replace(moved.call, queue="物业")
    store.calls.save(replace(moved, call=call, hearing=replace(moved.hearing, call=call)))
    tried = two_lines.try_text(NEXT, ["C0", "C1"])
    assert (tried.calls, tried.missing) == (1, ("C1",))
    with pytest.raises(ConfigurationError, match="都有自己的“ours”"):
        two_lines.try_text(NEXT, ["C1"])


def test_a_draft_is_checked_with_the_lists_of_each_line(two_lines, tmp_path):
    """A standard of the line may ask for a term that only the line's list has."""
    estate = CARD.replace("name: ours", "name: kf01").replace("revision: 1", "revision: 9")
    wrong = {each.told for each in two_lines.check(estate).errors}
    assert any("motto" in each for each in wrong), "the line 物业线 has slogan in its place"
    alone = replace(two_lines, settings=two_lines.settings.model_copy(update={"lines": None}))
    assert not any("motto”" in each.told for each in alone.check(estate).errors)


# --- the check


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "是空的"),
        ("name: x\nphrases: [", "is not valid YAML"),
        ("- 1\n- 2\n", "既不是词库"),
        ("phrases: 3\nname: x\n", "revision"),
        ("name: x\nrevision: 一\nphrases: []\n", "第 2 行"),
        (OURS, "revision 是 1，须大于现行第 1 版"),
        (NEXT.replace("name: ours", "name: ../x"), "不能作文件名"),
        (NEXT.replace("祝您家和万事兴", "没有这一句"), "motto"),
        (NEXT.replace("[家和万事兴, 我想约一次保洁]", "[祝福]"), "motto"),
        (OURS.replace("name: ours", "name: service").replace("revision: 1", "revision: 9"), "里已有“service”"),
        ("x" * 200_001, "最多 200000 字"),
    ],
)
def test_what_is_wrong_in_a_draft_is_said_with_its_line(desk, text, said):
    checked = desk.rules.check(text)
    assert checked.errors
    assert said in checked.errors[0].told
    answer = client(desk, "zhou").post("/rules/check", data={"text": text[:150_000]}, headers=HTMX)
    assert answer.status_code == 200
    refused = client(desk, "zhou").post("/rules/drafts", data={"text": text[:150_000], "why": "试"})
    assert refused.status_code == 422
    assert desk.store.drafts.all() == ()


def test_a_list_that_breaks_a_rule_beside_it_is_told(desk, folder):
    (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
    checked = desk.rules.check(NEXT.replace("term: motto", "term: slogan"))
    assert "does not hold in its example" in checked.errors[0].told
    assert desk.rules.check(NEXT).errors == ()


def test_a_list_that_leaves_a_standard_without_its_phrase_is_told(desk):
    shipped = desk.rules.in_force(Kind.LEXICON, "required")
    text = shipped.text.replace(f"revision: {shipped.revision}", f"revision: {shipped.revision + 1}", 1)
    assert desk.rules.check(text).errors == ()
    checked = desk.rules.check(text.replace("term: greeting", "term: hello"))
    assert any("评分表 kf01 会不能评分" in problem.told for problem in checked.errors)


# --- trying


def test_a_draft_is_tried_on_calls_and_leads_to_where_it_is_heard(desk):
    browser = client(desk, "zhou")
    tried = browser.post("/rules/try", data={"text": NEXT, "calls": "C0，C1 C9\nC2"}, headers=HTMX)
    assert (tried.status_code, "没有通话 C9" in tried.text) == (404, True)
    tried = browser.post("/rules/try", data={"text": NEXT.replace("\n", "\r\n"), "calls": "C0,C1"}, headers=HTMX)
    assert tried.status_code == 200
    assert "/calls/C0?at=" in tried.text
    assert "<html" not in tried.text
    sampled = browser.post("/rules/try", data={"kind": "lexicon", "name": "ours", "month": MONTH, "size": 2})
    assert "：2 通" in sampled.text
    assert desk.rules.sample(MONTH, 2) == desk.rules.sample(MONTH, 2)
    note = list(desk.store.audit.lines())[-1].note
    assert (note.action, note.about, note.new["calls"]) == ("try_rules", "ours", list(desk.rules.sample(MONTH, 2)))
    for data, said in (
        ({"text": NEXT}, "请粘贴通话编号"),
        ({"calls": "C1"}, "没有要试的内容"),
        ({"text": NEXT, "month": "2024-01"}, "没有听过的通话"),
        ({"text": "name: [", "calls": "C1"}, "is not valid YAML"),
        ({"text": NEXT, "calls": " ".join(f"C{n}" for n in range(51))}, "最多粘贴 50"),
        ({"text": NEXT, "calls": "C1", "size": 0}, "填写有误"),
    ):
        wrong = browser.post("/rules/try", data=data)
        assert (wrong.status_code, said in wrong.text) == (422, True), said


def test_nobody_tries_on_calls_out_of_scope(desk):
    agent = client(desk, "lin")
    own = agent.post("/rules/try", data={"kind": "lexicon", "name": "ours", "calls": "C0"})
    assert own.status_code == 200
    assert agent.post("/rules/try", data={"kind": "lexicon", "name": "ours", "calls": "C1"}).status_code == 403
    sample = agent.post("/rules/try", data={"kind": "lexicon", "name": "ours", "month": MONTH})
    assert (sample.status_code, "您的范围内" in sample.text) == (422, True)
    assert client(desk, "admin").post("/rules/try", data={"calls": "C1"}).status_code == 403


# --- the way of a draft


def test_a_list_is_proposed_measured_and_released_by_a_second_person(desk, folder):
    number = proposed(desk)
    proposer, lead = client(desk, "zhou"), client(desk, "chen")
    assert proposer.post(f"/rules/drafts/{number}/measure", data={"month": MONTH}).status_code == 303
    page = proposer.get(f"/rules/drafts/{number}")
    assert "新增命中 3" in page.text
    assert "我想约一次保洁" in page.text
    assert 'class="added"' in page.text
    assert proposer.post(f"/rules/drafts/{number}/release").status_code == 403
    assert (folder / "eigene.yaml").read_text(encoding="utf-8") == OURS
    done = lead.post(f"/rules/drafts/{number}/release", data={"note": "同意"})
    assert done.status_code == 303
    written = (folder / "eigene.yaml").read_bytes()
    assert written == NEXT.encode(), "in place of the file that has this name, whatever that is called"
    assert sorted(path.name for path in folder.iterdir()) == ["eigene.yaml"]
    assert desk.rules.in_force(Kind.LEXICON, "ours").revision == 2
    assert {each.file.name: each.file.revision for each in library_of(Settings(rules=folder)).lexicons}["ours"] == 2
    note = list(desk.store.audit.lines())[-1].note
    assert (note.by, note.action) == ("chen", "draft_released")
    assert (note.old["sha256"], note.new["sha256"]) == tuple(
        hashlib.sha256(content).hexdigest() for content in (OURS.encode(), written)
    )
    again = lead.post(f"/rules/drafts/{number}/release")
    assert (again.status_code, "已发布" in again.text) == (422, True)


def test_a_lead_does_not_release_the_own_draft(desk):
    number = proposed(desk, who="chen")
    answer = client(desk, "chen").post(f"/rules/drafts/{number}/release")
    assert (answer.status_code, "须由另一人发布" in answer.text) == (422, True)
    assert client(desk, "zhou").post(f"/rules/drafts/{number}/withdraw").status_code == 422
    assert client(desk, "chen").post(f"/rules/drafts/{number}/withdraw").status_code == 303
    assert desk.store.drafts.get(number).state is DraftState.WITHDRAWN


def test_a_draft_is_rejected_with_a_reason(desk):
    number = proposed(desk)
    lead = client(desk, "chen")
    assert lead.post(f"/rules/drafts/{number}/reject").status_code == 422
    assert lead.post(f"/rules/drafts/{number}/reject", data={"note": "<b>不妥"}).status_code == 303
    page = lead.get(f"/rules/drafts/{number}").text
    assert "&lt;b&gt;不妥" in page
    assert lead.get("/rules/drafts/999").status_code == lead.post("/rules/drafts/999/release").status_code == 404


def test_a_draft_of_what_changed_meanwhile_is_not_released(desk, folder):
    first, second = proposed(desk), proposed(desk, NEXT.replace("revision: 2", "revision: 3"))
    lead = client(desk, "chen")
    assert lead.post(f"/rules/drafts/{first}/release").status_code == 303
    refused = lead.post(f"/rules/drafts/{second}/release")
    assert (refused.status_code, "已经改过" in refused.text) == (422, True)
    assert (folder / "eigene.yaml").read_text(encoding="utf-8") == NEXT
    assert desk.store.drafts.get(second).state is DraftState.PROPOSED


def test_without_a_folder_nothing_is_released_and_the_page_says_so(calls, tmp_path):
    (tmp_path / "callqa.db").write_bytes(calls.read_bytes())
    with Store.open(f"sqlite:///{tmp_path}/callqa.db") as store:
        desk = desk_of(store, Settings())
        number = proposed(desk, OURS)
        assert "没有设置 CALLQA_RULES" in client(desk, "chen").get(f"/rules/drafts/{number}").text
        refused = client(desk, "chen").post(f"/rules/drafts/{number}/release")
        assert (refused.status_code, "没有设置 CALLQA_RULES" in refused.text) == (422, True)
        assert store.drafts.get(number).state is DraftState.PROPOSED


def test_a_file_that_cannot_be_recorded_is_taken_back(desk, folder, monkeypatch):
    number = proposed(desk)
    decide = desk.store.drafts.decide

    def gone(*args, **words):
        decide(*args, **words)
        raise ConfigurationError("数据库断开")

    monkeypatch.setattr(type(desk.store.drafts), "decide", lambda self, *args, **words: gone(*args, **words))
    with pytest.raises(ConfigurationError, match="断开"):
        desk.rules.release(number, "chen", "")
    assert (folder / "eigene.yaml").read_text(encoding="utf-8") == OURS


def test_a_standard_goes_to_a_folder_that_the_lists_do_not_read(desk, folder, monkeypatch):
    monkeypatch.setenv("CALLQA_RULES", str(folder))
    (folder / "eigene.yaml").unlink()  # the calls were not searched for its phrase
    text = CARD.split("    parts:")[0].replace("name: ours", "name: hotline").replace("[ours]", "[required]")
    text += """    parts:
      - {title: 问候, rule: {kind: heard, detector: required_phrase, terms: [greeting]}}
grades: [{name: 合格, least: 60}, {name: 不合格, least: 0}]
"""
    number = proposed(desk, text)
    lead = client(desk, "chen")
    measured = lead.post(f"/rules/drafts/{number}/measure", data={"month": MONTH, "against": "kf01"})
    assert measured.status_code == 303, measured.text
    (event,) = desk.store.drafts.get(number).reports
    assert event.report.figures[0] == ("坐席", "3")
    assert event.report.rows
    assert lead.post(f"/rules/drafts/{number}/release").status_code == 303
    path = folder / "standards" / "hotline-1.yaml"
    assert path.read_text(encoding="utf-8") == text
    assert "callqa rescore --standard hotline" in lead.get(f"/rules/drafts/{number}").text
    assert desk.rules.in_force(Kind.STANDARD, "hotline").own
    assert library_of(Settings(rules=folder)).files == library_of(Settings()).files, "the lists stay as they were"
    begins = str(desk.rules.in_force(Kind.STANDARD, "hotline").document.effective_from)
    for day, is_told in ((begins, True), ("2020-01-01", True), ("2030-01-01", False)):
        later = text.replace("revision: 1", "revision: 2").replace(
            f"effective_from: {begins}", f"effective_from: {day}"
        )
        said = client(desk, "zhou").post("/rules/check", data={"text": later}).text
        told = f"effective_from 是 {day}，不晚于现行第1版的 {begins}"
        assert (told in said) is is_told, day
    number = proposed(desk, text.replace("revision: 1", "revision: 2"))
    assert "不晚于现行第1版" in lead.get(f"/rules/drafts/{number}").text, "who releases it reads it, too"


def test_hostile_forms_are_refused(desk):
    browser = client(desk, "zhou")
    bomb = "a: &a [x,x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)},*{chr(97 + n)}]\n" for n in range(20)
    )
    for text in (
        "\0",
        "phrases: \0",
        "!!python/object/apply:os.system [ls]",
        bomb + "phrases: *u\nname: x\n",
        "phrases: {a: &a [*a]}",
    ):
        answer = browser.post("/rules/check", data={"text": text}, headers=HTMX)
        assert answer.status_code == 200, text[:40]
        assert "错误" in answer.text
    assert browser.get("/rules/draft?draft=99999999999999").status_code == 404
    assert browser.get("/rules/draft?draft=-1").status_code == 404
    assert browser.get("/rules/drafts/99999999999").status_code == 422
    assert RulePorts(desk.store, Settings()).folder is None


def test_calls_are_judged_on_the_desk_by_the_standard_that_was_released(desk, folder):
    (folder / "standards").mkdir()
    path = folder / "standards" / "ours.yaml"
    path.write_text(
        CARD.replace(
            "      - {title: 道别, rule: {kind: heard, detector: rule, terms: [motto_last]}}\n", ""
        ).replace("2026-01-01", "2025-01-01")
    )
    rules = policy_of(str(path), Settings(rules=folder))
    desk.store.calls.save(result_of(desk.store.hearings.original("C0"), rules, EARS))
    assert desk.card("ours").title == "我们的考核"
    assert desk.judge(desk.store.hearings.original("C0")).evaluation.scorecard == "ours"
    (effect,) = desk.effect("C0")
    assert effect.after.scorecard == "ours"
    browser = client(desk, "wang")
    assert "口号" in browser.get("/calls/C0/scorecard").text
    path.write_text(
        path.read_text()
        .replace("revision: 1", "revision: 2")
        .replace("title: 口号\n    st", "title: 新口号\n    st")
    )
    assert desk.card("ours").revision == 2, "no restart is needed"
    assert desk.judge(desk.store.hearings.original("C0")).evaluation.revision == 2
    page = browser.get("/calls/C0/scorecard").text
    assert "新口号" in page
    assert "第 1 版评的" in page


# --- items that ask for others


DEPENDS = """\
name: depends
title: 有先后的考核
revision: 1
effective_from: 2025-01-01
source: 示例
lexicons: [required, apology]
levels: {符合: 1.0, 不符合: 0.0}
cutoffs: {符合: 1.0}
criteria:
  - id: A
    title: 问候
    standard: 先问候。
    source_class: A
    points: 50
    parts: [{title: 问候, rule: {kind: heard, detector: required_phrase, terms: [thanks]}}]
  - id: B
    title: 致歉
    standard: 没有问候的，致歉。
    source_class: A
    points: 50
    parts:
      - title: 致歉
        rule:
          kind: condition
          when: {item: {id: A, is: not_met}}
          condition: {found: {detector: apology, terms: [sincere]}}
"""


def test_the_call_page_says_what_followed_from_a_persons_answer(desk, folder):
    (folder / "standards").mkdir()
    (folder / "standards" / "depends.yaml").write_text(DEPENDS, encoding="utf-8")
    settings = desk.rules.settings
    heard = hearing("坐席：您好我想约一次保洁", "客户：好的", call=replace(CALL, id="C9"))
    heard = replace(heard, recording=replace(heard.recording, id="sha9"))
    result = result_of(heard, policy_of("depends", settings), EARS)
    assert result.evaluation.score == 0.0
    desk.rules.store.calls.save(result)
    browser = client(desk, "wang")
    followed = "“致歉”取决于“问候”，随人工结论由“不符合”变为“不适用”"
    page = browser.get("/calls/C9").text
    assert followed not in page
    seen = re.search(r'name="seen" value="([^"]*)"', page)[1]
    said = {"criterion": "A", "kind": "level", "level": "符合", "reason": "assessed", "seen": html.unescape(seen)}
    answer = browser.post("/calls/C9/answers", data=said, headers=HTMX)
    assert answer.status_code == 200, answer.text
    assert followed in answer.text
    assert followed in browser.get("/calls/C9").text
