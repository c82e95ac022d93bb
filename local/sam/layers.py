"""What `sam local` does not do with the layers of a template, done in a copy of it."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.cloudformation import read_template

NOTHING = {"Ref": "AWS::NoValue"}


def with_own_layers(template: Path, parameters: Mapping[str, str]) -> Path:
    """A copy of a built template, beside it, with the layers that conditions choose, under names of its own.

    SAM leaves out every layer that stands in a `Fn::If` (samcli/lib/providers/sam_function_provider.py). And it bakes
    the layers into an image that it names after their logical ids alone. So of two checkouts that run at the same time,
    each would get the layer that was built last.
    """
    document = read_template(template)
    mark = hashlib.sha256(str(template).encode()).hexdigest()[:8]
    resources = document["Resources"]
    layers = [name for name, one in resources.items() if one["Type"].endswith("::LayerVersion")]
    names = {name: f"{name}{mark}" for name in layers}
    document["Resources"] = {names.get(name, name): one for name, one in resources.items()}
    shared = document["Globals"]["Function"]
    chosen = [_chosen(layer, document, parameters) for layer in shared["Layers"]]
    shared["Layers"] = [layer for layer in chosen if layer != NOTHING]
    copy = template.with_suffix(".json")
    copy.write_text(json.dumps(_with_references(document, names)))
    return copy


def _chosen(layer: Any, document: dict[str, Any], parameters: Mapping[str, str]) -> Any:
    """The layer, or the one of two that its condition chooses."""
    if layer.keys() != {"Fn::If"}:
        return layer
    name, yes, no = layer["Fn::If"]
    defaults = {one: described.get("Default", "") for one, described in document["Parameters"].items()}
    return yes if _holds(document["Conditions"][name], {**defaults, **parameters}) else no


def _holds(condition: dict[str, Any], parameters: Mapping[str, str]) -> bool:
    """Whether it is true. Raises KeyError for what conditions of layers do not have so far."""
    if "Fn::Not" in condition:
        return not _holds(condition["Fn::Not"][0], parameters)
    parameter, value = condition["Fn::Equals"]
    return bool(parameters[parameter["Ref"]] == value)


def _with_references(part: Any, names: Mapping[str, str]) -> Any:
    """The same part of a template, with the new names wherever it refers to one of the old."""
    if isinstance(part, list):
        return [_with_references(one, names) for one in part]
    if not isinstance(part, dict):
        return part
    if part.keys() == {"Ref"}:
        return {"Ref": names.get(part["Ref"], part["Ref"])}
    return {name: _with_references(one, names) for name, one in part.items()}
