"""Images: their media types in the registered spelling (`image/jpg` is none), as their data say."""

from agentos.domain import ImagePart, Message, Prompt, RequestLimits


def fit_images(prompt: Prompt, limits: RequestLimits) -> tuple[Prompt, tuple[str, ...]]:
    """The prompt with every image of data under its media type. Kinds that are not taken are planned around."""
    if limits.images is None:
        return prompt, ()
    notes: dict[str, None] = {}
    messages = tuple(_fit_message(message, notes) for message in prompt.messages)
    return (prompt.model_copy(update={"messages": messages}) if notes else prompt), tuple(notes)


def _fit_message(message: Message, notes: dict[str, None]) -> Message:
    if isinstance(message.content, str):
        return message
    parts = tuple(_fit_part(part, notes) if isinstance(part, ImagePart) else part for part in message.content)
    return message.model_copy(update={"content": parts})


def _fit_part(part: ImagePart, notes: dict[str, None]) -> ImagePart:
    image = part.image_url
    if image.data is None or image.url.startswith(f"data:{image.kind};"):
        return part
    declared = image.url.removeprefix("data:").partition(";")[0]
    notes[f"{declared} sent as {image.kind}"] = None
    url = f"data:{image.kind};base64,{image.data}"
    return part.model_copy(update={"image_url": image.model_copy(update={"url": url})})
