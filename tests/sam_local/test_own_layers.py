"""The template that `sam local` runs: its layers, so also the images that SAM makes of them, are one checkout's."""

import json
from pathlib import Path
from typing import Any

from local.sam.layers import with_own_layers

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Parameters: {Mode: {Type: String, Default: keys}, Trace: {Type: String, Default: ""}}
Conditions:
  Tokens: !Equals [!Ref Mode, jwt]
  Traced: !Not [!Equals [!Ref Trace, ""]]
Globals:
  Function:
    Layers: [!If [Traced, !Ref Trace, !Ref AWS::NoValue], !If [Tokens, !Ref Second, !Ref AWS::NoValue], !Ref First]
Resources:
  First: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: First}}
  Second: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: Second}}
  Function: {Type: AWS::Serverless::Function, Properties: {CodeUri: First, Layers: [!Ref First]}}
"""


def of_checkout(folder: Path, **parameters: str) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    built = folder / "template.yaml"
    built.write_text(TEMPLATE)
    document: dict[str, Any] = json.loads(with_own_layers(built, parameters).read_text())
    return document


def test_layers_have_the_names_of_one_checkout(tmp_path: Path) -> None:
    one, other = (of_checkout(tmp_path / name) for name in ("one", "other"))
    first, second, function = one["Resources"]
    assert first.startswith("First")
    assert second.startswith("Second")
    assert function == "Function"
    assert one["Resources"][first] == {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": "First"}}
    assert one["Resources"]["Function"]["Properties"] == {"CodeUri": "First", "Layers": [{"Ref": first}]}
    assert one["Resources"].keys() & other["Resources"].keys() == {"Function"}


def test_functions_have_the_layers_that_conditions_choose(tmp_path: Path) -> None:
    def layers(**parameters: str) -> list[str]:
        chosen = of_checkout(tmp_path, **parameters)["Globals"]["Function"]["Layers"]
        return [str(one["Ref"]) for one in chosen]

    first, second, _ = of_checkout(tmp_path)["Resources"]
    assert layers() == [first]
    assert layers(Mode="jwt") == [second, first]
    assert layers(Mode="jwt", Trace="arn") == ["Trace", second, first]
