"""A function that does what its event says."""

import json
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any

OK = {"statusCode": 200, "headers": {"content-type": "text/plain"}}


def stream(event: dict[str, Any], context: Any) -> object:
    send = context.open_stream(event.get("head", OK))
    for piece in event["pieces"]:
        send(piece.encode())
    return event.get("returned")


def plain(event: dict[str, Any], context: Any) -> Any:
    return event["result"]


def unmarshalable(event: dict[str, Any], context: Any) -> Any:
    return {**OK, "headers": {"x": object()}}


def fail(event: dict[str, Any], context: Any) -> None:
    raise ValueError(event["message"])


def fail_deeply(event: dict[str, Any], context: Any) -> None:
    if event["depth"]:
        fail_deeply({**event, "depth": event["depth"] - 1}, context)
    raise LookupError(event["message"])


def fail_midway(event: dict[str, Any], context: Any) -> None:
    stream(event, context)
    fail_deeply(event, context)


def open_twice(event: dict[str, Any], context: Any) -> None:
    context.open_stream(OK)
    context.open_stream(OK)


def exit(event: dict[str, Any], context: Any) -> None:  # noqa: A001 - what it does
    if "pieces" in event:
        stream(event, context)
    sys.exit(event["code"])


def killed(event: dict[str, Any], context: Any) -> None:
    """Ends in the middle of a line of its log."""
    sys.stdout.write(event["line"])
    sys.stderr.write(event["line"])
    os.kill(os.getpid(), signal.SIGKILL)


def large(event: dict[str, Any], context: Any) -> None:
    send = context.open_stream(OK)
    for number in range(event["pieces"]):
        send(bytes([number]) * event["size"])


def wait(event: dict[str, Any], context: Any) -> None:
    """Sends one piece, and the next after a write to the pipe."""
    send = context.open_stream(OK)
    for piece in event["pieces"]:
        send(piece.encode())
        Path(event["pipe"]).read_bytes()


def work(event: dict[str, Any], context: Any) -> None:
    """Sends many pieces, and reports at the end that it has finished."""
    wait(event, context)
    Path(event["done"]).write_text("done")


def describe(event: dict[str, Any], context: Any) -> Any:
    """Everything that a handler can know of an invocation."""
    names = [name for name in dir(context) if not name.startswith("_")]
    known = {name: getattr(context, name) for name in names if not callable(getattr(context, name))}
    known["callable"] = sorted({*names} - {*known})
    client, identity = known.pop("client_context"), known["identity"]
    known["identity"] = [identity.cognito_identity_id, identity.cognito_identity_pool_id]
    if client:
        app = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")
        known["client_context"] = [client.custom, client.env, [getattr(client.client, name) for name in app]]
    known["w3c"] = context.w3c()
    known["trace"] = os.environ.get("_X_AMZN_TRACE_ID")
    known["remaining"] = context.get_remaining_time_in_millis()
    return {**OK, "body": json.dumps(known)}


def log(event: dict[str, Any], context: Any) -> Any:
    root, named = logging.getLogger(), logging.getLogger("named")
    root.warning("größer als %d", 1)
    root.error("two\nlines")
    named.info("not seen by default")
    named.debug("seen last")
    named.log(35, "between two levels", extra={"more": {"than": 1}, "odd": OK.keys()})
    named.warning({"as": "it is"})
    try:
        fail({"message": "with a traceback"}, context)
    except ValueError:
        named.exception("caught")
    sys.stdout.write("\nprinted\n")
    context.log("as it is\n")
    return OK


def find(event: dict[str, Any], context: Any) -> Any:
    """Where a module is found."""
    module = __import__(event["module"])
    return {**OK, "body": f"{module.__file__}"}


def handler(event: dict[str, Any], context: Any) -> Any:
    return globals()[event["do"]](event, context)
