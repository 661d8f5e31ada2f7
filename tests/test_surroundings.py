"""The command line wherever it is started: other encodings, full disks, closed pipes, no home, Ctrl-C."""

import os
import subprocess
import sys

import pytest

import flows.show
from flows.cli import main


@pytest.fixture
def callqa(night_file, tmp_path):
    """Runs a command in a shell, in an environment of one's own; gives exit code, what it said, and its errors."""

    def run(command: str, **variables: str) -> tuple[int, str, str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "PYTHON"))}
        environment |= {"PYTHONPATH": os.pathsep.join(sys.path), "CALLQA_STORE": f"sqlite:///{night_file}"}
        line = f"{sys.executable} -m flows.cli {command}"
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            cwd=tmp_path,
            env=environment | variables,
            capture_output=True,
            check=False,
        )
        said, wrong = done.stdout.decode(), done.stderr.decode()
        assert "Traceback" not in wrong, wrong
        return done.returncode, said, wrong

    return run


def test_chinese_comes_through_every_locale(callqa):
    code, said, _ = callqa("show D04", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", HOME="/proc/none")
    assert (code, "不归我管" in said) == (0, True)
    code, said, _ = callqa("standard list", PYTHONIOENCODING="latin-1", COLUMNS="160", NO_COLOR="1")
    assert (code, r"\u63d0\u793a" in said) == (0, True)


def test_output_that_cannot_be_written_is_one_sentence(callqa):
    code, _, wrong = callqa("labels config >/dev/full")
    assert (code, wrong.splitlines()) == (2, ["callqa: the output cannot be written: No space left on device"])


def test_who_reads_no_further_is_no_fault(callqa):
    assert callqa("labels config | head -1")[2] == ""


def test_ctrl_c_is_one_sentence(monkeypatch, capsys):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(flows.show, "show_call", stopped)
    monkeypatch.setattr(sys, "argv", ["callqa", "show", "D04"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 130
    assert capsys.readouterr().err == "callqa: stopped; type the same command again to go on\n"
