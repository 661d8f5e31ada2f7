"""Files of others in the review desk: pinned, licensed, and nothing fetched from anywhere else."""

import hashlib
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
REVIEW = ROOT / "pipeline" / "desk"
FOLDERS = (REVIEW / "static" / "vendor", ROOT / "tests" / "vendor")
TABLES = {folder: tomllib.loads((folder / "vendor.toml").read_text("utf-8")) for folder in FOLDERS}
PACKAGES = [pytest.param(folder, key, id=key) for folder, table in TABLES.items() for key in table]


def own_files():
    """Templates, styles and scripts that we wrote."""
    kinds = {".html", ".css", ".js", ".svg", ".xml", ".txt"}
    return [
        path
        for path in sorted(REVIEW.rglob("*"))
        if path.suffix in kinds and FOLDERS[0] not in path.parents and "__pycache__" not in path.parts
    ]


@pytest.mark.parametrize(("folder", "key"), PACKAGES)
def test_files_are_the_pinned_ones(folder, key):
    for file in TABLES[folder][key]["files"]:
        content = (folder / file["name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file["sha256"], (
            f"{file['name']} is not the one in vendor.toml"
        )


@pytest.mark.parametrize(("folder", "key"), PACKAGES)
def test_version_and_licence(folder, key):
    package = TABLES[folder][key]
    assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
    assert package["source"].startswith("npm:")
    assert package["source"].endswith(f"@{package['version']}")
    assert package["licence"] in ("BSD-3-Clause", "0BSD", "MPL-2.0")
    texts = [(folder / name).read_text("utf-8") for name in package["licence_files"]]
    assert texts
    assert all(len(text) > 300 for text in texts)


@pytest.mark.parametrize("folder", FOLDERS, ids=("desk", "tests"))
def test_nothing_lies_there_unlisted(folder):
    listed = {"vendor.toml"}
    for package in TABLES[folder].values():
        listed |= {*package["licence_files"], *(file["name"] for file in package["files"])}
    assert {path.name for path in folder.iterdir()} == listed


def test_only_the_desk_s_own_files_are_served():
    """What only tests load must not be served to anybody."""
    assert not list(REVIEW.rglob("axe*"))


def test_our_pages_name_no_other_address():
    """No content delivery network, no font or picture from elsewhere: the desk works without the internet."""
    remote = re.compile(r"https?://|(?:src|href|action|url\()\s*=?\s*[\"']?//", re.IGNORECASE)
    namespace = "http://www.w3.org/2000/svg"  # a name; nothing is fetched
    found = {
        f"{path.relative_to(ROOT)}:{number}"
        for path in own_files()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if remote.search(line.replace(namespace, ""))
    }
    assert not found


def test_vendored_scripts_name_no_other_address():
    for file in FOLDERS[0].glob("*.js"):
        text = file.read_text("utf-8")
        assert set(re.findall(r"https?://[^\"'`\s)]+", text)) <= {"http://www.w3.org/2000/svg"}, file.name
        assert "sourceMappingURL" not in text, file.name


def test_pages_have_no_inline_script_and_no_inline_style():
    """The content security policy would drop them without a word."""
    inline = {
        "script without src": r"<script(?![^>]*\bsrc=)",
        "style element": r"<style\b",
        "style attribute": r"<[a-z][^>]*\sstyle\s*=",
        "event attribute": r"<[a-z][^>]*\son[a-z]+\s*=",
        "hx-on": r"\shx-on\b",
    }
    found = {
        f"{path.relative_to(ROOT)}: {what}"
        for path in own_files()
        if path.suffix == ".html"
        for what, pattern in inline.items()
        if re.search(pattern, path.read_text("utf-8"), re.IGNORECASE)
    }
    assert not found
