"""The port that a user chooses."""

import argparse

from local.environment import Environment

DEFAULT = "8080"


def port_number(text: str) -> int:
    """A type for argparse. Raises ArgumentTypeError, whose text argparse shows."""
    if not text.isascii() or not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port, which is a number up to 65535")
    return int(text)


def chosen_port(parser: argparse.ArgumentParser, given: int | None, environment: Environment) -> int:
    """The one that was `given` as an option, else PORT, else 8080. Ends the program if PORT is none."""
    if given is not None:
        return given
    try:
        return port_number(environment.get("PORT") or DEFAULT)
    except argparse.ArgumentTypeError as error:
        parser.error(f"PORT: {error}")
