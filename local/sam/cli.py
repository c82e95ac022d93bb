"""How this project calls AWS SAM CLI: builds for this machine's processor, and the images of its containers."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from local.sam import docker

RUNTIME_IMAGE = "public.ecr.aws/lambda/python:3.13"
RUNTIME_IMAGE_SCRIPT = Path(__file__).parents[2] / "tests" / "sam_local" / "runtime_image.sh"
BUILD = Path(".aws-sam", "local")
"""Not .aws-sam/build, which is what gets deployed, perhaps for another processor."""

COMMAND = [sys.executable, "-m", "samcli"]

WARM = ["--warm-containers", "LAZY", "--no-watch"]
"""Options of `sam local start-…`.

LAZY, because EAGER starts a container for every function at once and does not remove them. Nothing is watched: an edit
needs a build anyway, and SAM 1.170 can lock up for ever when a file changes while it starts a container, because both
take the two locks of samcli/lib/utils/file_observer.py, in opposite order.
"""


class SamError(Exception):
    """SAM failed. The text is its output."""


def environment() -> dict[str, str]:
    """SAM's own environment.

    Without AWS_EC2_METADATA_DISABLED, SAM waits for credentials from a virtual machine's metadata service.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"  # for uv
    return os.environ | {"PATH": path, "SAM_CLI_TELEMETRY": "0", "AWS_EC2_METADATA_DISABLED": "true"}


def build(root: Path) -> Path:
    """Build for this machine's processor. Returns the built template. Raises SamError, DockerError."""
    target = root / BUILD
    options = ["--build-dir", str(target / "build"), "--cache-dir", str(target / "cache"), "--cached"]
    options += ["--parameter-overrides", f"Architecture={docker.architecture()}"]
    done = subprocess.run(
        [*COMMAND, "build", *options], cwd=root, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        raise SamError(f"sam build failed:\n{done.stdout.decode()}")
    return target / "build" / "template.yaml"


@contextmanager
def own_locks(environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """SAM's environment for the length of a `with` block, with a folder for its locks and other temporary files.

    SAM locks each image that it builds. A process that was killed leaves its lock behind, and the next one would wait
    five minutes for it (samcli/local/common/file_lock.py).
    """
    with tempfile.TemporaryDirectory(prefix="agentos-") as folder:
        yield {**environment, "TMPDIR": folder}


def image_options(images: str) -> tuple[list[str], str]:
    """The options of `sam local` that choose the functions' image, and a description of it. Raises SamError."""
    public = f"{RUNTIME_IMAGE}-{docker.architecture()}"
    if images != "local" and docker.has_image(public):
        return ["--skip-pull-image"], f"AWS's image {public}"  # without the option SAM pulls it for each container
    if images == "public":
        raise SamError(f"{public} cannot be fetched, and IMAGES=public allows no other")
    made = subprocess.run([str(RUNTIME_IMAGE_SCRIPT)], stdout=subprocess.PIPE, env=environment())
    if made.returncode:
        raise SamError(f"{public} cannot be fetched, and {RUNTIME_IMAGE_SCRIPT.name} could not make a substitute")
    name = made.stdout.decode().split()[-1]
    return ["--skip-pull-image", "--invoke-image", name], f"{name}, made on this machine"


def copy_overlays(template: Path, overlays: Sequence[Path]) -> str:
    """Copy the overlays into the built layer, since containers see no other file. Returns AGENTOS_CONFIG for them."""
    inside = []
    for number, overlay in enumerate(overlays):
        name = f"overlay-{number}-{overlay.name}"
        shutil.copyfile(overlay, template.parent / "Layer" / "config" / name)
        inside.append(f"/opt/config/{name}")
    return ":".join(inside)


@contextmanager
def variables_file(variables: Mapping[str, str]) -> Iterator[Path]:
    """A file for `--env-vars`, for the length of a `with` block. Only we can read it, because it contains keys."""
    with tempfile.TemporaryDirectory(prefix="agentos-") as folder:
        path = Path(folder, "variables.json")
        path.write_text(json.dumps({"Parameters": dict(variables)}))
        yield path
