"""`python -m local`: reads the options, then runs the host."""

import argparse
import os
import sys
from pathlib import Path

from local.environment import Environment
from local.ports import chosen_port, port_number

HELP = """\
Other settings come from the environment and .env (the environment overrides it): PORT; AUTH=keys, which asks callers
for a key, with AGENTOS_ADMIN_KEY for the first one, AUTH=jwt, which asks for a token of the issuer that your
configuration names, or AUTH=iam, which asks for signatures; LOCAL_MODEL=0 to start no model;
STORE for another DynamoDB than the one in memory: disk, which keeps sessions and queues in .agentos/, dynamodb-local,
which keeps its data in .dynamodb/, or the URL of one that runs already; AGENTOS_CONFIG for your own configuration;
DEBUG_PORT where a debugger may attach; and the providers' keys.
"""


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__, epilog=HELP)
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[1], help="the folder of template.yaml")
    parser.add_argument("--env-file", type=Path, help="instead of .env in that folder")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=port_number, help="default: PORT, else 8080")
    options = parser.parse_args()
    root = options.root.resolve()
    if not (root / "template.yaml").is_file():
        parser.error(f"argument --root: there is no template.yaml in {root}")
    environment = Environment(options.env_file or root / ".env")
    port = chosen_port(parser, options.port, environment)
    sys.path.insert(0, str(root / "shared"))  # as the layer is on Lambda

    from local.host import Options, run

    code = run(Options(root, options.host, port), environment)
    sys.stdout.flush()
    os._exit(code)  # a request that still waits for a provider would hold the interpreter up


if __name__ == "__main__":
    main()
