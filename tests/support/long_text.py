"""Texts that no compression makes much smaller, so that what is stored of them is as long as they are."""

import random

ASCII = "".join(map(chr, range(33, 127)))
CJK = "".join(map(chr, range(0x4E00, 0x9E00)))


def unpressable(letters: str, length: int) -> str:
    """A text of so many bytes of UTF-8, drawn by lot, the same every time."""
    draw = random.Random(length)
    text = "".join(draw.choices(letters, k=length // len(letters[0].encode())))
    return text + "x" * (length - len(text.encode()))
