"""Files and audio as doors read them: in a vendor's fields, and in our terms."""

from typing import Any

from agentos.domain import AudioContent, AudioPart, FileContent, FilePart
from agentos.domain.content import MAX_FILE_NAME, PDF
from agentos.kernel.errors import InvalidRequest, Unsupported
from agentos.kernel.validation import validated

Json = dict[str, Any]


def read_file(path: str, given: Any) -> FilePart:
    """The file in OpenAI's fields: `file_data` or `file_url`, and `filename`. `path` leads to them.

    Data without a media type are a PDF's, and an address is taken in the place of data. Raises InvalidRequest,
    Unsupported.
    """
    if not isinstance(given, dict):
        raise InvalidRequest.of(path, "must be an object with file_data or file_url")
    if given.get("file_id") is not None:
        raise no_stored_file(f"{path}.file_id")
    known = {name: given[name] for name in ("file_data", "file_url", "filename") if given.get(name) not in (None, "")}
    data = known.get("file_data")
    if isinstance(data, str) and data.startswith(("https://", "http://")):
        known["file_url"] = known.pop("file_data")
    elif isinstance(data, str) and not data.startswith("data:"):
        known["file_data"] = f"data:{PDF};base64,{data}"
    return FilePart(type="file", file=_validated(path, FileContent, known))


def read_document(path: str, source: Any, title: Any) -> FilePart:
    """The file in Anthropic's source of a document, by its data or its address. Raises InvalidRequest."""
    match source:
        case {"type": "base64", "media_type": str(kind), "data": str(data)}:
            known = {"file_data": f"data:{kind};base64,{''.join(data.split())}"}
        case {"type": "url", "url": str(address)}:
            known = {"file_url": address}
        case _:
            raise InvalidRequest.of(path, "must be {type: base64, media_type, data} or {type: url, url}")
    if isinstance(title, str) and title.strip():
        known["filename"] = title[:MAX_FILE_NAME]
    return FilePart(type="file", file=_validated(path, FileContent, known))


def read_audio(path: str, given: Any) -> AudioPart:
    """Audio in OpenAI's fields: `data` and `format`. Raises InvalidRequest."""
    if not isinstance(given, dict):
        raise InvalidRequest.of(path, "must be an object with data and format")
    known = {name: given[name] for name in ("data", "format") if given.get(name) is not None}
    return AudioPart(type="input_audio", input_audio=_validated(path, AudioContent, known))


def no_stored_file(path: str) -> Unsupported:
    """The error for a file that a client has uploaded to a vendor."""
    return Unsupported(
        f"{path}: files are not kept here; send the file itself or its address.", {"capability": "files"}
    )


def shown_file(part: FilePart) -> Json:
    """A file as an item of Responses shows it."""
    return {"type": "input_file", **part.file.to_json()}


def _validated(path: str, kind: Any, known: Json) -> Any:
    try:
        return validated(kind, known)
    except InvalidRequest as error:
        first = error.details["errors"][0]
        place = path if first["field"] == "body" else f"{path}.{first['field']}"  # a fault of the whole
        raise InvalidRequest.of(place, first["message"]) from error
