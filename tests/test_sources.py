"""Recordings are listed wherever they are, and each one and each record ends in exactly one row."""

import os
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.night.sources import RecordingFile, join, list_recordings, read_recording, read_records
from pipeline.call import Call, Direction, Leg, Rejected
from pipeline.call.cdr import Records
from pipeline.errors import AudioError, ConfigurationError
from pipeline.notices import Notice, NoticeKind
from tests.sentences import is_chinese


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    system = fsspec.filesystem("memory")
    system.store.clear()
    yield system
    system.store.clear()


def fill(folder: Path) -> None:
    for name in (
        "D01.wav",
        "a/b/D02.MP3",
        "a/call [1] #2?.g722",
        "notes.txt",
        "D01.truth.json",
        ".hidden.wav",
        ".trash/D03.wav",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())


FILLED = [("D01", 7), ("D02", 11), ("call [1] #2?", 19)]


# ---- listing and reading


@pytest.mark.parametrize("form", ["{}", "{}/", "file://{}", "local://{}"])
def test_a_folder_is_listed_with_all_below(tmp_path: Path, form: str) -> None:
    fill(tmp_path)
    files = list_recordings(form.format(tmp_path))
    assert sorted((file.stem, file.size) for file in files) == FILLED
    assert all(len(read_recording(file)) == file.size for file in files)


def test_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "night")
    monkeypatch.chdir(tmp_path)
    assert sorted((file.stem, file.size) for file in list_recordings("night")) == FILLED
    (one,) = list_recordings("night/D01.wav")
    monkeypatch.chdir("/")
    assert read_recording(one) == b"D01.wav"


def test_a_folder_below_a_hidden_one_is_listed_when_it_is_asked_for(tmp_path: Path) -> None:
    fill(tmp_path / ".cache")
    assert len(list_recordings(str(tmp_path / ".cache"))) == 3


def test_memory(memory: fsspec.AbstractFileSystem) -> None:
    memory.pipe(
        {
            "/night/D01.wav": b"one",
            "/night/deep/D02.opus": b"three",
            "/night/.x/D03.wav": b"",
            "/other/D04.wav": b"",
        }
    )
    files = list_recordings("memory://night")
    assert [(file.name, file.size) for file in files] == [("D01.wav", 3), ("D02.opus", 5)]
    assert [read_recording(file) for file in files] == [b"one", b"three"]
    assert len(list_recordings("memory://")) == 3


def test_an_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "night.zip", "w") as archive:
        archive.writestr("03/D01.wav", b"one")
    (file,) = list_recordings(f"zip://::file://{tmp_path}/night.zip")
    assert (file.stem, read_recording(file)) == ("D01", b"one")


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "latin-1"])
def test_a_name_in_another_encoding_can_be_stored_and_read(tmp_path: Path, encoding: str) -> None:
    fill(tmp_path)
    name = "D09-录音.wav" if encoding != "latin-1" else "D09-\xff\xff.wav"
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name.encode(encoding))).write_bytes(b"x")
    (odd,) = [file for file in list_recordings(str(tmp_path)) if file.stem.startswith("D09")]
    assert odd.uri.encode()
    assert odd.path.encode()
    assert read_recording(odd) == b"x"
    if encoding != "latin-1":
        assert odd.name == name
        joined = join(Records((call("0009", name),), ()), [odd])
        assert [pair.file for pair in joined.fetched] == [odd]


@pytest.mark.parametrize(
    "name", ["a::b.wav", "a::zip.wav", "x::y::z.mp3", "a#1?x=%20&.wav", "a b .WAV", "a\\b.wav", "a\n.wav"]
)
def test_a_name_with_any_characters_is_read(tmp_path: Path, name: str) -> None:
    for folder in ("night", "with::colons"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_bytes(b"x")
        for url in (str(tmp_path / folder), f"file://{tmp_path}/{folder}", str(tmp_path / folder / name)):
            (file,) = list_recordings(url)
            assert read_recording(file) == b"x"
            assert file.name == name


def test_a_name_with_colons_elsewhere(tmp_path: Path, memory: fsspec.AbstractFileSystem) -> None:
    memory.pipe("/night/a::b.wav", b"one")
    (file,) = list_recordings("memory://night")
    assert (file.name, read_recording(file)) == ("a::b.wav", b"one")
    with zipfile.ZipFile(tmp_path / "night.zip", "w") as archive:
        archive.writestr("03/a::b.wav", b"two")
    (file,) = list_recordings(f"zip://::file://{tmp_path}/night.zip")
    assert (file.stem, read_recording(file)) == ("a::b", b"two")


# fmt: off
ENDINGS = [
    "wav", "WAV", "wav49", "w64", "mp3", "ogg", "oga", "opus", "flac", "amr", "awb", "m4a", "mp4", "3gp",
    "mka", "webm", "wma", "aif", "aiff", "au", "caf", "aac", "g722", "al", "ulaw", "gsm", "sln", "pcm", "raw",
    "vox", "g729", "g723",
]
# fmt: on


def test_every_format_is_listed(tmp_path: Path) -> None:
    """What can be opened, and what is known and refused, is a recording; texts beside them are none."""
    for ending in (*ENDINGS, "txt", "json", "csv"):
        (tmp_path / f"a.{ending}").write_bytes(b"x")
    listed = {file.name.partition(".")[2] for file in list_recordings(str(tmp_path))}
    assert listed == set(ENDINGS)


def test_a_named_file_with_an_unknown_ending_is_a_recording(tmp_path: Path) -> None:
    for name in ("D01.rec", "d02.DAT", "0003", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    records = Records((call("1", "D01.rec"), call("2", "x/D02.dat"), call("3", "0003"), call("4", "D04.rec")), ())
    joined = join(records, list_recordings(str(tmp_path), records))
    assert [(pair.call.id, pair.file.name) for pair in joined.fetched] == [
        ("1", "D01.rec"),
        ("2", "d02.DAT"),
        ("3", "0003"),
    ]
    assert [(line.call_id, line.reason) for line in joined.rejected] == [("4", "no_recording")]


def test_a_file_that_no_call_can_be_is_not_read() -> None:
    with pytest.raises(AudioError, match="GiB") as caught:
        read_recording(RecordingFile("memory:///a.wav", "a.wav", 5 * 2**30))
    assert caught.value.reason == "too_long"
    assert is_chinese(caught.value.problem)


def test_an_empty_folder_is_a_night_without_recordings(tmp_path: Path) -> None:
    assert list_recordings(str(tmp_path)) == ()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("memory://nowhere", "there is no memory://nowhere"),
        ("/no/such/folder", "there is no /no/such/folder"),
        ("nosuch://bucket/calls", "nosuch://bucket/calls cannot be reached .*nosuch"),
        ("hdfs://bucket/calls", "hdfs://bucket/calls cannot be reached .*pyarrow"),
    ],
)
def test_a_place_that_is_not_there_says_so(url: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=f"recordings: {says}"):
        list_recordings(url)
    with pytest.raises(ConfigurationError, match=f"call detail records: {says}"):
        read_records(url, "csv")


def test_a_recording_that_has_gone_is_an_error_of_its_call(memory: fsspec.AbstractFileSystem) -> None:
    memory.pipe("/night/D01.wav", b"one")
    (file,) = list_recordings("memory://night")
    memory.rm("/night/D01.wav")
    with pytest.raises(AudioError, match="memory:///night/D01") as gone:
        read_recording(file)
    assert gone.value.reason == "unreadable"
    assert is_chinese(gone.value.problem)


def test_records_are_read_by_url(memory: fsspec.AbstractFileSystem) -> None:
    memory.pipe("/night/cdr.csv", b"call_id,agent_id,direction,started_at\nD01,1001,in,2025-03-03 09:12:05\n")
    (call,) = read_records("memory://night/cdr.csv", "csv").calls
    assert call.source == "cdr.csv:2"


# ---- joining


def call(call_id: str, recording: str | None = None, answered: bool | None = True) -> Call:
    at = datetime(2025, 3, 3, tzinfo=UTC)
    return Call(
        id=call_id,
        agent_id="1001",
        agent_name=None,
        queue=None,
        direction=Direction.INBOUND,
        caller=None,
        ring_at=at,
        answered_at=None,
        ended_at=at,
        recording_name=recording,
        answered=answered,
        source=f"cdr.csv:{call_id}",
    )


def file(path: str) -> RecordingFile:
    return RecordingFile(f"memory:///{path}", path, 1)


def outcome(calls: list[Call], paths: list[str], rejected: tuple[Rejected, ...] = ()) -> dict[str, str]:
    """What became of each row: the path of its recording, or its reason."""
    joined = join(Records(tuple(calls), rejected), [file(path) for path in paths])
    rows = {pair.call.id: pair.file.path for pair in joined.fetched} | {
        r.call_id: r.reason for r in joined.rejected
    }
    assert len(rows) == len(joined.fetched) + len(joined.rejected)
    assert all(is_chinese(line.problem) for line in joined.rejected if line not in rejected)
    return rows


@pytest.mark.parametrize(
    ("record", "path"),
    [
        (call("D01", "x.wav"), "2025/x.wav"),
        (call("D01", "X.WAV"), "x.wav"),
        (call("D01", "/var/spool/asterisk/monitor/x.wav"), "night/x.wav"),
        (call("D01", r"E:\rec\x.wav"), "x.wav"),
        (call("D01", "x.wav"), "x.mp3"),  # made smaller since
        (call("D01", "1740964325.42"), "1740964325.42.wav"),
        (call("D01", "gone.wav"), "D01.wav"),
        (call("D01"), "deep/down/D01.amr"),
        (call("d01"), "D01.wav"),
        (call("1740964325.42"), "q-4000-13800132201-20250303-091205-1740964325.42.wav"),
        (call("A5C9F6C0-e752-11e3-8bfb-65b6c3cdac7d"), "1001_a5c9f6c0-e752-11e3-8bfb-65b6c3cdac7d_in.wav"),
        (call("D01", "录音一.wav"), "录音一.wav"),
    ],
)
def test_a_record_finds_its_recording(record: Call, path: str) -> None:
    assert outcome([record], [path]) == {record.id: path}


@pytest.mark.parametrize(
    ("call_id", "path"),
    [
        ("D01", "D012.wav"),
        ("D01", "AD01.wav"),
        ("1740964325.4", "q-1740964325.42.wav"),
        ("20250303", "q-20250303-091205.wav"),  # a date
        ("1001", "out-1001-091205.wav"),  # an extension
    ],
)
def test_a_likeness_is_no_match(call_id: str, path: str) -> None:
    assert outcome([call(call_id)], [path]) == {call_id: "no_recording", Path(path).stem: "no_record"}


def test_a_surer_rule_goes_first_and_a_recording_is_used_once() -> None:
    calls = [call("D02"), call("D01", "D02.wav"), call("D03-1"), call("D03")]
    assert outcome(calls, ["D02.wav", "rec_D02.wav", "D03-1.wav", "D03.wav"]) == {
        "D01": "D02.wav",
        "D02": "rec_D02.wav",
        "D03-1": "D03-1.wav",
        "D03": "D03.wav",
    }


def test_folders_in_the_record_tell_equal_names_apart() -> None:
    calls = [call("D01", "03/x.wav"), call("D02", "04/x.wav")]
    assert outcome(calls, ["rec/03/x.wav", "rec/04/x.wav"]) == {"D01": "rec/03/x.wav", "D02": "rec/04/x.wav"}


def test_case_tells_apart_before_it_is_forgotten() -> None:
    calls = [call("a", "X.wav"), call("b", "x.wav")]
    assert outcome(calls, ["x.wav", "X.wav"]) == {"a": "X.wav", "b": "x.wav"}


def test_nothing_is_guessed_where_two_recordings_fit_or_two_calls_want_one() -> None:
    joined = join(Records((call("D01", "x.wav"),), ()), [file("a/x.wav"), file("b/x.wav")])
    (two,) = joined.rejected
    assert (two.call_id, two.reason, two.source) == ("D01", "ambiguous_recording", "cdr.csv:D01")
    assert "a/x.wav" in two.problem
    assert "b/x.wav" in two.problem
    assert outcome([call("D01", "x.wav"), call("D02", "x.wav")], ["x.wav"]) == {
        "D01": "ambiguous_recording",
        "D02": "ambiguous_recording",
    }


def test_what_is_missing_has_a_reason_and_keeps_its_record() -> None:
    calls = (call("D01", "D01.wav"), call("D02", answered=False), call("D03", answered=None))
    rejected = join(Records(calls, ()), []).rejected
    assert [(r.call_id, r.reason) for r in rejected] == [
        ("D01", "no_recording"),
        ("D02", "no_answer"),
        ("D03", "no_recording"),
    ]
    assert [r.call for r in rejected] == list(calls)
    assert "D01.wav" in rejected[0].problem
    assert all(is_chinese(line.problem) for line in rejected)


def test_a_call_that_nobody_answered_keeps_its_recording() -> None:
    assert outcome([call("D25", "D25.wav", answered=False)], ["D25.wav"]) == {"D25": "D25.wav"}


def test_what_was_doubtful_about_the_records_goes_on_with_the_intake() -> None:
    notice = Notice(NoticeKind.DURATION_APART, "cdr.csv:7", "话单比录音长 42 秒")
    assert join(Records((), (), notices=(notice,)), []).notices == (notice,)


def test_recordings_without_a_record_get_ids_of_their_own() -> None:
    rows = outcome([call("D01", "x.wav")], ["x.wav", "D01.wav", "a/y.wav", "b/y.wav"])
    assert rows == {"D01": "x.wav", "D01#2": "no_record", "y": "no_record", "y#2": "no_record"}


def test_the_recording_of_a_rejected_line_makes_no_row_of_its_own() -> None:
    bad = Rejected("D07", "cdr.csv:8", "bad_record", "cdr.csv 第 8 行：started_at 是空的")
    joined = join(Records((), (bad,)), [file("D07.wav")])
    (row,) = joined.rejected
    assert (row.call_id, row.reason) == ("D07", "bad_record")
    assert row.problem == "cdr.csv 第 8 行：started_at 是空的；没有用上的录音：D07.wav"


def test_every_recording_that_a_leg_names_is_reached() -> None:
    legs = tuple(
        Leg("1001", answered, None, None, None, name, "Master.csv:1")
        for answered, name in ((True, "x.wav"), (False, "y.wav"))
    )
    records = Records((replace(call("17.42", "x.wav"), legs=legs),), ())
    joined = join(records, [file("x.wav"), file("y.wav")])
    assert [pair.file.path for pair in joined.fetched] == ["x.wav"]
    assert joined.rejected == ()
    assert "y.wav" in joined.notices[0].problem


def test_a_call_with_its_day_in_its_id_finds_what_is_named_after_the_id_alone() -> None:
    assert outcome([call("0001@2025-03-09")], ["0001.wav"]) == {"0001@2025-03-09": "0001.wav"}


NAMES = st.sampled_from(["D01", "D02", "d01", "D01-2", "x", "y"])


@given(
    wanted=st.dictionaries(NAMES, st.none() | NAMES.map("{}.wav".format)),
    paths=st.sets(st.builds("{}/{}.{}".format, st.sampled_from("ab"), NAMES, st.sampled_from(["wav", "mp3"]))),
)
def test_every_record_and_every_recording_is_in_exactly_one_row(
    wanted: dict[str, str | None], paths: set[str]
) -> None:
    calls = tuple(call(call_id, name) for call_id, name in wanted.items())
    joined = join(Records(calls, ()), [file(path) for path in sorted(paths)])
    used = [pair.file.path for pair in joined.fetched]
    assert len(set(used)) == len(used)
    recorded = [pair.call for pair in joined.fetched] + [r.call for r in joined.rejected if r.call]
    assert sorted(recorded, key=lambda c: c.id) == sorted(calls, key=lambda c: c.id)
    for path in paths:
        places = [path in used, any(f"memory:///{path}" in r.problem for r in joined.rejected)]
        assert any(places)
    ids = [pair.call.id for pair in joined.fetched] + [r.call_id for r in joined.rejected]
    assert len(set(ids)) == len(ids)
