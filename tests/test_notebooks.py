"""Notebooks run as they are committed, on whatever a night leaves, and are committed without what they showed."""

import re
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from pipeline.call import Call, Rejected, Status
from pipeline.detectors import detect
from pipeline.evaluation import evaluate
from pipeline.lexicon import bundled_lexicons, digest_of
from pipeline.result import CallResult
from pipeline.scorecard import find_scorecard
from pipeline.store import Store
from tests.builders import CALL, RECORDING, hearing

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
NIGHT = next(path for path in NOTEBOOKS if path.name == "night.ipynb")

POLITE = (
    "坐席：您好，这里是阳光家政，工号一零零一，请问有什么可以帮到您",
    "客户：我要投诉，阿姨迟到了",
    "坐席：非常抱歉给您添麻烦了，请问还有其他可以帮到您吗",
    "客户：没有了",
    "坐席：感谢您的来电，再见",
)
RUDE = ("坐席：你好，什么事", "客户：我要投诉", "坐席：这个不归我管，随便你", "客户：好吧")


def a_call(call_id: str) -> Call:
    return replace(CALL, id=call_id, recording_name=f"{call_id}.wav")


def judged(call_id: str, *lines: str, role_confidence: float = 0.99) -> CallResult:
    card = find_scorecard("kf01")
    lexicons = [lexicon for lexicon in bundled_lexicons() if lexicon.file.name in card.lexicons]
    recording = replace(RECORDING, id=f"sha256 of {call_id}", uri=f"file:///{call_id}.wav")
    heard = hearing(*lines, call=a_call(call_id), recording=recording)
    heard = replace(heard, quality=replace(heard.quality, role_confidence=role_confidence))
    findings = detect(heard, lexicons)
    evaluation = evaluate(heard, findings, card, digest_of(lexicons))
    return CallResult(
        heard.call,
        evaluation.status,
        recording=recording,
        hearing=heard,
        findings=findings,
        evaluation=evaluation,
    )


def unanswered(call_id: str) -> CallResult:
    call = replace(a_call(call_id), answered=False, answered_at=None)
    heard = hearing(call=call)
    return CallResult(
        call, Status.UNSCORABLE, "transcribe", "no_answer", "无人接听", recording=heard.recording, hearing=heard
    )


def failed(call_id: str) -> CallResult:
    return CallResult.rejected(Rejected(call_id, "cdr.csv:6", "no_recording", f"{call_id}.wav is not there"))


def shown(monkeypatch: pytest.MonkeyPatch, folder: Path, *results: CallResult) -> list[str]:
    """What the night's notebook shows of a store with these results: HTML of tables, SVG of charts."""
    address = f"sqlite:///{folder}/callqa.db"
    with Store.open(address) as store:
        for result in results:
            store.save_result(result)
    monkeypatch.setenv("CALLQA_STORE", address)
    notebook = nbformat.read(NIGHT, as_version=4)
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(NIGHT.parent)}}).execute()
    shows = [output.data for cell in notebook.cells for output in cell.get("outputs", ()) if "data" in output]
    return [view.get("text/html") or view.get("image/svg+xml") for view in shows]


def with_columns(shows: list[str], *columns: str) -> str:
    """The one table that has these columns."""
    (table,) = [show for show in shows if all(f"<th>{column}</th>" in show for column in columns)]
    return table


def test_night_shows_what_the_store_holds(monkeypatch, tmp_path):
    night = (
        judged("C-POLITE", *POLITE),
        judged("C-RUDE", *RUDE),
        judged("C-SWAPPED", *POLITE, role_confidence=0.6),
        unanswered("C-NOBODY"),
        failed("C-LOST"),
    )
    shows = shown(monkeypatch, tmp_path, *night)

    charts = [show for show in shows if show.startswith("<svg")]
    assert len(charts) == 5
    assert "5 通电话的结果" in charts[0]
    addresses = set(re.findall(r"(?:https?:)?//[\w.]+", " ".join(shows)))
    assert addresses == {"http://www.w3.org"}, "a chart asks for something from outside"

    not_scored = with_columns(shows, "原因", "说明")
    assert re.findall(r"<th>(C-\w+)</th>", not_scored) == ["C-LOST", "C-NOBODY"]

    banned = with_columns(shows, "禁用语", "听到")
    assert re.findall(r"<th>(C-\w+)</th>", banned) == ["C-RUDE"] * 2
    assert "随便你" in banned
    assert "不归我管" in banned

    lost = with_columns(shows, "失分", "得分率")
    manners = re.search(r"KF01-4 电话礼仪</th>(.*?)</tr>", lost, re.DOTALL)
    assert re.findall(r"<td>(.*?)</td>", manners[1]) == ["30.0", "45.0", "15.0", "66.7"]

    doubtful = with_columns(shows, "角色把握", "为什么")
    assert re.findall(r"<th>(C-\w+)</th>", doubtful)[0] == "C-SWAPPED"
    assert "请人工核对角色" in doubtful


def test_night_of_failures_is_shown_too(monkeypatch, tmp_path):
    shows = shown(monkeypatch, tmp_path, failed("C-LOST"))
    assert "C-LOST" in with_columns(shows, "原因", "说明")
    assert "C-LOST" not in with_columns(shows, "禁用语", "听到")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_committed_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    ran = [
        cell.id for cell in notebook.cells if cell.cell_type == "code" and (cell.outputs or cell.execution_count)
    ]
    assert ran == [], "clear the outputs: they show what customers said"
