"""Documents that cannot lie: what they name exists, and what they show is so."""

import importlib
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest
import typer

from flows.cli import app
from flows.export import COLUMNS
from flows.settings import Settings
from models.weights import of_profile
from pipeline.findings.detectors import SHIPPED
from pipeline.indicators import INDICATORS
from pipeline.indicators.schemas import SCHEMAS
from pipeline.month.workbook.wording import REASONS
from pipeline.scorecard import (
    RULES,
    SCORINGS,
    Consequence,
    Criterion,
    Grade,
    Part,
    Period,
    Sample,
    Scorecard,
    Trigger,
    bundled_scorecards,
    find_scorecard,
    load_scorecard,
)
from pipeline.scorecard.lint import lint
from pipeline.scorecard.trial import try_values

ROOT = Path(__file__).parent.parent
README, CHINESE, CARDS, CHANGELOG, FEEDS = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "README.zh.md", "models/README.md", "CHANGELOG.md", "pipeline/indicators/README.md")
)
DOCS = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
LARGEST_README = 8 * 1024
"""Bytes: what one reads in five minutes."""
NAMES = 33
"""Columns of the rooms in the drawing of the layers; what they hold stands behind."""
CLI = typer.main.get_command(app)
NOT_SETTINGS = {"CALLQA_STORE", "CALLQA_CACHE"}  # of the command line, and of `models.weights`


def files(*which: str) -> list[Path]:
    """The files that git keeps, by their paths in the repository; options of ``git ls-files`` add others."""
    command = ["git", "ls-files", "-z", "--cached", *which]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [Path(name) for name in listed if name and (ROOT / name).is_file()]


def section(title: str, document: str) -> str:
    """What stands under a heading."""
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", document, re.DOTALL | re.MULTILINE)[1]


# The front page


@pytest.mark.parametrize("document", [README, CHINESE], ids=["README.md", "README.zh.md"])
def test_the_front_page_is_read_in_five_minutes(document):
    assert len(document.encode()) <= LARGEST_README


def test_both_front_pages_say_the_same():
    assert commands(README) == commands(CHINESE)
    assert linked(README) - {"README.zh.md"} == linked(CHINESE) - {"README.md"}
    assert len(re.findall(r"^## ", README, re.MULTILINE)) == len(re.findall(r"^## ", CHINESE, re.MULTILINE))


def test_every_page_of_the_docs_is_on_the_front_page():
    assert {f"docs/{page}.md" for page in DOCS} <= linked(README)


def linked(document: str) -> set[str]:
    """The files that a document links to."""
    return {link for link in re.findall(r"\]\(([^)\s#]+)\)", document) if "://" not in link}


# The tree


def drawn() -> dict[str, set[str]]:
    """The names in the tree of the architecture, by folder; the top level under an empty name. A name ends at two
    blanks."""
    tree: dict[str, set[str]] = {"": set()}
    folder = ""
    for line in re.search(r"```text\n(.*?)```", section("The tree", DOCS["architecture"]), re.DOTALL)[
        1
    ].splitlines():
        names = re.split(r" {2,}", line.strip())[0].split()
        if line.startswith("  "):
            tree[folder] |= set(names)
        else:
            tree[""] |= set(names)
            folder = names[0]
            tree[folder] = set()
    return tree


def kept(folder: str) -> set[str]:
    """What git keeps in a folder; hidden names and `__init__.py` go without saying."""
    inside = [path.relative_to(folder).parts for path in files() if path.is_relative_to(folder)]
    names = {parts[0] + "/" * (len(parts) > 1) for parts in inside}
    return {name for name in names if not name.startswith(".") and name != "__init__.py"}


@pytest.mark.parametrize("folder", ["", "pipeline/", "models/", "flows/"])
def test_tree_is_the_file_system(folder):
    names = drawn()[folder]
    assert kept(folder) - names == set(), "missing in the tree"
    assert {name for name in names if not (ROOT / folder / name).exists()} == set(), "in the tree only"


# The architecture


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r"`((?:pipeline|models|flows)\.[\w.]+)`", "".join(DOCS.values()))))
)
def test_names_of_the_code_are_there(name):
    """A dotted name in the docs is a module, or something in one."""
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        assert hasattr(importlib.import_module(module), attribute)


def test_the_layers_are_those_of_the_contract():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (layers,) = [contract["layers"] for contract in contracts if contract.get("containers") == ["pipeline"]]
    drawing = re.search(r"```text\n(.*?)```", section("Layers", DOCS["architecture"]), re.DOTALL)[1]
    assert [set(re.findall(r"[a-z]+", line[:NAMES])) for line in drawing.splitlines()] == [
        set(re.findall(r"[a-z]+", layer)) for layer in layers
    ]


# The command line


def leaves(command=CLI, path=("callqa",)):
    """Every command with its words."""
    for name, below in getattr(command, "commands", {}).items():
        yield from leaves(below, (*path, name))
    if not hasattr(command, "commands"):
        yield path, command


def parse(line: str) -> None:
    """Parse a command line without running it; raises what a user would be told. A bare name is a mention."""
    command, words = CLI, shlex.split(line.partition(" > ")[0], comments=True)[1:]
    while words and hasattr(command, "commands"):
        assert words[0] in command.commands, f"there is no command {words[0]}: {line}"
        command, words = command.commands[words[0]], words[1:]
    if words:
        command.make_context(line, words)


def commands(document: str) -> list[str]:
    """The command lines that a document shows: in shell blocks, and between backticks."""
    blocks = re.findall(r"^```sh\n(.*?)^```", document, re.DOTALL | re.MULTILINE)
    return re.findall(r"^callqa .*$", "".join(blocks), re.MULTILINE) + re.findall(r"`(callqa [^`\n]+)`", document)


RUN = [text for page, text in DOCS.items() if page != "adding"]  # there, commands know what the reader adds
SHOWN = sorted({line for document in (README, CHINESE, CARDS, *RUN) for line in commands(document)})


@pytest.mark.parametrize("line", SHOWN)
def test_commands_parse(line):
    parse(line)


@pytest.mark.parametrize("line", ["callqa hear", "callqa run --recordings x", "callqa show D04 --loud"])
def test_a_wrong_command_would_be_seen(line):
    with pytest.raises((AssertionError, typer.BadParameter.__base__)):
        parse(line)


@pytest.mark.parametrize(
    ("path", "command"), leaves(), ids=lambda given: " ".join(given) if isinstance(given, tuple) else ""
)
def test_every_command_has_an_example(path, command):
    (example,) = re.findall(r"callqa .*", command.epilog.partition("Example:")[2])
    assert example.split()[: len(path)] == list(path)
    parse(example)
    name = " ".join(path)
    assert f"| `{name} " in DOCS["cli"] or f"| `{name}`" in DOCS["cli"], "not in the table of docs/cli.md"


# The figures and names


def test_exported_columns():
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", DOCS["rows"], re.MULTILINE)
    assert {kind: columns.split(", ") for kind, columns in rows} == {
        kind: columns.split() for kind, columns in COLUMNS.items()
    }


def test_settings_exist():
    fields = {f"CALLQA_{name}".upper() for name in Settings.model_fields}
    named = set(re.findall(r"CALLQA_[A-Z_]+", README + CHINESE + "".join(DOCS.values())))
    assert named - fields == NOT_SETTINGS
    assert fields - set(re.findall(r"`(CALLQA_[A-Z_]+)`", section("Settings", DOCS["operating"]))) == set()
    for name in ("profile", "shard", "threads"):
        row = re.search(rf"^\| `CALLQA_{name.upper()}` \| `?(\w+)", DOCS["operating"], re.MULTILINE)
        assert row[1] == str(Settings.model_fields[name].default)


def test_scorecard_figures():
    card = find_scorecard("kf01")
    waiting = sum(criterion.points for criterion in card.criteria if "calls" not in criterion.answered_by)
    assert f"{waiting:g} of the {card.points:g} points" in README
    assert f"{waiting:g} of its {card.points:g} points" in DOCS["standards"]
    for chinese in (CHINESE, DOCS["guide.zh"]):
        assert f"{card.points:g} 分里有 {waiting:g} 分" in chinese
    flat, numbers = " ".join((DOCS["standards"] + DOCS["listening"]).split()), dict(card.levels)
    for name, cutoff in card.cutoffs:
        start = "all" if cutoff == 1 else f"from {cutoff:g}"
        assert f"{start} {name} ×{numbers[name]:.1f}" in flat
    gate = card.quality
    assert f"mean word probability under {gate.word_confidence:g}" in flat
    assert f"Below {card.review_below:g} the call is marked" in flat


def test_the_standard_of_the_docs_is_one(tmp_path):
    path = tmp_path / "hotline.yaml"
    path.write_text(re.search(r"```yaml\n(.*?)```", DOCS["standards"], re.DOTALL)[1], encoding="utf-8")
    card = load_scorecard(path)
    assert [notice.sentence for notice in lint(card) if notice.severity == "error"] == []
    trial = try_values(card, {"问候": "符合", "接听": 31})
    assert (trial.total, trial.possible, trial.grade) == (70, 100, "合格")


def test_every_key_of_a_standard_is_told():
    kinds = (*RULES.by_name.values(), *SCORINGS.by_name.values())
    shapes = (Scorecard, Criterion, Part, *kinds, Sample, Grade, Consequence, Trigger)
    keys = {key for shape in (*shapes, Period) for key in shape.model_fields}
    told = set(re.findall(r"\w+", DOCS["standards"]))
    assert keys - told == {"aliases"}, "said in the shipped files"


def test_shipped_standards_are_those_of_the_table():
    table = section("The shipped standards", DOCS["standards"]).partition("### ")[0]
    assert set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`\w+`.*?) \|", table, re.MULTILINE)))) == set(
        bundled_scorecards()
    )


def test_feeds_and_their_columns():
    for name, schema in SCHEMAS.items():
        told = section(f"`{name}` {schema.title}", FEEDS)
        rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", told, re.MULTILINE))
        assert rows.keys() == schema.columns.keys()
        for column, kept in schema.columns.items():
            aliases = [alias for alias in kept.metadata["aliases"] if not alias.isascii()]
            assert rows[column] == f"{kept.title}（{'、'.join(aliases)}）" if aliases else kept.title
    assert set(re.findall(r"^\| `(\w+\.\w+)` \|", section("指标", FEEDS), re.MULTILINE)) == INDICATORS.keys()


def test_reasons_of_failure():
    table = re.findall(r"^\| (`.*?) \|", section("有通话失败怎么办", DOCS["guide.zh"]), re.MULTILINE)
    told = set(re.findall(r"\w+", " ".join(table), re.ASCII))
    assert told <= REASONS.keys() | {"internal"}
    assert REASONS.keys() - told <= {
        "no_answer",
        "no_speech",
        "poor_transcript",
        "machine_only",
        "no_standard",
        "too_short",
        "one_side",
    }, "those end unscorable, not failed"


def test_measures_are_those_of_the_detectors():
    told = re.findall(r"^\| `(\w+)` \| (\S+) \| (\S+) \| (.+) \|$", DOCS["listening"], re.MULTILINE)
    assert told == [
        (
            each.name,
            each.title,
            each.unit or "—",
            "、".join(f"`{term}` {title}" for term, title in each.terms.items()),
        )
        for each in SHIPPED
    ]


def test_model_cards():
    for pin in of_profile("cpu"):
        assert f"| licence | {pin.licence} |" in CARDS
        for name in {file.name for file in pin.files}:
            assert f"`{name}`" in CARDS
        for wheel in {wheel for file in pin.files for wheel, _ in file.parts}:
            assert "`{}` {}".format(*wheel.split("==")) in CARDS
    for pin in of_profile("gpu"):
        assert str(pin.hub).rpartition("/")[2] in CARDS


def test_changelog_begins_with_this_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert re.search(r"^## \[(.+?)\] - \d{4}-\d\d-\d\d$", CHANGELOG, re.MULTILINE)[1] == version


# All files

WRITTEN = [path for path in files("--others", "--exclude-standard") if b"\0" not in (ROOT / path).read_bytes()]
STRANGE = re.compile(
    # a folder of somebody's machine, a package index, a neighbour of this repository
    r"(?<![\w.])/(?:work|home|root|Users|tmp|mnt|media)/|[A-Z]:\\User[s]"
    r"|pypi[.]|python[h]osted|index[-]url|find[-]links|trusted[-]host|/simple[/]"
    r"|[.][.]/shared"
)


@pytest.mark.parametrize("path", [path for path in WRITTEN if path.suffix == ".md"], ids=str)
def test_relative_links_exist(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert [link for link in links if link and not (ROOT / path.parent / link).exists()] == []
    assert [link for link in links if not (ROOT / path.parent / link).resolve().is_relative_to(ROOT)] == []


def test_nothing_names_one_machine_or_index():
    found = [
        f"{path}:{number}: {line.strip()}"
        for path in WRITTEN
        for number, line in enumerate((ROOT / path).read_bytes().decode("utf-8", "replace").splitlines(), 1)
        if STRANGE.search(line)
    ]
    assert found == []


STRANGERS = [
    "see /ho" + "me/li/calls",
    "https://py" + "pi.org",
    "--index" + "-url x",
    "C" + ":\\Users",
    ".." + "/shared",
]


@pytest.mark.parametrize("line", STRANGERS)
def test_a_strange_address_would_be_seen(line):
    assert STRANGE.search(line)
