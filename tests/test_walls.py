"""The walls between the rooms: for each, a forbidden import is planted in a copy of the code, and refused."""

import re
import shutil
import subprocess
import sys
import tomllib
from itertools import combinations, pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("pipeline", "models", "flows")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
    "contracts"
]
LAYERS = next(contract["layers"] for contract in CONTRACTS if contract.get("containers") == ["pipeline"])


def rooms(layer):
    """The rooms of one layer, by their dotted names."""
    return [f"pipeline.{name}" for name in re.findall(r"\w+", layer)]


UPWARDS = [(lower, upper) for above, below in pairwise(LAYERS) for upper in rooms(above) for lower in rooms(below)]
"""From each room into each room of the next layer above it."""
SIDEWAYS = [pair for layer in LAYERS if "|" in layer for pair in combinations(rooms(layer), 2)]
"""Between the rooms of a layer that do not know each other."""
OTHERS = [
    ("pipeline.hearing", "models.weights"),
    ("models", "flows.settings"),
    ("pipeline.hearing", "torch"),
    ("pipeline.validation", "sklearn"),
    ("pipeline.store", "prefect"),
    ("pipeline.month", "jinja2"),
    ("models", "fastapi"),
    ("models", "typer"),
    ("flows.learning", "prefect"),
    ("flows.show", "prefect"),
]
WALLS = [*UPWARDS, *SIDEWAYS, *OTHERS]


def plant(folder, number, room, forbidden):
    """A module in a room, or a line in a room that is one module, that imports what it must not; gives its name.

    Every other one is for types only, which counts as well.
    """
    line = f"import {forbidden}  # noqa\n"
    if number % 2:
        line = f"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    {line}"
    place = folder.joinpath(*room.split("."))
    if place.is_dir():
        place.joinpath(f"planted_{number}.py").write_text(line, encoding="utf-8")
        return f"{room}.planted_{number}"
    with place.with_suffix(".py").open("a", encoding="utf-8") as module:
        module.write(line)
    return room


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """What the contracts say of a copy of the code with an import through every wall, and who imports."""
    folder = tmp_path_factory.mktemp("house")
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package,
            folder / package,
            ignore=lambda _, names: [n for n in names if "." in n and not n.endswith(".py")],
        )
    shutil.copy(ROOT / "pyproject.toml", folder)
    planted = [plant(folder, number, *wall) for number, wall in enumerate(WALLS)]
    command = [
        sys.executable,
        "-c",
        "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())",
        "--no-cache",
    ]
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(folder), "PATH": ""},
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout, planted


@pytest.mark.parametrize(
    ("number", "wall"), list(enumerate(WALLS)), ids=[f"{room}-{other}" for room, other in WALLS]
)
def test_an_import_through_a_wall_is_refused(refused, number, wall):
    told, planted = refused
    assert re.search(rf"{re.escape(planted[number])} -> {re.escape(wall[1])}\b", told)


def test_every_room_has_its_layer():
    """A room that no layer names would stand outside the walls."""
    kept = {
        path.stem
        for path in (ROOT / "pipeline").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert kept - {"__init__"} == {name for layer in LAYERS for name in re.findall(r"\w+", layer)}
