"""The template that `sam local` runs: its layers, so also the images that SAM makes of them, are one checkout's."""

import json
from pathlib import Path
from typing import Any

from local.sam.cli import with_own_layers

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Layers: [!If [ChecksTokens, !Ref Second, !Ref AWS::NoValue], !Ref First]}}
Resources:
  First: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: First}}
  Second: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: Second}}
  Function: {Type: AWS::Serverless::Function, Properties: {CodeUri: First, Layers: [!Ref First]}}
"""


def of_checkout(folder: Path) -> dict[str, Any]:
    folder.mkdir()
    built = folder / "template.yaml"
    built.write_text(TEMPLATE)
    document: dict[str, Any] = json.loads(with_own_layers(built).read_text())
    return document


def test_layers_have_the_names_of_one_checkout(tmp_path: Path) -> None:
    one, other = (of_checkout(tmp_path / name) for name in ("one", "other"))
    first, second, function = one["Resources"]
    assert first.startswith("First")
    assert function == "Function"
    assert one["Resources"][first] == {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": "First"}}
    assert one["Resources"]["Function"]["Properties"] == {"CodeUri": "First", "Layers": [{"Ref": first}]}
    choice = {"Fn::If": ["ChecksTokens", {"Ref": second}, {"Ref": "AWS::NoValue"}]}
    assert one["Globals"]["Function"]["Layers"] == [choice, {"Ref": first}]
    assert one["Resources"].keys() & other["Resources"].keys() == {"Function"}
