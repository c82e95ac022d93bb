"""What providers get in the place of our own names: keyed hashes, which nobody outside can turn back.

A name such as an e-mail address could be found out from a plain hash by trying; without the key it cannot. The key is
the stack's own (PSEUDONYM_KEY), so that two stacks, and two tenants of one stack, have different hashes of one name.
"""

import hashlib
import hmac


class Pseudonyms:
    """Hashes under a stack's key."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def of(self, tenant: str, kind: str, name: str) -> str:
        """The tenant's name of this kind as 64 hexadecimal characters, always the same."""
        text = "\0".join((tenant, kind, name)).encode()
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()
