"""Tables for tests, made from template.yaml, so that the key schema has one home."""

from functools import cache
from typing import Any
from uuid import uuid4

from samcli.yamlhelper import yaml_parse

from tests.support.gateway import ROOT


@cache
def table_properties() -> dict[str, Any]:
    """What `create_table` takes of the template's table."""
    properties = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]["Table"]["Properties"]
    taken = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    return {name: properties[name] for name in taken}


def new_table(client: Any) -> str:
    """The name of a fresh, empty table."""
    name = f"test-{uuid4().hex}"
    client.create_table(TableName=name, **table_properties())
    return name
