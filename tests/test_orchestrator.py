"""The orchestrator of a night: its own environment, whatever the user's is, and one sentence where it fails."""

import os
from pathlib import Path

import httpx
import pytest

import flows.orchestrator
from flows.orchestrator import _reported, orchestrator, own_environment
from pipeline.errors import ConfigurationError, StoreError
from tests.mutations import mutants

THEIRS = {
    "HTTP_PROXY": "http://127.0.0.1:9",
    "https_proxy": "http://qa:secret@[::1]:3128/",
    "ALL_PROXY": "socks5://127.0.0.1:1080",
    "NO_PROXY": "intranet,10.0.0.0/8",
    "PREFECT_API_URL": "http://127.0.0.1:4200/api",
    "PREFECT_PROFILE": "cloud",
    "PREFECT_HOME": "/proc/none",
}


def broken_environments():
    """Environments made of `THEIRS` by mutation, as an environment can hold them."""
    content = "\n".join(f"{name}={value}" for name, value in THEIRS.items()).encode()
    for mutant in mutants(content):
        lines = [line.partition("=") for line in mutant.decode("utf-8", "surrogateescape").split("\n")]
        yield {name: value for name, _, value in lines if name and "\0" not in name + value}


def test_no_environment_keeps_the_client_from_the_server(monkeypatch):
    server = httpx.URL("http://127.0.0.1:8000/api")
    for theirs in (THEIRS, *broken_environments()):
        ours = own_environment(theirs, Path("/run/callqa"))
        assert {name for name in ours if name.startswith("PREFECT_")} == {*flows.orchestrator.OURS, "PREFECT_HOME"}
        with monkeypatch.context() as patch:
            for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
                for each in (name, name.lower()):
                    patch.delenv(each, raising=False)
                    if each in ours:
                        patch.setenv(each, ours[each])
            with httpx.Client(verify=False) as client:
                assert client._transport_for_url(server) is client._transport, theirs


def test_a_server_that_cannot_start_says_why_and_leaves_nothing(tmp_path, monkeypatch):
    dying = tmp_path / "server.py"
    dying.write_text("import sys; print(1, flush=True); sys.exit('OSError: [Errno 28] No space left on device')")
    monkeypatch.setattr(flows.orchestrator, "SERVER", dying)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    before = dict(os.environ)
    with pytest.raises(ConfigurationError, match=r"cannot be started: OSError.*No space left"), orchestrator():
        pass
    assert dict(os.environ) == before
    assert [each.name for each in tmp_path.iterdir()] == ["server.py"]


def lost() -> None:
    """Ask a server that is not there any more."""
    httpx.get("http://127.0.0.1:9", trust_env=False)


def test_an_orchestrator_that_is_lost_is_one_sentence():
    with (
        pytest.raises(ConfigurationError, match=r"orchestrator of the night was lost .*Connection refused"),
        _reported(),
    ):
        lost()


@pytest.mark.parametrize("error", [StoreError("full"), ZeroDivisionError()])
def test_errors_of_the_night_stay_what_they_are(error):
    with pytest.raises(type(error)), _reported():
        raise error
