"""Notebooks run as they are committed, on whatever a night leaves, and are committed without what they showed."""

import base64
import json
import os
import re
from collections.abc import Iterable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import ClassVar

import nbformat
import numpy as np
import pytest
from jupyter_client import KernelManager
from nbclient import NotebookClient
from scipy.io import wavfile

from models.classifiers import read_card
from pipeline.audio.audio import SAMPLING_RATE, open_recording
from pipeline.call import Call, Rejected, Status
from pipeline.evaluation import evaluate
from pipeline.evaluation.result import CallResult
from pipeline.findings.detection import detect
from pipeline.lexicon import bundled_lexicons, digest_of
from pipeline.scorecard import find_scorecard
from pipeline.store import Store
from pipeline.validation.learning.labels import Label
from pipeline.validation.learning.registry import Stage
from tests.builders import CALL, RECORDING, hearing
from tests.test_classifiers import COMPLAINTS, QUESTIONS, label, reviewed
from tests.truths import a_line, a_result, a_truth, a_turn

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
CALLS = Path(__file__).parent / "calls"
SHOWN = ("text/html", "image/svg+xml", "text/markdown")
EMBEDDED = re.compile(r"data:audio/wav;base64,[A-Za-z0-9+/=]+")
ADDRESS = re.compile(r"(?:https?:)?//[\w.]+")
NAMESPACE = "http://www.w3.org"  # of SVG: a name, not a place that is asked

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


class Kernel:
    """One process in which all notebooks run, each in a namespace and settings of its own: loading takes time."""

    manager: ClassVar[KernelManager]
    begin = (
        "%reset -f\nimport os\nfor name in [each for each in os.environ if each.startswith('CALLQA_')]:\n"
        "    del os.environ[name]\nos.environ.update({environment!r})\ndel os"
    )


@pytest.fixture(scope="module", autouse=True)
def kernel():
    Kernel.manager = KernelManager(kernel_name="python3")
    Kernel.manager.start_kernel(cwd=str(FOLDER))
    yield
    Kernel.manager.shutdown_kernel(now=True)


def executed(monkeypatch: pytest.MonkeyPatch, name: str, **environment: object) -> list[str]:
    """What a notebook shows: HTML of tables and sounds, SVG of charts, sentences. It asks nothing from outside."""
    for variable, value in environment.items():
        monkeypatch.setenv(f"CALLQA_{variable}", str(value))
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    own = {name: value for name, value in os.environ.items() if name.startswith("CALLQA_")}
    notebook.cells.insert(0, nbformat.v4.new_code_cell(Kernel.begin.format(environment=own)))
    client = NotebookClient(notebook, km=Kernel.manager, timeout=120)
    try:
        client.execute()
    finally:
        client.kc.stop_channels()
    views = [output.data for cell in notebook.cells for output in cell.get("outputs", ()) if "data" in output]
    shows = [view[next(kind for kind in SHOWN if kind in view)] for view in views]
    assert {address for show in shows for address in ADDRESS.findall(EMBEDDED.sub("", show))} <= {NAMESPACE}
    return shows


def shown(monkeypatch: pytest.MonkeyPatch, folder: Path, *results: CallResult) -> list[str]:
    """What the night's notebook shows of a store with these results."""
    return executed(monkeypatch, "night", STORE=kept(folder, *results))


def kept(folder: Path, *results: CallResult, labels: Iterable[Label] = ()) -> str:
    """The address of a store that holds these results and labels."""
    address = f"sqlite:///{folder}/callqa.db"
    with Store.open(address) as store:
        for result in results:
            store.calls.save(result)
        store.labels.add(labels)
    return address


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


SENTENCES = {
    "transcription": "没有可比的转写",
    "classifier": "没有训练",
    "threshold": "没有可用的标签",
    "calibration": "没有可比的标签",
    "errors": "没有可听的",
}


@pytest.mark.parametrize("name", SENTENCES)
def test_an_empty_store_is_told_in_a_sentence(monkeypatch, tmp_path, name):
    shows = executed(monkeypatch, name, STORE=kept(tmp_path), SEEDS=0)
    assert SENTENCES[name] in " ".join(shows)
    assert not any("<svg" in show for show in shows)


def spoken(text: str, start: float) -> list[tuple[float, float, str]]:
    return [(start + n * 0.25, start + (n + 1) * 0.25, character) for n, character in enumerate(text)]


def row(table: str, index: str) -> list[str]:
    """The cells of the row of a table that has this index."""
    return re.findall(r"<td>(.*?)</td>", re.search(rf"<th>{index}</th>(.*?)</tr>", table, re.DOTALL)[1])


def test_transcription_shows_what_was_taken_for_what(monkeypatch, tmp_path):
    lines = [a_line("agent", 5, 10, "感谢您的来电请稍等"), a_line("customer", 11, 15, "我要投诉你们")]
    (tmp_path / "C1.truth.json").write_text(json.dumps(a_truth("C1", lines)), encoding="utf-8")
    (tmp_path / "C2.truth.json").write_text(json.dumps(a_truth("C2", lines)), encoding="utf-8")  # not in the store
    turns = [a_turn("agent", *spoken("感谢您来订请烧等", 5)), a_turn("customer", *spoken("我要投诉啊你们", 11))]
    shows = executed(monkeypatch, "transcription", STORE=kept(tmp_path, a_result("C1", turns)), TRUTH=tmp_path)

    assert "其中 1 通在库里有转写" in shows[0]
    by_role = with_columns(shows, "字错率", "下限", "上限")
    assert row(by_role, "坐席") == ["0.667", "0.333", "1.0", "18"], "the call that is not there counts as unheard"
    by_call = with_columns(shows, "声道", "错字")
    assert re.findall(r"<td>(.*?)</td>", by_call) == [
        *("stereo", "坐席", "3", "9", "0.333"),
        *("stereo", "客户", "1", "6", "0.167"),
    ]
    sounds = with_columns(shows, "说", "听成", "次数")
    assert row(sounds, "韵母") == ["ian", "ing", "1"]
    assert "声母" not in sounds
    lost = with_columns(shows, "漏听的字", "多听的字")
    assert re.findall(r"<td>(.*?)</td>", lost) == ["的 ×1", "啊 ×1"]
    assert sum("<svg" in show for show in shows) == 3


def gold() -> list[Label]:
    """Sixty labels held out, of other calls and agents than those of `reviewed`."""
    return [
        label(n % 2 == 0, (COMPLAINTS if n % 2 == 0 else QUESTIONS)[n // 2 % 5], f"G{n}", f"B{n}", gold=True)
        for n in range(60)
    ]


def test_a_classifier_comes_from_labels_to_the_gate(monkeypatch, tmp_path):
    address = kept(tmp_path, labels=[*reviewed(), *gold()])
    shows = executed(monkeypatch, "classifier", STORE=address, REGISTER_BY="王工", SEEDS=60)
    said = "\n".join(shows)
    assert "库里有 130 条人工标签，其中 70 条可以用来学习。" in said
    assert "生成" not in with_columns(shows, "有", "没有"), "people have given enough"
    assert "**可以上线**（没有在用的版本）" in said
    assert "查准率 100.0%（30/30" in said
    with Store.open(address) as store:
        (draft,) = store.classifiers.versions()
    assert (draft.stage, draft.registered_by) == (Stage.DRAFT, "王工")
    assert f"已登记：`{draft.version}`" in said
    assert read_card(draft.card).num_held_out == 60
    ways = with_columns(shows, "误报不超过四十分之一时的查全率")
    assert re.findall(r"<th>(只用人工标签|在自带分类器之上|加上 \d+ 条生成的标签)</th>", ways)[:2] == [
        "只用人工标签",
        "在自带分类器之上",
    ]
    assert ways.count("<td>") == 3, "alone, on top, with the sentences"
    assert "100.0%（30/30" in with_columns(shows, "金标上的查全率")
    assert row(with_columns(shows, "阶段", "只有在用的"), draft.version)[:3] == ["草稿", "王工", "0"]
    assert "没有随机抽取的标签" in said


def test_generated_labels_are_told_and_nothing_is_registered_unasked(monkeypatch, tmp_path):
    drawn = [
        label(n < 4, QUESTIONS[n % 5], f"R{n}", f"D{n % 9}", drawn=True, rate=0.5, machine=1.0 if n < 3 else 0.0)
        for n in range(40)
    ]
    address = kept(tmp_path, labels=[*reviewed()[:20], *drawn])
    said = "\n".join(executed(monkeypatch, "classifier", STORE=address, SEEDS=120))
    assert re.search(r"加入 1\d\d 条\*\*生成的\*\*标签", said)
    assert "生成的标签（只说明模板）" in said
    assert "金标样本不足" in said
    assert "没有登记" in said
    assert re.search("随机抽取 40 条，阈值 .*查准率 100.0%.*查全率 75.0%", said), (
        "of four that hold three are claimed"
    )
    with Store.open(address) as store:
        assert store.classifiers.versions() == ()


def test_thresholds_are_priced_and_carried_over_to_a_month(monkeypatch, tmp_path):
    drawn = [
        label(n < 4, QUESTIONS[n % 5], f"R{n}", f"D{n % 9}", drawn=True, rate=0.5, machine=0.2) for n in range(40)
    ]
    address = kept(tmp_path, judged("C-POLITE", *POLITE), labels=[*reviewed(), *drawn])
    shows = executed(monkeypatch, "threshold", STORE=address, CALLS=1000, FALSE_ALARM=3, MISS=2)
    said = "\n".join(shows)
    assert "误报一次算 3，漏报一次算 2" in said
    assert "110 条人工标签，39 条有，71 条没有。" in said
    assert "每月 1000 通，每通 2.0 轮（库里 1 通的平均），共 2000 轮；其中 10.0% 确有其事（由 40 条随机抽取" in said
    rules = with_columns(shows, "误报", "漏报", "怎么选的")
    cheapest = row(rules, "代价最低")
    assert float(cheapest[5]) == 3 * int(cheapest[3]) + 2 * int(cheapest[4])
    month = with_columns(shows, "每月命中", "每月误报")
    right, wrong, missed, precision, cost = map(float, row(month, "0.50"))
    assert right + missed == pytest.approx(200, abs=1)
    assert (precision, cost) == (
        pytest.approx(right / (right + wrong), abs=0.01),
        pytest.approx(3 * wrong + 2 * missed, abs=5),
    )
    assert sum("<svg" in show for show in shows) == 3


def test_calibration_sets_people_beside_the_machine(monkeypatch, tmp_path):
    """Of ten turns that got 0.9, nine hold; of ten that got 0.2, none but one: 18 of 20 alike, half by chance."""
    labels = [
        label((n % 10 == 0) != (n < 10), f"第{n}句", f"C{n % 7}", start=float(n), machine=0.9 if n < 10 else 0.2)
        for n in range(20)
    ]
    phrase = [replace(each, criterion="banned_wording/不归我管", by="赵工") for each in labels[:5]]
    second = [replace(labels[1], by="赵工"), replace(labels[2], by="赵工")]
    unasked = [label(True, "没有机器", "C9")]
    shows = executed(monkeypatch, "calibration", STORE=kept(tmp_path, labels=[*labels, *phrase, *second, *unasked]))
    assert "28 条标签，25 处机器给过概率、人也有定论，2 个评分项。" in shows[0]
    machine = with_columns(shows, "只有机器说有", "kappa")
    cells = row(machine, "complaint")
    assert cells[:6] == ["20", "7", "9", "9", "1", "1"]
    assert (float(cells[6]), float(cells[9])) == (0.9, 0.8)
    assert float(cells[10]) < 0.8 < float(cells[11])
    people = with_columns(shows, "只有甲说有", "kappa")
    assert row(people, "complaint")[:6] == ["2", "2", "2", "0", "0", "0"]
    apart = with_columns(shows, "人工判断", "机器概率")
    assert re.findall(r"第\d+句", apart) == ["第0句", "第0句", "第10句"], "the surest first"
    assert sum("<svg" in show for show in shows) == 2


def test_the_gallery_plays_what_was_missed(monkeypatch, tmp_path):
    """A call of which nothing was heard: all that is said in it was missed, and can be listened to."""
    (tmp_path / "D03.truth.json").write_bytes((CALLS / "D03.truth.json").read_bytes())
    address = kept(tmp_path, a_result("D03"))
    shows = executed(monkeypatch, "errors", STORE=address, TRUTH=tmp_path, RECORDINGS=CALLS, CLIPS=2)
    assert row(with_columns(shows, "词条", "位置"), "complaint")[:2] == ["漏报", "D03"]
    sounds = [EMBEDDED.search(show)[0] for show in shows if "<audio" in show]
    assert len(sounds) == 2
    _, recording = open_recording((CALLS / "D03.wav").read_bytes(), "D03.wav")
    for sound in sounds:
        rate, samples = wavfile.read(BytesIO(base64.b64decode(sound.partition(",")[2])))
        assert (rate, len(samples)) == (SAMPLING_RATE, 7 * SAMPLING_RATE)
        at = int((15.211 - 1.0) * SAMPLING_RATE)  # a second before the greeting
        there = recording[0, at : at + len(samples)]
        assert np.corrcoef(samples, there)[0, 1] > 0.99
    assert any("说的是：" in show and "您好，这里是阳光家政" in show for show in shows)
    assert "处没有剪" in shows[-1]


def test_a_recording_that_is_not_there_is_named(monkeypatch, tmp_path):
    (tmp_path / "D03.truth.json").write_bytes((CALLS / "D03.truth.json").read_bytes())
    shows = executed(
        monkeypatch, "errors", STORE=kept(tmp_path, a_result("D03")), TRUTH=tmp_path, RECORDINGS=tmp_path
    )
    assert "听不了 D03" in shows[-1]
    assert not any("<audio" in show for show in shows)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_committed_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    ran = [
        cell.id for cell in notebook.cells if cell.cell_type == "code" and (cell.outputs or cell.execution_count)
    ]
    assert ran == [], "clear the outputs: they show what customers said"
