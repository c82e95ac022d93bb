"""Prepares the stack for `sam local`: images, network, DynamoDB with its table, the model, built functions."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import boto3

from local import dynamodb, dynamodb_local, process
from local.context import REGION
from local.environment import Environment
from local.first_key import KeyTextError, ModeError, auth_mode, auth_parameters, first_key
from local.model import LocalModel, ModelError
from local.preflight import StartError, checked_settings
from local.sam import cli, docker, store
from local.sam.layers import with_own_layers
from local.template import Template, load_template

TABLE_NAME = "agentos"
MODEL_SECONDS = 60
ECHO_OVERLAY = Path(__file__).parents[1] / "echo.yaml"

FAILURES = (
    docker.DockerError,
    cli.SamError,
    dynamodb.DynamoDBError,
    dynamodb_local.DynamoDBLocalError,
    KeyTextError,
    ModeError,
    StartError,
    process.EndedEarly,
    TimeoutError,
    OSError,
)
"""Errors whose text is shown as it is."""


@dataclass(frozen=True)
class Stack:
    """What `sam local` needs, prepared and running."""

    root: Path
    template: Template
    store: store.Store
    environment: dict[str, str]
    """SAM's own."""
    options: list[str]
    """Of `sam local start-api` and `sam local invoke` alike."""
    variables: dict[str, str]
    """The functions' variables, which those options set."""
    facts: dict[str, str]
    """The lines of the start-up summary by name."""
    key: str | None = field(repr=False)
    """The first key, where callers are asked for one."""


@contextmanager
def prepared(root: Path, environment: Environment, name: str) -> Iterator[Stack]:
    """The stack, for the length of a `with` block. `name` is the network's. Raises one of `FAILURES`."""
    images = environment.get("IMAGES") or "auto"
    mode = environment.defaults["AUTH_MODE"] = auth_mode(environment, "keys")
    environment.refresh()
    checked_settings(environment)
    docker.require_engine()
    runtime, runtime_description = cli.image_options(images)
    template = load_template(root / "template.yaml", TABLE_NAME)
    built = cli.build(root)
    with ExitStack() as parts:
        network = parts.enter_context(docker.network(name))
        database = parts.enter_context(_store(environment, network, images))
        dynamodb.ensure_table(database.url, template, session_of(environment).client)
        model = parts.enter_context(_model(environment))
        client = session_of(environment).client("dynamodb", endpoint_url=database.url)
        key = first_key(client, TABLE_NAME, environment.get("AGENTOS_ADMIN_KEY")) if mode == "keys" else None
        variables = _variables(template, environment, database)
        variables["AGENTOS_CONFIG"] = cli.copy_overlays(built, environment.overlays())
        parameters = {"Architecture": docker.architecture(), **auth_parameters(mode)}
        options = [
            *("--template", str(with_own_layers(built, parameters))),
            *("--env-vars", str(parts.enter_context(cli.variables_file(variables)))),
            *("--parameter-overrides", " ".join(f"{name}={value}" for name, value in parameters.items())),
            *("--docker-network", network, "--add-host", f"{docker.HOST}:host-gateway"),
            *runtime,
        ]
        facts = {"runtime": runtime_description, "store": database.description, "model": model}
        own = parts.enter_context(cli.own_locks(cli.environment()))
        yield Stack(root, template, database, own, options, variables, facts, key)


@contextmanager
def _store(environment: Environment, network: str, images: str) -> Iterator[store.Store]:
    given = environment.get("AWS_ENDPOINT_URL_DYNAMODB")
    if given:
        yield store.Store(given, store.url_in_container(given), given)
    elif images != "local" and docker.has_image(store.IMAGE):
        with store.in_container(network) as database:
            yield database
    else:
        with store.on_this_machine() as database:
            yield database


@contextmanager
def _model(environment: Environment) -> Iterator[str]:
    """The model, for the length of a `with` block: its line in the start-up summary. LOCAL_ENDPOINT is its URL."""
    if environment.get("LOCAL_ENDPOINT"):
        yield "yours, at LOCAL_ENDPOINT"
        return
    model = None
    try:
        if environment.get("LOCAL_MODEL") in ("0", "no"):
            raise ModelError("switched off")
        model = LocalModel(docker.reachable_address())
        environment.defaults["LOCAL_ENDPOINT"] = model.wait(MODEL_SECONDS)
        summary = "local:smollm2 (SmolLM2-135M, small and often wrong)"
    except ModelError as error:
        environment.base_overlays.append(ECHO_OVERLAY)
        summary = f"none ({error}); echo:echo answers instead"
    environment.refresh()
    try:
        yield summary
    finally:
        if model:
            model.stop()


def session_of(environment: Environment) -> boto3.Session:
    """With the user's credentials, else with invented ones: DynamoDB Local checks none, but boto3 needs some."""
    return boto3.Session(
        aws_access_key_id=environment.get("AWS_ACCESS_KEY_ID") or "local",
        aws_secret_access_key=environment.get("AWS_SECRET_ACCESS_KEY") or "local",
        aws_session_token=environment.get("AWS_SESSION_TOKEN") or None,
        region_name=environment.get("AWS_DEFAULT_REGION") or REGION,
    )


def _variables(template: Template, environment: Environment, database: store.Store) -> dict[str, str]:
    """The functions' variables: those in the environment and .env that the template declares. SAM ignores others."""
    declared: Mapping[str, str] = template.environment
    variables = {name: environment.get(name) for name in declared if name in environment.variables}
    endpoints = {name: store.url_in_container(value) for name, value in variables.items() if name.endswith("_ENDPOINT")}
    return variables | endpoints | {"TABLE_NAME": TABLE_NAME, "AWS_ENDPOINT_URL_DYNAMODB": database.container_url}
