"""Files written at one go: a full disk, a fault in the middle or a killed process never costs the older file."""

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import pipeline.files
from flows.export import export_file
from pipeline.errors import ConfigurationError
from pipeline.files import replacing, write_file

OLD = b"what was signed"


@pytest.fixture
def old(tmp_path):
    """A file that somebody has, in a folder with nothing else."""
    path = tmp_path / "month.xlsx"
    path.write_bytes(OLD)
    return path


@pytest.fixture
def full(monkeypatch):
    """A disk that is full as soon as what was written must reach it."""

    def refuse(_handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pipeline.files.os, "fsync", refuse)


def alone(path: Path) -> bool:
    """Whether nothing lies beside the file."""
    return [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_full_disk_costs_the_new_file_only(old, full):
    with pytest.raises(ConfigurationError, match="No space left"):
        write_file(old, "new")
    assert (old.read_bytes(), alone(old)) == (OLD, True)


@pytest.mark.parametrize("fault", [OSError(errno.EIO, "broken"), KeyboardInterrupt(), ZeroDivisionError()])
def test_a_fault_in_the_middle_costs_the_new_file_only(old, fault):
    def half() -> None:
        with replacing(old) as beside:
            beside.write_bytes(b"half")
            raise fault

    with pytest.raises((ConfigurationError, KeyboardInterrupt, ZeroDivisionError)):
        half()
    assert (old.read_bytes(), alone(old)) == (OLD, True)


def test_rights_and_links_stay_and_a_new_file_has_those_of_the_umask(old, tmp_path):
    old.chmod(0o640)
    link = tmp_path / "link.xlsx"
    link.symlink_to(old.name)
    write_file(link, "new")
    assert link.is_symlink()
    assert (old.read_text(), stat.S_IMODE(old.stat().st_mode)) == ("new", 0o640)
    before = os.umask(0o077)
    try:
        write_file(tmp_path / "own.csv", "")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "own.csv").stat().st_mode) == 0o600


@pytest.mark.parametrize("place", ["no/such/folder.csv", "."])
def test_a_place_that_is_none_is_named(tmp_path, place):
    with pytest.raises(ConfigurationError, match="cannot write"):
        write_file(tmp_path / place, "")


def test_what_is_no_file_is_written_to():
    script = (
        "from pathlib import Path; from pipeline.files import write_file; write_file(Path('/dev/stdout'), '得分')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.decode() == "得分"


def test_what_is_exported_replaces_the_older_file_whole(night_file, old, full):
    for name in ("rows.jsonl", "rows.csv"):
        path = old.with_name(name)
        path.write_bytes(OLD)
        with pytest.raises(ConfigurationError):
            export_file(f"sqlite:///{night_file}", "calls", path)
        assert path.read_bytes() == OLD
