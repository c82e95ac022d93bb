"""Texts that compression makes hardly smaller, so that they are stored in nearly their full length."""

import random

ASCII = "".join(map(chr, range(33, 127)))
CJK = "".join(map(chr, range(0x4E00, 0x9E00)))


def unpressable(letters: str, length: int) -> str:
    """A random text of so many bytes of UTF-8, the same in every run."""
    draw = random.Random(length)
    text = "".join(draw.choices(letters, k=length // len(letters[0].encode())))
    return text + "x" * (length - len(text.encode()))
