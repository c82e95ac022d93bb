"""What a message consists of: texts, images, files and audio."""

import base64
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from agentos.kernel.values import AsGiven, Value, not_blank, not_empty, text_or_list

_IMAGE_URL = re.compile(r"(https?://|data:image/[\w.+-]+;base64,)\S+")

_BASE64 = ";base64,"
_FIRST_CHARACTERS = {
    "iVBORw0KGgo": "image/png",
    "/9j/": "image/jpeg",
    "R0lGODdh": "image/gif",
    "R0lGODlh": "image/gif",
    "UklGR": "image/webp",
}
"""How the base64 text of an image begins, by its format's first bytes (https://mimesniff.spec.whatwg.org)."""


class TextPart(Value):
    """`{type: "text", text}`"""

    type: Literal["text"]
    text: Annotated[str, AfterValidator(not_empty)]


class WordedPart(TextPart):
    """A text part that a client sends: providers refuse one that is nothing but white space."""

    text: Annotated[str, AfterValidator(not_blank)]


def _image_url(text: str) -> str:
    if not _IMAGE_URL.fullmatch(text):
        raise ValueError("must be an http(s) address or a data:image/…;base64, URL")
    return text


class ImageUrl(Value):
    """An `https:` address or a `data:image/…;base64,` URL."""

    url: Annotated[str, AfterValidator(_image_url)]
    detail: Literal["auto", "low", "high"] = "auto"

    @property
    def kind(self) -> str:
        """`https` or `http` for an address; for data the media type, in its registered spelling.

        The data decide where they begin as an image does: some providers refuse a media type that the data contradict.
        """
        if not self.url.startswith("data:"):
            return self.url[: self.url.index(":")]
        end = self.url.index(";")
        begins = (kind for begin, kind in _FIRST_CHARACTERS.items() if self.url.startswith(begin, end + len(_BASE64)))
        return next(begins, self.url[len("data:") : end].lower().replace("image/jpg", "image/jpeg"))

    @property
    def data(self) -> str | None:
        """The base64 text of the image; None for an address."""
        return self.url[self.url.index(";") + len(_BASE64) :] if self.url.startswith("data:") else None


class ImagePart(Value):
    """`{type: "image_url", image_url: {url}}`, OpenAI's form."""

    type: Literal["image_url"]
    image_url: Annotated[ImageUrl, Field(alias="image_url")]


_FILE_DATA = re.compile(r"data:(?P<kind>[\w.+-]+/[\w.+-]+)(;[\w.+=-]+)*;base64,(?P<data>\S+)")

_TEXTS = frozenset({"application/json", "application/xml", "application/yaml", "application/javascript"})
"""Kinds of files that are text, beside those of `text/…`."""

MAX_FILE_NAME = 256


def _base64(text: str) -> str:
    """Raises ValueError for what no provider could read."""
    try:
        base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ValueError("must be base64") from error
    return text


def _file_data(text: str) -> str:
    found = _FILE_DATA.fullmatch(text)
    if found is None:
        raise ValueError("must be a data:<media type>;base64, URL")
    _base64(found["data"])
    return text


def _file_address(text: str) -> str:
    if not re.fullmatch(r"https?://\S+", text):
        raise ValueError("must be an http(s) address")
    return text


class FileContent(AsGiven):
    """A file by its data, a `data:<media type>;base64,` URL, or by its address."""

    file_data: Annotated[Annotated[str, AfterValidator(_file_data)] | None, Field(alias="file_data")] = None
    file_url: Annotated[Annotated[str, AfterValidator(_file_address)] | None, Field(alias="file_url")] = None
    filename: Annotated[str, Field(min_length=1, max_length=MAX_FILE_NAME)] | None = None

    @model_validator(mode="after")
    def _either(self) -> "FileContent":
        if (self.file_data is None) == (self.file_url is None):
            raise ValueError("must have either file_data or file_url")
        return self

    @property
    def kind(self) -> str:
        """`https` or `http` for an address; for data the media type. The data decide where they begin as a PDF does."""
        if self.file_url is not None:
            return self.file_url[: self.file_url.index(":")]
        found = _FILE_DATA.fullmatch(self.file_data or "")
        kind = found["kind"].lower() if found else ""
        return PDF if self.data.startswith("JVBERi0") else kind

    @property
    def data(self) -> str:
        """The base64 text of the file; "" for an address."""
        return (self.file_data or "").partition(_BASE64)[2]

    @property
    def is_text(self) -> bool:
        """Whether it is a text, which every model can be sent as one."""
        return self.kind.startswith("text/") or self.kind in _TEXTS

    @property
    def text(self) -> str:
        """The text of a file that is one."""
        return base64.b64decode(self.data).decode("utf-8", "replace")


PDF = "application/pdf"
_OFFICE = "application/vnd.openxmlformats-officedocument"
DOCX, XLSX = f"{_OFFICE}.wordprocessingml.document", f"{_OFFICE}.spreadsheetml.sheet"
DOCUMENTS = frozenset(
    {
        PDF,
        DOCX,
        XLSX,
        f"{_OFFICE}.presentationml.presentation",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/rtf",
    }
)
"""Kinds of files that OpenAI's Responses reads, beside text."""


class FilePart(Value):
    """`{type: "file", file: {file_data, filename}}`, OpenAI's form, which has `file_url` in Responses."""

    type: Literal["file"]
    file: FileContent


AudioFormat = Literal["wav", "mp3", "aiff", "aac", "ogg", "flac", "m4a", "opus", "webm"]


class AudioContent(Value):
    """Audio as base64, and its format."""

    data: Annotated[str, Field(min_length=1), AfterValidator(_base64)]
    format: AudioFormat


class AudioPart(Value):
    """`{type: "input_audio", input_audio: {data, format}}`, OpenAI's form."""

    type: Literal["input_audio"]
    input_audio: Annotated[AudioContent, Field(alias="input_audio")]


def _part_kind(part: Any) -> str | None:
    kind = part.get("type") if isinstance(part, dict) else getattr(part, "type", None)
    return f"<{kind}>" if kind in PARTS else None


PARTS = ("text", "image_url", "file", "input_audio")
_WANTED = f"must be an object whose type is one of {', '.join(PARTS)}"


# The tags of these unions are in angle brackets so that error paths can leave them out.
_Media = (
    Annotated[ImagePart, Tag("<image_url>")]
    | Annotated[FilePart, Tag("<file>")]
    | Annotated[AudioPart, Tag("<input_audio>")]
)
Part = Annotated[Annotated[TextPart, Tag("<text>")] | _Media, Discriminator(_part_kind, "part", _WANTED)]
NewPart = Annotated[Annotated[WordedPart, Tag("<text>")] | _Media, Discriminator(_part_kind, "part", _WANTED)]
Content = Annotated[
    Annotated[str, AfterValidator(not_blank), Tag("<text>")]
    | Annotated[tuple[NewPart, ...], AfterValidator(not_empty), Tag("<list>")],
    Discriminator(text_or_list, "content", "must be a string or a list of parts"),
]
"""What a client says: never empty."""

NewResultContent = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[tuple[NewPart, ...], AfterValidator(not_empty), Tag("<list>")],
    Discriminator(text_or_list, "content", "must be a string or a list of parts"),
]
"""What a tool returns: it may be no words at all."""

ResultContent = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[tuple[Part, ...], AfterValidator(not_empty), Tag("<list>")],
    Discriminator(text_or_list, "content", "must be a string or a list of parts"),
]
"""Content as it is stored and asked. It may be no words at all: of an assistant that only calls tools, of a tool that
returns nothing."""
