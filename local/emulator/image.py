"""The container image of the functions: AWS's own if it can be fetched, else one made on this machine."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import samcli

from local.sam import cli, docker
from local.sam.docker import docker as run_docker

RUNTIME_INTERFACE_EMULATOR = Path(samcli.__file__).parent / "local" / "rapid"
"""SAM brings AWS's Lambda Runtime Interface Emulator along, which AWS's images contain and ours does not."""
INSIDE = "/usr/local/bin"
"""The folder in which AWS's images have the emulator."""
PREFIX = "agentos-emulator"
"""ministack puts it before the name of AWS's image, so that no image of AWS's name is replaced."""
LABEL = "agentos.from"
ENTRYPOINT = """\
#!/bin/sh
# As in AWS's images: the argument is the handler.
export _HANDLER="$1"
exec /usr/local/bin/aws-lambda-rie --log-level warn /var/runtime/bootstrap "$@"
"""


@dataclass(frozen=True)
class Image:
    """`prefix` is the value of MINISTACK_IMAGE_PREFIX, `description` the line in the summary."""

    prefix: str
    description: str


def prepare(images: str) -> Image:
    """Make sure that there is an image. `images` is auto, public or local. Raises SamError, DockerError."""
    options, description = cli.image_options(images)
    if "--invoke-image" not in options:
        base = f"{cli.RUNTIME_IMAGE}-{docker.architecture()}"
        run_docker("tag", base, f"{PREFIX}/{cli.RUNTIME_IMAGE}")
    else:
        _add_emulator(options[options.index("--invoke-image") + 1])
    return Image(PREFIX, description)


def _add_emulator(base: str) -> None:
    """Make the image from `base`, unless it was made from this very one before. Raises DockerError."""
    name = f"{PREFIX}/{cli.RUNTIME_IMAGE}"
    made_from = run_docker("image", "inspect", "--format", "{{.Id}}", base)
    found = run_docker("image", "ls", "--quiet", "--filter", f"label={LABEL}={made_from}", name)
    if found:
        return
    container = run_docker("create", base)
    try:
        with tempfile.TemporaryDirectory() as folder:
            entrypoint = Path(folder, "entrypoint")
            entrypoint.write_text(ENTRYPOINT)
            entrypoint.chmod(0o755)
            emulator = RUNTIME_INTERFACE_EMULATOR / f"aws-lambda-rie-{docker.architecture()}"
            run_docker("cp", str(emulator), f"{container}:{INSIDE}/aws-lambda-rie")
            run_docker("cp", str(entrypoint), f"{container}:{INSIDE}/lambda-entrypoint")
        changes = [f'ENTRYPOINT ["{INSIDE}/lambda-entrypoint"]', f"LABEL {LABEL}={made_from}"]
        run_docker("commit", *(part for change in changes for part in ("--change", change)), container, name)
    finally:
        run_docker("rm", "--force", container)
