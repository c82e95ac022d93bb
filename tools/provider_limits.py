"""Writes into docs/providers.md what is changed on the way to each provider: `python tools/provider_limits.py`.

The page is written by hand, except for the blocks between `<!-- limits of … -->` and `<!-- end of limits -->`. They are
made from the limits of the wire formats and of `config/default.yaml`.
"""

import re
import sys
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, get_args

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "shared"))

from agentos.domain import ModelFacts, ParameterName, RequestLimits  # noqa: E402
from agentos.providers.limits import format_limits  # noqa: E402
from agentos.settings.loading import Settings, load_settings  # noqa: E402
from agentos.settings.provider import Provider  # noqa: E402
from agentos.settings.schema import WITHOUT, FormatSettings, UnlistedModels  # noqa: E402

PAGE = ROOT / "docs" / "providers.md"
WIDTH = 120

BLOCK = re.compile(r"(<!-- limits of (.+?) -->\n).*?(<!-- end of limits -->)", re.DOTALL)
SKIPS = "skips it (`unsupported`)"


def _images(kinds: frozenset[str] | None) -> str:
    if kinds is None:
        return "Images of every kind are taken."
    types = ", ".join(sorted(kind.removeprefix("image/").upper() for kind in kinds if "/" in kind))
    schemes = [scheme for scheme in ("https", "http") if scheme in kinds]
    by_address = f"by an {' or '.join(schemes)} address" if schemes else "as data alone"
    return f"Images are taken as {types}, {by_address}; a message with any other {SKIPS}."


SHORT = {
    "application/pdf": "PDF",
    "application/msword": "DOC",
    "application/vnd.ms-excel": "XLS",
    "application/vnd.ms-powerpoint": "PPT",
    "application/rtf": "RTF",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "DOCX",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "XLSX",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "PPTX",
}


def _files(kinds: frozenset[str] | None) -> str:
    if kinds is None:
        return "Files of every kind are taken."
    types = ", ".join(sorted(SHORT.get(kind, kind) for kind in kinds if "/" in kind))
    if not types:
        return "Of files only those of text are taken."
    schemes = [scheme for scheme in ("https", "http") if scheme in kinds]
    by_address = f"by an {' or '.join(schemes)} address" if schemes else "as data alone"
    return f"Files are taken as text and as {types}, {by_address}."


def _audio(formats: frozenset[str] | None) -> str:
    if formats is None:
        return "Audio of every format is taken."
    return f"Audio is taken as {', '.join(sorted(formats))}." if formats else "No audio is taken."


def _ranges(ranges: dict[str, tuple[float, float]]) -> str:
    return " ".join(f"`{name}` is moved into {least:g} to {most:g}." for name, (least, most) in ranges.items())


JSON_MODES = {
    "native": "`json_object` is sent as it is.",
    "worded": "`json_object` is sent, with a sentence that asks for JSON where no message names it.",
    "instructed": "`json_object` is asked for by a sentence in the system prompt.",
}

SENTENCES: dict[str, Callable[[Any], str]] = {
    "ranges": _ranges,
    "exclusive": lambda pairs: " ".join(f"`{left}` is left out beside `{first}`." for first, left in pairs),
    "least_max_tokens": lambda least: f"A `maxTokens` under {least} is raised to it.",
    "efforts": lambda known: (
        f"Of a model whose levels are not known, `reasoningEffort` is {', '.join(f'`{one}`' for one in known)} alone."
        if known
        else "Of a model whose levels are not known, `reasoningEffort` is left out."
    ),
    "cache_marks": lambda most: f"At most {most} places are marked for the cache." if most else "",
    "stops": lambda most: f"At most {most} of `stop` are sent." if most < 16 else "All of `stop` are sent.",
    "blank_stops": lambda taken: "" if taken else "A `stop` of white space alone is left out.",
    "blank_texts": lambda taken: (
        "" if taken else "A user's message of white space alone is left out, or becomes “Continue.”"
    ),
    "text_parts": lambda taken: (
        "Parts of text stay a list." if taken else "Where all parts are text, they become one string."
    ),
    "images": _images,
    "files": _files,
    "audio": _audio,
    "lone_files": lambda taken: (
        "" if taken else "Where a file has no text beside it, “See the attached file.” is added."
    ),
    "plain_file_names": lambda plain: "Names of files become plain words, all different." if plain else "",
    "tool_names": lambda pattern: (
        f"Names of tools that do not match `{pattern}` are replaced, and restored in the answer."
    ),
    "argument_names": lambda pattern: (
        f"Names of a tool's arguments that do not match `{pattern}` are replaced, and restored in the answer."
    ),
    "tool_call_ids": lambda pattern: f"Ids of tool calls that do not match `{pattern}` are replaced.",
    "unique_call_ids": lambda unique: "An id that two calls share is replaced in the second." if unique else "",
    "tool_description": lambda most: f"Descriptions of tools are cut at {most:,} characters.",
    "untyped_arrays": lambda taken: "" if taken else "Arrays without `items` in tools' schemas get empty ones.",
    "schema_choices": lambda taken: (
        "" if taken else "`oneOf`, `anyOf` and `allOf` at the top of a tool's schema are moved into its description."
    ),
    "strict_subset": lambda only: (
        "`strict` is turned off where a schema leaves something open." if only else "`strict` is sent with any schema."
    ),
    "refused_keywords": lambda words: (
        f"In the answer's schema, {', '.join(f'`{word}`' for word in sorted(words))} are moved into descriptions."
    ),
    "recursive_schemas": lambda taken: "" if taken else f"An answer's schema that refers to itself {SKIPS}.",
    "json_mode": JSON_MODES.__getitem__,
    "json_with_tools": lambda taken: (
        "" if taken else "Beside tools, `json_object` is asked for by a sentence in the system prompt."
    ),
    "system_anywhere": lambda anywhere: "" if anywhere else "System messages are moved before all others.",
    "user_first": lambda first: (
        "Where the user does not begin, or the system alone speaks between two answers, the user says “Continue.”"
        if first
        else ""
    ),
    "user_last": lambda last: "Where the assistant spoke last, the user says “Continue.”" if last else "",
    "user_needed": lambda needed: "Where neither user nor tool speaks, the user says “Continue.”" if needed else "",
    "user_after_tool": lambda taken: (
        "" if taken else "Between a tool's result and the user, the assistant says “I see.”"
    ),
}
"""What is done about each limit, by its value; "" where nothing is."""


def page() -> str:
    """The whole document, its blocks made anew."""
    settings = load_settings({})
    return BLOCK.sub(lambda found: f"{found[1]}{_block(found[2], settings)}{found[3]}", PAGE.read_text())


def _block(owner: str, settings: Settings) -> str:
    """The block of a provider (`openai`) or of a format (`format openai`)."""
    kind, _, name = owner.rpartition(" ")
    if kind == "format":
        of_providers = {provider.settings.format for provider in settings.providers.values()}
        without = () if name in of_providers else WITHOUT.get(name, ())  # else it is in their own blocks
        lines = [*_left_out(without), *_sentences(format_limits(name))]
    else:
        provider = settings.providers[name]
        lines = [
            *_of_settings(provider.settings, provider.unsupported),
            *_of_formats(provider),
            *_of_models(provider, settings.models),
            *_of_unlisted(provider),
        ]
    text = " ".join(lines) or "As its format has it."
    return _wrapped(f"- **Changed on the way.** {text}")


def _of_settings(settings: FormatSettings, unsupported: Collection[ParameterName]) -> Iterator[str]:
    yield from _left_out(unsupported)
    for ours, theirs in settings.parameters.items():
        yield f"`{ours}` is sent as `{theirs}`."
    yield from _sentences(settings.limits)
    thoughts = settings.thoughts
    if thoughts.required:
        yield f"Thoughts go back as `{thoughts.required}`, on every answer where tools are in play, if need be empty."
    if not thoughts.returned:
        yield "Thoughts do not go back."


def _of_formats(provider: Provider) -> Iterator[str]:
    for name, settings in provider.settings.formats.items():
        if lines := list(_of_settings(settings, settings.unsupported)):
            yield f"Models in the format `{name}`: {' '.join(lines)}"


def _of_models(provider: Provider, models: dict[str, ModelFacts]) -> Iterator[str]:
    for model, facts in models.items():
        lines = [*_of_facts(facts, provider)]
        if model.startswith(f"{provider.name}:") and lines:
            yield f"{model.partition(':')[2]}: {' '.join(lines)}"


def _of_unlisted(provider: Provider) -> Iterator[str]:
    for family in provider.settings.unlisted:
        lines = [*_of_facts(family, provider)]
        yield f"Models that are not listed and match `{family.match}`: {' '.join(lines)}"


def _of_facts(facts: ModelFacts | UnlistedModels, provider: Provider) -> Iterator[str]:
    """What is said of a model, or of a family of models, beside its provider."""
    if facts.format:
        yield f"In the format `{facts.format}`."
    yield from _left_out(facts.unsupported - provider.in_format(facts.format).unsupported)
    yield from _sentences(facts.limits)


def _left_out(unsupported: Collection[ParameterName]) -> Iterator[str]:
    """A `toolChoice` is not left out: its target is."""
    names = [f"`{name}`" for name in get_args(ParameterName) if name in unsupported and name != "toolChoice"]
    if names:
        yield f"Left out: {', '.join(names)}."


def _sentences(limits: RequestLimits) -> list[str]:
    """One for each limit that is given."""
    given = [
        SENTENCES[name](getattr(limits, name)) for name in RequestLimits.model_fields if name in limits.model_fields_set
    ]
    return [sentence for sentence in given if sentence]


def _wrapped(text: str) -> str:
    """The text in lines, broken between words but never within code."""
    lines, line = [], ""
    for word in re.findall(r"(?:`[^`]*`|\S)+", text):
        if line and len(line) + 1 + len(word) > WIDTH:
            lines.append(line)
            line = f"  {word}"
        else:
            line = f"{line} {word}" if line else word
    return "\n".join([*lines, line]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
