"""Entry points of other packages, installed for real as far as the interpreter can tell."""

import sys

import pytest

from pipeline.errors import ConfigurationError
from pipeline.extensions import extensions

GROUP = "callqa.tried"


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package `ours` with some objects, and what its entry points say."""

    def install(*entries):
        (tmp_path / "ours_tried.py").write_text("ONE, TWO = 'one', 'two'\nNUMBER = 1\n", encoding="utf-8")
        (tmp_path / "ours_broken.py").write_text("raise RuntimeError('no card in the machine')\n", encoding="utf-8")
        metadata = tmp_path / "ours-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: ours\nVersion: 1.0\n", encoding="utf-8")
        (metadata / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *entries]), encoding="utf-8")

    monkeypatch.syspath_prepend(tmp_path)
    yield install
    for name in ("ours_tried", "ours_broken"):
        sys.modules.pop(name, None)


def test_objects_come_in_the_order_of_their_names(installed):
    installed("b = ours_tried:ONE", "a = ours_tried:TWO")
    assert extensions(GROUP, str) == ("two", "one")


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("a = ours_broken:ONE", "a = ours_broken:ONE .*no card in the machine"),
        ("a = ours_tried:NOTHING", "a = ours_tried:NOTHING .*cannot be loaded"),
        ("a = ours_absent:ONE", "cannot be loaded: No module named"),
        ("a = ours_tried:NUMBER", "is a int, not a str"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(installed, entry, told):
    installed(entry)
    with pytest.raises(ConfigurationError, match=told):
        extensions(GROUP, str)
