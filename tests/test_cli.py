"""The command line as a whole: its version, and help that costs nothing."""

import subprocess
import sys
from importlib.metadata import version

from typer.testing import CliRunner

from flows.cli import app

HEAVY = {"torch", "prefect", "sklearn", "sqlalchemy", "fastapi", "faster_whisper", "pandas"}


def test_version_is_that_of_the_package():
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"callqa {version('callqa')}\n")


def test_help_loads_no_heavy_room():
    script = "import sys, flows.cli; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert not HEAVY & set(loaded.split())
