"""Writes the layers' software bill of materials: `python tools/sbom.py FILE LAYER…`, as `make build` does.

cyclonedx-py describes the packages of a virtual environment. The one that it is shown here has nothing but the layers'
packages on its path; none of them is imported, since they are built for Lambda's processor.
"""

import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "shared"))

from agentos import __version__  # noqa: E402

NAME = "agentos-serverless"
CYCLONEDX = [sys.executable, "-m", "cyclonedx_py"]  # its script may name another interpreter


def write(file: Path, folders: Sequence[Path]) -> None:
    """Describe what is installed in these folders to `file`, as CycloneDX 1.6 JSON. Exits with what went wrong."""
    with tempfile.TemporaryDirectory() as folder:
        environment, project = Path(folder, "environment"), Path(folder, "pyproject.toml")
        venv.create(environment, symlinks=True)
        (site_packages,) = environment.glob("lib/python*/site-packages")
        (site_packages / "layers.pth").write_text("".join(f"{folder.resolve()}\n" for folder in folders))
        project.write_text(_project())
        # A test validates the result; to do it here would take six seconds of every build.
        form = ["--spec-version", "1.6", "--output-format", "JSON", "--no-validate"]
        command: list[str | Path] = [
            *CYCLONEDX,
            "environment",
            "--pyproject",
            project,
            *form,
            "--output-file",
            file,
            environment,
        ]
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise SystemExit(done.stderr)


def _project() -> str:
    """What cyclonedx-py reads of the project itself: the root component, and what it depends on directly."""
    files = (ROOT / "shared").glob("requirements*.in")
    lines = [line for file in sorted(files) for line in file.read_text().splitlines()]
    direct = [line.partition("#")[0].strip() for line in lines]
    fields = {
        "name": NAME,
        "version": __version__,
        "description": "An agent runtime on AWS Lambda that routes messages over model providers.",
        "license": "Apache-2.0",
        "dependencies": [name for name in direct if name],
    }
    return "[project]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in fields.items())


if __name__ == "__main__":
    write(Path(sys.argv[1]), [Path(folder) for folder in sys.argv[2:]])
