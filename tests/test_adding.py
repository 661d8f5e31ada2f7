"""The tutorials of docs/adding.md, carried out from their own text: a stranger's package, each door used."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MOST_FILES = 3
"""Files that a door may ask for, the line of the entry point not counted."""
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


def blocks(text):
    """The fenced blocks of a text in order: language, file or nothing, content."""
    return [(language, name or None, content) for language, name, content in BLOCK.findall(text)]


def files_of(text):
    """The files that a text has its reader write, but for `pyproject.toml`, which all doors share."""
    return {name: content for _, name, content in blocks(text) if name and name != "pyproject.toml"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder of the stranger's package with every file of the page, and where pip has installed it."""
    folder, site = tmp_path_factory.mktemp("ours"), tmp_path_factory.mktemp("site")
    for name, content in files_of(PAGE).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    (folder / "ours").mkdir(exist_ok=True)
    (folder / "ours" / "__init__.py").touch()
    project = "\n".join(content for _, name, content in blocks(PAGE) if name == "pyproject.toml")
    (folder / "pyproject.toml").write_text(project, encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(site), str(folder)], check=True)
    return folder, site


@pytest.mark.parametrize("title", SECTIONS)
def test_a_door_asks_for_few_files(title):
    assert 1 <= len(files_of(SECTIONS[title])) <= MOST_FILES


@pytest.mark.parametrize("title", SECTIONS)
def test_a_tutorial_is_carried_out(installed, title):
    folder, site = installed
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(site), str(ROOT)]),
        "CALLQA_STORE": f"sqlite:///{folder}/callqa.db",
        "LANG": "C.UTF-8",
        "COLUMNS": "160",
    }
    told, tried = "", 0
    for language, name, content in blocks(SECTIONS[title]):
        if name is None and language in ("python", "sh"):
            told = run(language, content, folder, environment)
        elif name is None and language == "text":
            tried += 1
            at = 0
            for line in content.splitlines():
                at = told.find(line.strip(), at)
                assert at >= 0, f"not printed: {line}\n{told}"
    assert tried, "the section shows no result"


def run(language, content, folder, environment):
    """What the commands or the Python of a block print, in the stranger's folder."""
    if language == "python":
        commands = [[sys.executable, "-c", content]]
    else:
        lines = [line for line in content.splitlines() if line.strip() and not line.startswith("#")]
        commands = [
            ["bash", "-c", re.sub(r"\bcallqa(?= )", f"{sys.executable} -m flows.cli", line)] for line in lines
        ]
    printed = ""
    for command in commands:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        printed += done.stdout + done.stderr
    return printed
