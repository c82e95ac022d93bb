"""Requests that schemathesis makes from the OpenAPI document, sent to the local host.

No answer is a 500, or has a status, a media type, a header or a shape that the document does not have.
https://schemathesis.readthedocs.io
"""

import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.e2e.hosting import Host
from tests.support.gateway import ROOT
from tests.support.properties import DEPTH

PROGRAM = ROOT / ".venv" / "openapi" / "bin" / "schemathesis"
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
]
EXAMPLES = 3


def test_no_request_gets_an_answer_that_the_document_does_not_have(
    tmp_path: Path, start_host: Callable[..., Host]
) -> None:
    """With the same requests each time; under DEPTH with more, and random ones."""
    url = str(start_host().client.base_url)
    options = ["--checks", ",".join(CHECKS), "--phases", "examples,fuzzing", "--continue-on-failure", "--no-color"]
    options += [
        "--request-timeout",
        "120",
        "--max-examples",
        str(EXAMPLES * DEPTH),
        *(["--generation-deterministic"] if DEPTH == 1 else []),
    ]
    command = [PROGRAM, "--config-file", ROOT / "tests" / "contract" / "schemathesis.toml", "run"]
    finished = subprocess.run(
        [*command, f"{url}/openapi.json", "--url", url, *options], cwd=tmp_path, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stdout[-8000:] + finished.stderr
    assert " generated" in finished.stdout
