"""A mistake in a policy file is told with the file, the line and what is wrong, whoever makes it."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from pipeline.errors import PolicyError
from pipeline.policy.load import _document, _values, load_policy


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    term: str
    points: float = 0


class Standard(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    signed: date = date(2025, 1, 1)
    lines: tuple[Line, ...] = ()


GOOD = """\
# 标准
name: 标准一
signed: 2025-03-01
lines:
  - term: 问候
    points: 5
  - {term: 道别, points: 2.5}
"""


@pytest.fixture
def written(tmp_path):
    """Writes a policy file and returns its path."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "标准.yaml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def test_a_file_is_read_in_its_shape(written):
    standard, _ = load_policy(written(GOOD), Standard)
    assert standard == Standard(
        name="标准一",
        signed=date(2025, 3, 1),
        lines=(Line(term="问候", points=5), Line(term="道别", points=2.5)),
    )


@pytest.mark.parametrize("changed", [b"\xef\xbb\xbf" + GOOD.encode(), GOOD.replace("\n", "\r\n").encode()])
def test_what_editors_on_windows_write_is_read_too(written, changed):
    assert load_policy(written(changed), Standard)[0] == load_policy(written(GOOD), Standard)[0]


def test_the_hash_tells_contents_apart(written):
    hashes = [load_policy(written(text), Standard)[1] for text in (GOOD, GOOD, GOOD.replace("2.5", "2.6"))]
    assert hashes[0] == hashes[1] != hashes[2]


def test_words_of_yaml_1_1_stay_words(written):
    standard, _ = load_policy(written("name: no\nlines: [{term: on}, {term: 'yes'}]"), Standard)
    assert [standard.name, *(line.term for line in standard.lines)] == ["no", "on", "yes"]


@pytest.mark.parametrize(
    ("line", "problem", "wrong"),
    [
        (6, "lines.0.point", GOOD.replace("    points: 5", "    point: 5")),
        (2, "nmae", GOOD.replace("name:", "nmae:")),
        (5, "lines.0.trem", GOOD.replace("- term:", "- trem:")),
        (5, "lines.0.term", GOOD.replace("  - term: 问候\n    points", "  - points")),
        (7, "lines.1.term", GOOD.replace("{term: 道别, ", "{")),
        (6, "lines.0.points", GOOD.replace("points: 5", "points: 五")),
        (7, "lines.1.points", GOOD.replace("2.5", "[2.5]")),
        (4, "lines", "\n\n" + 'name: x\nlines: "问候"'),
        (3, "signed", GOOD.replace("03-01", "02-30")),
        (3, "signed", GOOD.replace("2025-03-01", "2025-13-01")),
        (7, "duplicate key", GOOD.replace("    points: 5", "    points: 5\n    points: 6")),
        (6, r"'\t'", GOOD.replace("    points", "\tpoints")),
        (6, "aliases (*name)", GOOD.replace("points: 5", "points: *five")),
        (8, "expected", GOOD.replace("2.5}", "2.5")),
        (8, "another document", GOOD + "---\nname: y\n"),
        (5, "UTF-8", GOOD.encode().replace("问候".encode(), "问候".encode("gb18030"))),
        (1, "UTF-8", GOOD.encode("utf-16")),
        (None, "the file", ""),
        (None, "the file", "- name: x"),
        (None, "name", "{}"),
        (None, "special characters", GOOD + "\0"),
        (None, "invalid literal", GOOD.replace("points: 5", "points: !!int five")),
    ],
)
def test_a_mistake_names_file_and_line(written, line, problem, wrong):
    path = written(wrong)
    with pytest.raises(PolicyError) as caught:
        load_policy(path, Standard)
    assert caught.value.path == str(path)
    assert caught.value.line == line
    assert problem in caught.value.problem
    assert str(caught.value).startswith(f"{path}:{line}: " if line else f"{path}: ")


POLICY_FILES = sorted((Path(__file__).parent.parent / "pipeline" / "policy").rglob("*.yaml"))


@pytest.mark.parametrize(
    "content",
    [
        *(
            f"a: {value}".encode()
            for value in ("no", "on", "1:30", "0o14", "014", "1_000", "2025-01-01", "~", "1e3")
        ),
        *(f"a: {value}".encode() for value in (".5", "0x1F", "'1'", "+12", ".inf", "3e", "1.", "|\n  x\n  y", "")),
        b"",
        b"# nothing",
        *(path.read_bytes() for path in POLICY_FILES),
    ],
)
def test_what_is_read_without_lines_is_what_is_read_with_them(content):
    assert _values(content, "x") == _document(content, "x")


@pytest.mark.parametrize(
    "content",
    [
        b"a: &x 1\nb: *x",
        b"a: 1\na: 2",
        b"- 1\n---\n- 2",
        b"a: [" * 70 + b"]" * 70,
        b"- " * 5000 + b"1",
        b"\n".join(b" " * n + b"a:" for n in range(5000)),
    ],
)
def test_what_one_way_to_read_refuses_the_other_does_too(content):
    with pytest.raises(PolicyError):
        _document(content, "x")
    with pytest.raises(PolicyError):
        _values(content, "x")


def test_a_file_that_is_not_there_is_named(tmp_path):
    for path in (tmp_path / "kf02.yaml", tmp_path):
        with pytest.raises(PolicyError, match="cannot be read") as caught:
            load_policy(path, Standard)
        assert caught.value.path == str(path)


@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
def test_any_content_is_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "anything.yaml"
    path.write_bytes(content)
    try:
        load_policy(path, Standard)
    except PolicyError as error:
        assert error.path == str(path)  # noqa: PT017


def test_full_width_punctuation_is_named(written):
    with pytest.raises(PolicyError, match="full-width"):
        load_policy(written("name: 标准一\nsigned：2025-03-01\nlines: []\n"), Standard)


def test_a_mistake_names_the_item_as_people_do(written):
    with pytest.raises(PolicyError, match=r"lines\.1\.points: .* \(item 道别\)"):
        load_policy(written(GOOD.replace("2.5", "两分半")), Standard)
