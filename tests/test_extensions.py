"""Entry points of other packages, installed for real as far as the interpreter can tell."""

from contextlib import ExitStack

import pytest

from pipeline.errors import ConfigurationError
from pipeline.extensions import extensions
from tests.strangers import stranger

GROUP = "callqa.tried"


@pytest.fixture
def installed(tmp_path):
    """A package `ours` with some objects, and what its entry points say."""
    files = {
        "ours_tried.py": "ONE, TWO = 'one', 'two'\nNUMBER = 1\n",
        "ours_broken.py": "raise RuntimeError('no card in the machine')\n",
    }
    with ExitStack() as stack:
        yield lambda *entries: stack.enter_context(stranger(tmp_path, files, "\n".join([f"[{GROUP}]", *entries])))


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
