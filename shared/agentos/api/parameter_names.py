"""Our names of parameters as a vendor's clients know them."""

import re
from collections.abc import Mapping

from agentos.kernel.errors import InvalidRequest


class ParameterNames:
    """Puts a vendor's names in the place of ours. `theirs`: their names by ours."""

    def __init__(self, theirs: Mapping[str, str]) -> None:
        self._theirs = dict(theirs)
        ours = "|".join(re.escape(name) for name, other in theirs.items() if name != other)
        self._ours = re.compile(rf"\b({ours})\b")

    def in_text(self, text: str) -> str:
        """The text with their names: `top_p`, not `topP`."""
        return self._ours.sub(lambda found: self._theirs[found[0]], text)

    def in_error(self, error: InvalidRequest, used: Mapping[str, str] | None = None) -> InvalidRequest:
        """The error with their names of its fields. `used`: names that this client used instead, by ours."""
        names, entries = {**self._theirs, **(used or {})}, []
        for entry in error.details["errors"]:
            head = entry["field"].partition(".")[0].partition("[")[0]
            entries.append({**entry, "field": names.get(head, head) + entry["field"][len(head) :]})
        return InvalidRequest(f"{entries[0]['field']}: {entries[0]['message']}", {"errors": entries})
