"""The ids of stored responses, of their items and of conversations. They say where the thing is stored.

    resp_<agent><session><message>        the message that is the answer
    msg_, rs_, fc_ and the same, then _<n>  the answer's items
    conv_<agent><session>                 a session

Each part is the 26 characters of an id without its kind. The tenant is no part of them: it is the caller's.
"""

import re
from typing import NamedTuple

from agentos.kernel.ids import id_of, is_id

_LENGTH = 26


class ResponseId(NamedTuple):
    """Where a response is. `message_id` is its answer's; for one in the background it is known before the answer."""

    agent_id: str
    session_id: str
    message_id: str

    @property
    def token(self) -> str:
        """What the ids of the response and of its items have in common."""
        return "".join(one.partition("_")[2] for one in (self.agent_id, self.session_id, self.message_id))

    @property
    def text(self) -> str:
        """The id as clients know it."""
        return f"resp_{self.token}"

    @property
    def turn_id(self) -> str:
        """The turn's, of a response in the background."""
        return f"turn_{self.message_id.partition('_')[2]}"


def message_id_of(turn_id: str) -> str:
    """The id of the answer that a turn in the background will have."""
    return f"msg_{turn_id.partition('_')[2]}"


def response_id(text: str) -> ResponseId | None:
    """The place that an id names; None where it is no stored response's."""
    return _read("resp", text)


def response_of_item(text: str) -> ResponseId | None:
    """The place of the response whose item has that id; None where it is none's."""
    kind, _, rest = text.partition("_")
    return _read(kind, f"{kind}_{rest.partition('_')[0]}") if kind in ("msg", "rs", "fc") else None


def _read(kind: str, text: str) -> ResponseId | None:
    rest = text.removeprefix(f"{kind}_")
    if rest == text or len(rest) != 3 * _LENGTH:
        return None
    parts = [rest[at : at + _LENGTH] for at in range(0, 3 * _LENGTH, _LENGTH)]
    ids = [f"{name}_{part}" for name, part in zip(("agent", "sess", "msg"), parts, strict=True)]
    known = all(is_id(one.partition("_")[0], one) for one in ids)
    return ResponseId(*ids) if known else None


def conversation_id(agent_id: str, session_id: str) -> str:
    """A session's id as a conversation's."""
    return f"conv_{agent_id.partition('_')[2]}{session_id.partition('_')[2]}"


def conversation(text: str) -> tuple[str, str] | None:
    """Agent and session of a conversation; None where the id is none."""
    found = re.fullmatch(rf"conv_(\w{{{_LENGTH}}})(\w{{{_LENGTH}}})", text)
    if not found:
        return None
    agent_id, session_id = f"agent_{found[1]}", f"sess_{found[2]}"
    return (agent_id, session_id) if is_id("agent", agent_id) and is_id("sess", session_id) else None


RESPONSES_AGENT = id_of("agent", "openai-responses")
"""The agent of every tenant that keeps the sessions of responses which name a model and no agent."""
