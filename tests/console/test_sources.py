"""The console's own files: no injected markup, nothing from elsewhere, and libraries as their packages have them."""

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.gateway import ROOT

STATIC = ROOT / "functions" / "console" / "static"
VENDOR = STATIC / "vendor"
OWN = sorted(path for path in STATIC.rglob("*") if path.is_file() and VENDOR not in path.parents)
MODULES = [path for path in OWN if path.suffix == ".js"]
MANIFEST = json.loads((VENDOR / "manifest.json").read_text())["files"]

INJECTING = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write|\beval\b|new Function|srcdoc"
    r"|setTimeout\(\s*[\"'`]|javascript:|<style|\sstyle=[\"']|setAttribute\(\s*[\"'](style|on)"
)
HANDLER_IN_PAGE = re.compile(r"\son[a-z]+\s*=", re.I)
ELSEWHERE = re.compile(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", re.I)

PARSED = """
const {SourceTextModule} = require("node:vm");
const texts = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
for (const [name, text] of Object.entries(texts)) new SourceTextModule(text, {identifier: name});
console.log(JSON.stringify(Object.keys(texts).sort()));
"""
"""Parses modules, and runs none of them. One process does it for all."""


def named(path: Path) -> str:
    return str(path.relative_to(STATIC))


@pytest.mark.parametrize("path", OWN, ids=named)
def test_nothing_makes_markup_or_code_of_text(path: Path) -> None:
    text = "\n".join(line for line in path.read_text().splitlines() if not line.lstrip().startswith("//"))
    assert not INJECTING.findall(text)
    if path.suffix in (".html", ".svg"):
        assert not HANDLER_IN_PAGE.findall(text)


@pytest.mark.parametrize("path", OWN, ids=named)
def test_no_file_loads_anything_from_another_host(path: Path) -> None:
    text = re.sub(r"^\s*(//|/\*|\*).*$", "", path.read_text(), flags=re.M)
    assert set(ELSEWHERE.findall(text)) <= {"http://www.w3.org"}  # SVG's namespace


@pytest.mark.parametrize("path", OWN, ids=named)
def test_every_file_is_short_and_says_why_it_exists(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert len(lines) <= 200
    begin = {".js": "// ", ".css": "/* ", ".html": "<!doctype html>", ".svg": "<svg "}[path.suffix]
    assert lines[0].startswith(begin)


def test_every_module_is_reached_by_imports_of_files_that_exist() -> None:
    reached, waiting = set(), [STATIC / "main.js", STATIC / "boot.js"]
    while waiting:
        path = waiting.pop()
        if path in reached:
            continue
        reached.add(path)
        for name in re.findall(
            r'^(?:import|export|\}).* from "(\.[^"]+)"|import\("(\.[^"]+)"\)', path.read_text(), re.M
        ):
            found = (path.parent / "".join(name)).resolve()
            assert found.is_file(), f"{named(path)} imports {name}"
            waiting.append(found)
    assert set(MODULES) <= reached


@pytest.mark.skipif(not shutil.which("node"), reason="needs Node.js")
def test_every_module_is_javascript() -> None:
    texts = {named(path): path.read_text() for path in MODULES}
    command = ["node", "--no-warnings", "--experimental-vm-modules", "--eval", PARSED]
    run = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == sorted(texts)


@pytest.mark.parametrize("entry", MANIFEST, ids=[entry["file"] for entry in MANIFEST])
def test_a_vendored_file_is_the_registrys(entry: dict[str, str]) -> None:
    """Its digest is that of the package's file, without the one edit that is on record."""
    text = (VENDOR / entry["file"]).read_text()
    if edit := entry.get("edit"):
        assert text.count(edit["is"]) == 1  # type: ignore[attr-defined]
        text = text.replace(edit["is"], edit["was"])  # type: ignore[attr-defined]
    assert hashlib.sha256(text.encode()).hexdigest() == entry["sha256"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", entry["version"])
    licence = (VENDOR / entry["licenceFile"]).read_text()
    assert {"MIT": "Permission is hereby granted", "Apache-2.0": "Apache License"}[entry["licence"]] in licence


def test_every_vendored_file_is_on_record() -> None:
    known = {name for entry in MANIFEST for name in (entry["file"], entry["licenceFile"])}
    assert {path.name for path in VENDOR.iterdir()} == known | {"manifest.json"}
