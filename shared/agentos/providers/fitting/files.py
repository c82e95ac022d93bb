"""Files: those of text are sent as text, all others under the media type that their data say, and a usable name."""

import re
from collections.abc import Iterator

from agentos.domain import FileContent, FilePart, Message, Part, Prompt, RequestLimits, TextPart

SEE = "See the attached file."
"""The text that is added beside a file where no file may stand alone."""

UNNAMED = "document"
MAX_NAME = 200


def fit_files(prompt: Prompt, limits: RequestLimits) -> tuple[Prompt, tuple[str, ...]]:
    """The prompt with every file as the target takes it. Kinds that are not taken are planned around."""
    if not any(_has_files(message) for message in prompt.messages):
        return prompt, ()
    fitting = _Files(limits)
    messages = tuple(fitting.message(message) for message in prompt.messages)
    return prompt.model_copy(update={"messages": messages}), tuple(fitting.notes)


def _has_files(message: Message) -> bool:
    """A tool's result is sent as text in any case."""
    if isinstance(message.content, str) or message.role == "tool":
        return False
    return any(isinstance(part, FilePart) for part in message.content)


class _Files:
    """The files of one prompt, in order."""

    def __init__(self, limits: RequestLimits) -> None:
        self._limits = limits
        self._names: set[str] = set()
        self.notes: dict[str, None] = {}

    def message(self, message: Message) -> Message:
        if not _has_files(message):
            return message
        parts = tuple(self._parts(message))
        if not self._limits.lone_files and not any(isinstance(part, TextPart) for part in parts):
            self.notes[f"a text added beside a file: {SEE}"] = None
            parts = (*parts, TextPart(type="text", text=SEE))
        return message.model_copy(update={"content": parts})

    def _parts(self, message: Message) -> Iterator[Part]:
        for part in () if isinstance(message.content, str) else message.content:
            if not isinstance(part, FilePart):
                yield part
            elif part.file.is_text:
                self.notes["files of text sent as text"] = None
                yield TextPart(type="text", text=as_text(part.file))
            else:
                yield part.model_copy(update={"file": self._file(part.file)})

    def _file(self, file: FileContent) -> FileContent:
        changes: dict[str, str] = {}
        if file.file_data is not None:
            changes["file_data"] = f"data:{file.kind};base64,{file.data}"
            declared = file.file_data.removeprefix("data:").partition(";")[0]
            if declared != file.kind:
                self.notes[f"{declared} sent as {file.kind}"] = None
        if self._limits.plain_file_names:
            changes["filename"] = self._plain_name(file.filename or "")
            if file.filename not in (None, changes["filename"]):
                self.notes["names of files replaced"] = None
        return FileContent(**{**{name: getattr(file, name) for name in file.model_fields_set}, **changes})

    def _plain_name(self, name: str) -> str:
        """The name without its extension and without other characters than words have, another for each file."""
        stem = name.rpartition(".")[0] or name
        plain = re.sub(r"[^a-zA-Z0-9()\[\]-]+", " ", stem).strip()[:MAX_NAME].strip() or UNNAMED
        number, found = 1, plain
        while found in self._names:
            number += 1
            found = f"{plain[: MAX_NAME - 10]} {number}"
        self._names.add(found)
        return found


def as_text(file: FileContent) -> str:
    """A file of text as text, under its name."""
    named = f"{file.filename}:\n\n" if file.filename else ""
    return named + (file.text if file.text.strip() else "(an empty file)")
