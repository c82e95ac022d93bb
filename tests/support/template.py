"""template.yaml as a test reads it."""

from copy import deepcopy
from functools import cache
from typing import Any

from local.cloudformation import read_template
from tests.support.gateway import ROOT


def template() -> dict[str, Any]:
    """The document, with the short tags as their long forms. The caller may change it."""
    return deepcopy(_read())


@cache
def _read() -> dict[str, Any]:
    return read_template(ROOT / "template.yaml")
