"""What `sam build` makes: a file a function, a layer with what it needs and nothing else, for either processor."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from agentos import __version__
from local.sam.cli import COMMAND, environment
from local.template import load_template
from tests.support.checkout import copy_to
from tests.support.gateway import ROOT

LIMIT_BYTES = 35 * 1024 * 1024
NO_BYTECODE = "the layer has no bytecode"
ELF_MACHINE = {"x86_64": 62, "arm64": 183}  # e_machine, "ELF Header", System V ABI

PYTHONS_313 = sorted((Path.home() / ".pyenv" / "versions").glob("3.13.*/bin/python3.13"))
"""Where the shims of pyenv do not lead."""

TEMPLATE = load_template(ROOT / "template.yaml", "any")


def build(root: Path, architecture: str) -> str:
    """`make build` with what is installed here already; what it printed."""
    command = ["make", "--old-file=.venv/dev.stamp", "build", f"ARCHITECTURE={architecture}"]
    done = subprocess.run(command, cwd=root, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is built, so that tests may edit it, in the state of a checkout that has run tests."""
    root = copy_to(tmp_path_factory.mktemp("project"))
    cache = root / "functions" / "health" / "__pycache__"
    cache.mkdir(exist_ok=True)
    (cache / "app.cpython-311.pyc").write_bytes(b"")
    return root


@pytest.fixture(scope="module", params=ELF_MACHINE)
def built(project: Path, request: pytest.FixtureRequest) -> tuple[str, str]:
    """A processor for which the project was built, and what was printed. The tests of each run together."""
    return request.param, build(project, request.param)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_layer_holds_package_dependencies_and_configuration(project: Path, built: tuple[str, str]) -> None:
    architecture, output = built
    layer = project / ".aws-sam" / "build" / "Layer"

    hashed = {"certificates"} if shutil.which("openssl") else set()
    assert {path.name for path in layer.iterdir()} == {"python", "config", "streaming-runtime"} | hashed
    assert os.access(layer / "streaming-runtime", os.X_OK)
    assert (layer / "streaming-runtime").read_bytes() == (
        ROOT / "shared" / "lambda_streaming" / "streaming-runtime"
    ).read_bytes()
    assert files(layer / "config") == {path.name for path in (ROOT / "config").iterdir()} | {"default.json"}
    source = {name for name in files(ROOT / "shared" / "agentos") if "__pycache__" not in name}
    assert {name for name in files(layer / "python" / "agentos") if not name.endswith(".pyc")} == source
    installed = files(layer / "python")
    assert not [name for name in installed if name.endswith(".lock") or name.split("/")[0] in ("bin", "tests")]
    assert {"boto3", "botocore"}.isdisjoint(path.name for path in (layer / "python").iterdir())
    size = sum(path.stat().st_size for path in layer.rglob("*") if path.is_file())
    assert size < LIMIT_BYTES
    assert f"Layer for {architecture}: " in output
    assert re.search(r"^The layer has \d+ MB unzipped\.$", output, re.M)

    tokens = {path.name for path in (project / ".aws-sam" / "build" / "JwtLayer" / "python").iterdir()}
    assert {"jwt", "cryptography"} <= tokens
    assert tokens & {path.name for path in (layer / "python").iterdir()} <= {"__pycache__"}


def test_compiled_modules_are_for_lambdas_python_and_the_processor(project: Path, built: tuple[str, str]) -> None:
    compiled = list((project / ".aws-sam" / "build").glob("*Layer/**/*.so"))
    assert {path.parent.name for path in compiled} == {"pydantic_core", "rpds", "yaml", "bindings", "python"}
    for path in compiled:
        assert ".cpython-313-" in path.name or path.name == "_rust.abi3.so"  # cryptography's is for all versions
        header = path.read_bytes()[:20]
        assert header[:4] == b"\x7fELF"
        assert int.from_bytes(header[18:20], "little") == ELF_MACHINE[built[0]]


def test_bytecode_is_there_and_is_used_where_this_machine_has_lambdas_python(project: Path, tmp_path: Path) -> None:
    shutil.rmtree(project / ".aws-sam", ignore_errors=True)
    output = build(project, "x86_64")
    layer = tmp_path / "layer"
    shutil.copytree(project / ".aws-sam" / "build" / "Layer", layer)
    compiled = [path for path in layer.rglob("*.pyc") if path.parent.name == "__pycache__"]
    assert bool(compiled) != (NO_BYTECODE in output)
    assert {path.name.split(".")[-2] for path in compiled} <= {"cpython-313"}
    for path in compiled:  # flags of PEP 552: by hash, and the source is not looked at
        assert path.read_bytes()[4:8] == b"\x01\0\0\0"
    sources = set((layer / "python" / "agentos").rglob("*.py"))
    assert not compiled or {path.parent.parent / f"{path.name.split('.')[0]}.py" for path in compiled} >= sources
    for python in [found for found in PYTHONS_313 if compiled][:1]:
        broken = layer / "python" / "agentos" / "kernel" / "ids.py"
        broken.write_text("raise RuntimeError('the source was read')")
        run = [python, "-c", "from agentos.kernel import ids; print(ids.__cached__)"]
        said = subprocess.run(
            run, env={"PYTHONPATH": str(layer / "python")}, capture_output=True, text=True, check=True
        )
        assert said.stdout.endswith("/ids.cpython-313.pyc\n")


def test_the_bill_of_materials_lists_the_packages_of_the_layers(project: Path) -> None:
    """All that are locked, with their versions and licences, and no other; as CycloneDX wants it."""
    assert "Its bill of materials is .aws-sam/layer.cdx.json (CycloneDX).\n" in build(project, "arm64")
    text = (project / ".aws-sam" / "layer.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = json.loads(text)

    locks = "".join(path.read_text() for path in (ROOT / "shared").glob("requirements*.txt"))
    locked = re.findall(r"^([a-z0-9-]+)==(\S+)", locks, re.M)
    assert sorted(one["purl"] for one in bill["components"]) == sorted(f"pkg:pypi/{n}@{v}" for n, v in locked)
    assert [one["name"] for one in bill["components"] if not one.get("licenses")] == []
    root = bill["metadata"]["component"]
    assert (root["name"], root["version"]) == ("agentos-serverless", __version__)
    assert [one["license"]["id"] for one in root["licenses"]] == ["Apache-2.0"]

    requires = {one["ref"]: one.get("dependsOn", []) for one in bill["dependencies"]}
    reached, left = set(), [root["bom-ref"]]
    while left:
        reached.add(one := left.pop())
        left += [other for other in requires[one] if other not in reached]
    assert reached == requires.keys(), "every package is there because another needs it"


def test_functions_artifact_is_its_one_file(project: Path) -> None:
    """The console's function has the page's files as well."""
    build(project, "arm64")
    for function in TEMPLATE.functions:
        built = project / ".aws-sam" / "build" / function.name
        source = {name for name in files(function.folder) if "__pycache__" not in name}
        assert files(built) == source
        assert source == {"app.py"} or function.name == "ConsoleFunction"
        assert all((built / name).read_bytes() == (function.folder / name).read_bytes() for name in source)


def test_an_edit_builds_the_layer_again_only_if_it_is_in_there(project: Path) -> None:
    """The layer is what takes time: its packages are fetched. All the rest is copied within two seconds."""
    build(project, "arm64")
    build_folder = project / ".aws-sam" / "build"
    with (project / "functions" / "health" / "app.py").open("a") as file:
        file.write("# edited\n")
    assert "Layer for" not in build(project, "arm64")
    assert (build_folder / "HealthFunction" / "app.py").read_text().endswith("# edited\n")

    for edited in ("config/default.yaml", "shared/agentos/kernel/ids.py"):
        with (project / edited).open("a") as file:
            file.write("# edited\n")
        assert "Layer for" in build(project, "arm64")
        built = build_folder / "Layer" / edited.replace("shared", "python")
        assert built.read_text().endswith("# edited\n")


def test_a_layer_that_grew_too_large_fails_the_build(project: Path) -> None:
    large = project / "shared" / "agentos" / "large.bin"
    large.write_bytes(b"\0" * LIMIT_BYTES)
    try:
        with pytest.raises(AssertionError, match="over 35 MB"):
            build(project, "arm64")
    finally:
        large.unlink()


def test_building_needs_neither_docker_nor_lambdas_python(project: Path, tmp_path: Path) -> None:
    """With nothing on the path but what any machine has, the Python that runs this, and uv."""
    (tmp_path / "python3").symlink_to(sys._base_executable)  # type: ignore[attr-defined]
    for name in ("make", "cp", "rm", "find", "du", "cut", "sed", "sh", "test", "uv"):
        found = shutil.which(name, path=environment()["PATH"])
        assert found
        (tmp_path / name).symlink_to(found)
    shutil.rmtree(project / ".aws-sam", ignore_errors=True)
    bare = environment() | {"PATH": str(tmp_path), "DOCKER_HOST": "unix:///nonexistent"}
    done = subprocess.run([*COMMAND, "build"], cwd=project, env=bare, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
