"""template.yaml as a test reads it."""

from copy import deepcopy
from functools import cache
from typing import Any

from tests.support.gateway import ROOT


def template() -> dict[str, Any]:
    """The document, with the short tags as their long forms. The caller may change it."""
    return deepcopy(_read())


@cache
def _read() -> dict[str, Any]:
    from samcli.yamlhelper import yaml_parse

    document: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    return document
