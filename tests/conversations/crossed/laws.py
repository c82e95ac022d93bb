"""The laws for a conversation that continues at another provider."""

import base64
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.conversations.crossed.world import World
from tests.conversations.fakes.model import Call, File, Received, Result
from tests.conversations.fakes.rules import Traits, image_kind
from tests.support.gateway import Answer

Body = dict[str, Any]

FOUR = {"image/png", "image/jpeg", "image/gif", "image/webp"}
"""The kinds of images that providers take."""

NO_GIF = {"gemini", "openrouter", "ollama"}
"""Providers that take no GIF."""

NO_ADDRESSES = {"bedrock", "ollama"}
NO_FORCED_TOOLS = {"deepseek", "glm4", "ollama"}
"""None of their models can be made to call a tool."""


class Broken(AssertionError):
    """A law does not hold. `law` is the same for the same fault wherever it is found."""

    def __init__(self, law: str, what: object) -> None:
        super().__init__(f"{law}: {what}")
        self.law = law


@dataclass(frozen=True)
class Needs:
    """The capabilities that a conversation needs from a model."""

    images: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    tools: bool = False
    schema: bool = False
    json: bool = False
    odd_keys: bool = False
    forced: bool = False

    @classmethod
    def of(
        cls,
        contents: Iterable[Any],
        tools: Iterable[Body],
        *,
        called: bool = False,
        form: Any = None,
        choice: Any = None,
    ) -> "Needs":
        kind, offered, said = (form or {}).get("type"), list(tools), list(contents)
        keys = [key for tool in offered for key in (tool["function"].get("parameters") or {}).get("properties") or ()]
        return cls(
            images=tuple(_images(said)),
            media=tuple(media_of(said)),
            tools=bool(offered) or called,
            schema=kind == "json_schema",
            json=kind == "json_object",
            odd_keys=not all(re.fullmatch("[a-zA-Z0-9_.-]{1,64}", key) for key in keys),
            forced=choice not in (None, "auto", "none"),
        )

    def beyond(self, provider: str, model: Traits, media: Collection[str]) -> set[str]:
        """The needed capabilities that the provider or its model lacks, by a plan's names. `media`: kinds of files and
        audio that the model takes."""
        lacking = {
            "tools": self.tools and "tools" not in model.can,
            "images": any(not _takes(provider, model, url) for url in self.images),
            "files or audio": not set(self.media) <= set(media),
            "structuredOutput": self.schema and "schema" not in model.can,
            "toolChoice": self.forced and (model.thinks or provider in NO_FORCED_TOOLS),
            "json with tools": self.json and self.tools and provider == "groq",
            "keys of schemas": self.odd_keys and provider in ("anthropic", "bedrock"),
        }
        return {name for name, lacks in lacking.items() if lacks}


def _images(contents: Iterable[Any]) -> Iterator[str]:
    for content in contents:
        if isinstance(content, list):
            yield from (part["image_url"]["url"] for part in content if part.get("type") == "image_url")


def media_of(contents: Iterable[Any]) -> Iterator[str]:
    """The kinds of files and audio, without files of text, which are sent as text."""
    for content in contents:
        for part in content if isinstance(content, list) else ():
            if part.get("type") == "input_audio":
                yield f"audio/{part['input_audio']['format']}"
            elif part.get("type") == "file":
                given = part["file"].get("file_url") or part["file"]["file_data"]
                kind = given.removeprefix("data:").partition(";")[0] if given.startswith("data:") else given[:5]
                if not kind.startswith("text/"):
                    yield {"application/octet-stream": "application/pdf"}.get(kind, kind).rstrip(":")


def _takes(provider: str, model: Traits, url: str) -> bool:
    if "images" not in model.can:
        return False
    if not url.startswith("data:"):
        return provider not in NO_ADDRESSES and (provider != "anthropic" or url.startswith("https:"))
    said = url.partition(";")[0].removeprefix("data:").lower().replace("image/jpg", "image/jpeg")
    kind = image_kind(base64.b64decode(url.partition(",")[2]))
    return said == kind and kind in FOUR and not (kind == "image/gif" and provider in NO_GIF)


def nobody_refuses(world: World) -> None:
    """No provider received a request that it refuses. Raises Broken."""
    for provider, refused in world.refusals:
        rule = refused.rule.what if refused.rule else "the request line"
        raise Broken(f"{provider} refuses: {rule}", refused.words)


def nothing_is_lost(
    provider: str, received: Received, texts: Iterable[str], calls: int, media: Collection[str] = ()
) -> None:
    """The model has all that was said, however it had to be put, and each call with its result; and each file.

    Raises Broken.
    """
    items = [item for one in received.said for item in one.items]
    words = "\n".join([received.system, *(item for item in items if isinstance(item, str))])
    if missing := [text for text in texts if text.strip() not in words]:
        raise Broken(f"{provider}: words are lost", missing)
    files = [item.kind for item in items if isinstance(item, File)]
    if files != list(media):
        raise Broken(f"{provider}: files or audio are lost or doubled", f"{files} of {media}")
    found = [sum(isinstance(item, kind) for item in items) for kind in (Call, Result)]
    if found != [calls, calls]:
        raise Broken(f"{provider}: calls or their results are lost or doubled", f"{found} of {calls}")


def words_of(content: Any) -> list[str]:
    """The texts in a message's content, without blank ones."""
    parts = content if isinstance(content, list) else [{"text": content}]
    return [part["text"] for part in parts if part.get("text") and part["text"].strip()]


def answered(answer: Answer, provider: str, model: str, beyond: set[str]) -> bool:
    """Whether the provider has answered. Where it has not, the plan says that it cannot, and it cannot indeed.

    Raises Broken.
    """
    body = answer.json
    ours = body.get("agentos", {})
    details = body.get("route") or body.get("details") or ours.get("route") or ours.get("details") or {}
    if answer.status == 200 and details["served"] == model:
        return True
    reasons = [one["reason"] for one in details.get("skipped", ()) if one["model"] == model]
    if any(reason.startswith("unsupported: ") for reason in reasons):
        if not beyond:
            raise Broken(f"{provider} is skipped without a cause: {reasons[0]}", reasons)
        return False
    attempts = [one for one in details.get("attempts", ()) if one["model"] == model]
    if answer.status == 200:
        raise Broken(f"{provider} is passed over: {_outcomes(attempts, model)}", details)
    if answer.status == 400 and not attempts:
        raise Broken(f"our own 400: {re.sub('[0-9]+', 'N', _message(body))[:100]}", body)
    outcomes = _outcomes(attempts, model)
    raise Broken(f"{provider} does not answer: {answer.status} {code_of(body)} ({outcomes})", attempts or body)


def _outcomes(attempts: Iterable[Body], model: str) -> str:
    return ", ".join(sorted({one["outcome"] for one in attempts if one["model"] == model}))


def _message(body: Body) -> str:
    return str(body.get("message") or (body.get("error") or {}).get("message"))


def code_of(body: Body) -> str:
    """The code of an error, in our envelope or OpenAI's."""
    return str(body.get("code") or (body.get("error") or {}).get("code"))
