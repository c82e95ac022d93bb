"""A model's thoughts in the hands of a client that keeps the conversation itself.

A provider may need its thoughts back with the tool calls that they led to (`ToolCall.signature`). A door that stores
nothing gives them to its client in a vendor's own field, which holds opaque text. What the client sends back goes on to
the provider that it names, and to no other. A text that is not ours, such as the vendor's own, is left out.
"""

import base64
import binascii

_PREFIX = "agentos1."


def seal(signature: str) -> str:
    """The opaque text for a signature."""
    return _PREFIX + base64.urlsafe_b64encode(signature.encode()).decode()


def unseal(text: str) -> str | None:
    """The signature in an opaque text; None if `seal` did not make it."""
    if not text.startswith(_PREFIX):
        return None
    try:
        encoded = text.removeprefix(_PREFIX).encode("ascii")
        return base64.b64decode(encoded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return None
