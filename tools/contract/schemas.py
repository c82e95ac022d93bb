"""JSON Schemas of the code's own models: of what a client sends, and of what it is answered.

https://docs.pydantic.dev/latest/concepts/json_schema/#customizing-the-json-schema-generation-process
"""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from agentos.domain import Attempt, Plan, Reply, Route, SentMessage, Target, ToolCall
from agentos.domain.callers import tenant_name
from agentos.domain.names import model_name
from agentos.domain.parameters import GivenParameters
from agentos.kernel import values
from agentos.kernel.values import AsGiven, Value
from tools.contract.fields import described

Json = dict[str, Any]
PREFIX = "#/components/schemas/"

MODEL_NAME = r"^[a-z0-9][a-z0-9-]{0,62}:[^\s\u0000-\u001f]{1,200}$"
OPTIONAL: dict[type[Any], set[str]] = {
    ToolCall: {"invalidArguments"},
    Reply: {"reasoning"},
    SentMessage: {"toolCalls"},
    Plan: {"cache"},
    Route: {"cache"},
    Attempt: {"simulated"},
    Target: {"simulatedFailure"},
}
"""Fields that an answer leaves out where they would say nothing."""

IMAGE_URL = r"^(https?://|data:image/[a-zA-Z0-9_.+-]+;base64,)\S+$"
BASE64 = r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
FILE_DATA = r"^data:[a-zA-Z0-9_.+-]+/[a-zA-Z0-9_.+-]+(;[a-zA-Z0-9_.+=-]+)*;base64,[A-Za-z0-9+/]+={0,2}$"
"""What `model_name` and the check of an image's URL demand, in the syntax that JSON Schema has."""


def component(name: str) -> Json:
    """A reference to a schema of the document."""
    return {"$ref": PREFIX + name}


class _Schemas(GenerateJsonSchema):
    """pydantic's schemas with the rules that our validators and serializers add."""

    def function_after_schema(self, schema: Any) -> Json:
        inner = super().function_after_schema(schema)
        return {**inner, **_demanded(schema["function"]["function"], inner)}

    def ser_schema(self, schema: Any) -> Json | None:
        """Our serializers only leave fields out. pydantic takes their return type for the whole schema."""
        return None if schema["type"] == "function-wrap" else super().ser_schema(schema)

    def model_schema(self, schema: Any) -> Json:
        document, kind = super().model_schema(schema), schema["cls"]
        if self.mode == "serialization" and issubclass(kind, Value) and "properties" in document:
            optional = set(document["properties"]) if issubclass(kind, AsGiven) else set()
            optional |= OPTIONAL.get(kind, set())
            document["required"] = [name for name in document["properties"] if name not in optional]
            document.pop("additionalProperties", None)  # a client must expect fields that come later
        return document


def _demanded(validator: Any, inner: Json) -> Json:
    """What a validator that runs after the others demands, as keywords."""
    if validator is values.not_empty:
        return {"minItems": 1} if inner.get("type") == "array" else {"minLength": 1}
    if validator is values.not_blank:
        return {"pattern": r"\S"}
    if validator is model_name:
        return {"pattern": MODEL_NAME}
    if validator is tenant_name:
        return {"pattern": "^[a-z0-9][a-z0-9-]{0,62}$"}
    by_name: dict[str, Json] = {
        "_image_url": {"pattern": IMAGE_URL},
        "_file_data": {"pattern": FILE_DATA},
        "_file_address": {"pattern": r"^https?://\S+$"},
        "_base64": {"pattern": BASE64},
        "_one": {"const": 1},
        "_bounded": {"minProperties": 1},
    }
    return by_name.get(getattr(validator, "__name__", ""), {})


def schemas_of(sent: Sequence[type[BaseModel]], answered: Sequence[type[BaseModel]]) -> dict[str, Json]:
    """Every model by its name, and every model that these contain."""
    kinds: list[tuple[type[BaseModel], JsonSchemaMode]] = [(kind, "validation") for kind in sent]
    kinds += [(kind, "serialization") for kind in answered]
    _, document = models_json_schema(kinds, by_alias=True, ref_template=PREFIX + "{model}", schema_generator=_Schemas)
    renamed = _renamed(document["$defs"])
    return {name: described(name, _bare(schema)) for name, schema in sorted(renamed.items())}


def schema_name(kind: Any) -> str:
    """The name of an answer's schema."""
    return _plain(str(kind.__name__).replace("[", "_").replace("]", "_"))


def parameter_schemas() -> dict[str, Json]:
    """The schema of each parameter of answering, by our name of it."""
    return dict(schemas_of([GivenParameters], [])["GivenParameters"]["properties"])


def _renamed(definitions: Json) -> Json:
    """The schemas under names that are words: `ToolInput` is what a client sends, `Tool` what it is answered."""
    names = {name: _plain(name) for name in definitions}
    if len(set(names.values())) < len(names):
        raise ValueError(f"two schemas have one name: {sorted(names.values())}")

    def rewrite(value: Any) -> Any:
        if isinstance(value, list):
            return [rewrite(one) for one in value]
        if not isinstance(value, dict):
            return value
        return {
            key: PREFIX + names[inner.removeprefix(PREFIX)] if key == "$ref" else rewrite(inner)
            for key, inner in value.items()
        }

    return {names[name]: rewrite(schema) for name, schema in definitions.items()}


def _plain(name: str) -> str:
    name = name.removesuffix("-Output").replace("-Input", "Input")
    if name.startswith("Page_"):
        kinds = {"Page_Agent_": "AgentPage", "Page_Session_": "SessionPage", "Page_ApiKey_": "KeyPage"}
        return kinds.get(name, "MessagePage")
    return name


def _bare(schema: Any) -> Any:
    """Without titles, which repeat the names, and without defaults that say no more than that a field may be absent."""
    if isinstance(schema, list):
        return [_bare(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _bare(one) for name, one in value.items()} if key == "properties" else _bare(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
        and not (key == "default" and not isinstance(value, str | int))
    }


def references(value: Any) -> Iterable[str]:
    """The names of the schemas that a part of the document refers to."""
    if isinstance(value, list):
        for one in value:
            yield from references(one)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key == "$ref" and inner.startswith(PREFIX):
                yield inner.removeprefix(PREFIX)
            else:
                yield from references(inner)
