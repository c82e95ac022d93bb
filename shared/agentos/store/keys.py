"""The key of every item, and the access pattern that each key serves.

    item      pk                                      sk            read by
    agent     TENANT#t#AGENTS                         <agentId>     its id; a tenant's agents, newest first
    version   TENANT#t#AGENT#<agentId>#VERSIONS       VERSION#<n>   a version of an agent that is its latest no more
    session   TENANT#t#AGENT#<agentId>#SESSION#<id>   SESSION       its ids
    message   (the session's)                         MESSAGE#<n>   a session's messages in order, from either end
    part      (the session's)                         PART#<n>#<k>  what a large message goes on in
    answered  (the session's)                         KEY#<hash>    an Idempotency-Key of its messages
    turn      (the session's)                         TURN#<id>     a turn that is run later
    response  (the session's)                         RESPONSE#<id>  what a door keeps with an answer, by its message
    created   TENANT#t#KEY#<hash>                     KEY           an Idempotency-Key of a create
    answer    TENANT#t#KEY#<hash>                     COMPLETION    an Idempotency-Key of a door
    part      TENANT#t#KEY#<hash>                     COMPLETION#<claim>#<k>  what a large answer goes on in
    usage     TENANT#t#USAGE#<day>#<shard>            <turnId>      a turn's usage by its id; all of a day or an hour
    sums      TENANT#t#USAGE#TOTALS                   <day>#<hash>  a tenant's sums of some days
    sums      TENANT#t#USAGE#USERS                    <day>#<hash>  the same by user as well
    own keys  TENANT#t#PROVIDERS                      PROVIDERS     for which providers the tenant has keys of its own
    api key   KEYS                                    <keyId>       its id; all of them, newest first
    rate      RATE#<keyId>                            MINUTE#<m>    how many requests of a minute are handed out
    budget    TENANT#t#BUDGETS                        <scope>       its scope: the tenant, or one of its keys
    lane      TENANT#t#LEDGER#<ledgerId>#<i>          LANE          its ledger and number; all of a ledger's lanes
    lapsed    (the lane's)                            LAPSED#<turnId>  the turn whose reserve was given back
    circuit   HEALTH                                  CIRCUIT#<m>   a target as it is configured; all of them
    latency   HEALTH                                  LATENCY#<m>   all of them

    index             partition                            sort          serves
    SessionsByAgent   agentSessions  TENANT#t#AGENT#<agentId>           sessionId   an agent's sessions, newest first
    SessionsByUser    userSessions   TENANT#t#AGENT#<agentId>#USER#<u>  sessionId   the same for one user

A turn's id begins with the time of its start, which is where the day of its usage comes from. So whoever knows the id
knows the key. The writes of a tenant's day are spread over USAGE_SHARDS partitions.

A session has a partition of its own, so a busy agent's writes are spread over its sessions. Its reads are not: each
turn reads its agent, and all agents of a tenant share a partition, which serves 3,000 read units a second. Every
environment reads circuits from HEALTH and writes latencies there. docs/scaling.md says at which rates these partitions
are hot. Both indexes hold keys alone: a turn changes none of them and so pays nothing for them.

The tenant is part of every key and comes from the verified caller only. Health is everybody's, as providers are, and
callers' keys are looked up before their tenant is known. Each environment reads a key at most once a minute, and the
partition KEYS serves 3,000 reads a second.

A cursor holds a position in a list and never a key, so that no forged one leads out of the list that it is used on. It
also names its tenant, and no other tenant's lists take it. A cursor of the tenant `default` names none: so were they
before there were tenants (docs/adr/0016).
"""

import base64
import binascii
import hashlib
import re
import zlib
from typing import Any

from agentos.domain.api_keys import is_key_id
from agentos.domain.callers import DEFAULT_TENANT
from agentos.kernel.clock import timestamp
from agentos.kernel.errors import InvalidRequest
from agentos.kernel.ids import is_id, made_at

Key = dict[str, Any]

SessionPath = tuple[str, str, str]
"""Tenant, agent, session."""

SESSION_SORT = "SESSION"
SEQUENCE_DIGITS = 12
VERSION_DIGITS = 12


def agents_partition(tenant: str) -> str:
    return f"TENANT#{tenant}#AGENTS"


def agent(tenant: str, agent_id: str) -> Key:
    return {"pk": {"S": agents_partition(tenant)}, "sk": {"S": agent_id}}


def tenant_of_agent(key: Key) -> str | None:
    """Whose agent has that key; None where it is no agent's."""
    found = re.fullmatch(r"TENANT#(.*)#AGENTS", key["pk"]["S"], re.DOTALL)
    return found[1] if found else None


def agent_versions(tenant: str, agent_id: str) -> str:
    return f"TENANT#{tenant}#AGENT#{agent_id}#VERSIONS"


def agent_version(tenant: str, agent_id: str, version: int) -> Key:
    return {"pk": {"S": agent_versions(tenant, agent_id)}, "sk": {"S": f"VERSION#{version:0{VERSION_DIGITS}d}"}}


def session_partition(tenant: str, agent_id: str, session_id: str) -> str:
    return f"TENANT#{tenant}#AGENT#{agent_id}#SESSION#{session_id}"


def session(tenant: str, agent_id: str, session_id: str) -> Key:
    return {"pk": {"S": session_partition(tenant, agent_id, session_id)}, "sk": {"S": SESSION_SORT}}


def message_sort(sequence: int) -> str:
    return f"MESSAGE#{sequence:0{SEQUENCE_DIGITS}d}"


def message(partition: str, sequence: int) -> Key:
    """In its session's partition."""
    return {"pk": {"S": partition}, "sk": {"S": message_sort(sequence)}}


def sequence_of(item: Key) -> int:
    """The position of a message in its session, from 1."""
    return int(item["sk"]["S"].rpartition("#")[2])


def part(partition: str, sequence: int, index: int) -> Key:
    return {"pk": {"S": partition}, "sk": {"S": f"PART#{sequence:0{SEQUENCE_DIGITS}d}#{index:03d}"}}


def answered(partition: str, name: str) -> Key:
    return {"pk": {"S": partition}, "sk": {"S": f"KEY#{name}"}}


def turn(partition: str, turn_id: str) -> Key:
    return {"pk": {"S": partition}, "sk": {"S": f"TURN#{turn_id}"}}


def response(partition: str, message_id: str) -> Key:
    return {"pk": {"S": partition}, "sk": {"S": f"RESPONSE#{message_id}"}}


def created(tenant: str, name: str) -> Key:
    return {"pk": {"S": f"TENANT#{tenant}#KEY#{name}"}, "sk": {"S": "KEY"}}


def completion(tenant: str, name: str) -> Key:
    return {**created(tenant, name), "sk": {"S": "COMPLETION"}}


def completion_part(record: Key, claim_id: str, index: int | None = None) -> Key:
    """In its record's partition; without an index, what the parts' keys begin with."""
    number = "" if index is None else f"{index:03d}"
    return {"pk": record["pk"], "sk": {"S": f"COMPLETION#{claim_id}#{number}"}}


USAGE_SHARDS = 8
"""Partitions of a tenant's day. Each takes 1,000 write units a second, and a turn's usage takes two or four."""


def usage_partition(tenant: str, day: str, shard: int) -> str:
    """`day`: a date of UTC, such as 2026-11-27."""
    return f"TENANT#{tenant}#USAGE#{day}#{shard}"


def usage(tenant: str, turn_id: str) -> Key:
    """Of what a turn used. The turn's id must be one that `new_id` made."""
    day = timestamp(made_at(turn_id))[:10]
    return {"pk": {"S": usage_partition(tenant, day, usage_shard(turn_id))}, "sk": {"S": turn_id}}


def usage_shard(turn_id: str) -> int:
    """The partition of its day that has what the turn used."""
    return zlib.crc32(turn_id.encode()) % USAGE_SHARDS


def usage_sums_partition(tenant: str, family: str) -> str:
    return f"TENANT#{tenant}#USAGE#{family.upper()}"


def usage_sums(tenant: str, family: str, day: str, group: str) -> Key:
    """`group`: what the sums are of, as a text."""
    name = hashlib.sha256(group.encode()).hexdigest()[:32]
    return {"pk": {"S": usage_sums_partition(tenant, family)}, "sk": {"S": f"{day}#{name}"}}


def agent_sessions(tenant: str, agent_id: str) -> str:
    return f"TENANT#{tenant}#AGENT#{agent_id}"


def user_sessions(tenant: str, agent_id: str, user_id: str) -> str:
    return f"TENANT#{tenant}#AGENT#{agent_id}#USER#{user_id}"


def tenant_providers(tenant: str) -> Key:
    return {"pk": {"S": f"TENANT#{tenant}#PROVIDERS"}, "sk": {"S": "PROVIDERS"}}


API_KEYS = "KEYS"


def request_rate(key_id: str, minute: int) -> Key:
    """`minute`: since the epoch."""
    return {"pk": {"S": f"RATE#{key_id}"}, "sk": {"S": f"MINUTE#{minute}"}}


def api_key(key_id: str) -> Key:
    return {"pk": {"S": API_KEYS}, "sk": {"S": key_id}}


def budget(tenant: str, scope: str) -> Key:
    return {"pk": {"S": f"TENANT#{tenant}#BUDGETS"}, "sk": {"S": scope}}


def lane(tenant: str, ledger_id: str, index: int) -> Key:
    """A partition for each, so that a budget of many lanes takes as many writes as so many partitions."""
    return {"pk": {"S": f"TENANT#{tenant}#LEDGER#{ledger_id}#{index:02d}"}, "sk": {"S": "LANE"}}


def lapsed(lane: Key, turn_id: str) -> Key:
    return {"pk": lane["pk"], "sk": {"S": f"LAPSED#{turn_id}"}}


HEALTH = "HEALTH"


def circuit_sort(model: str) -> str:
    return f"CIRCUIT#{model}"


def circuit(model: str) -> Key:
    return {"pk": {"S": HEALTH}, "sk": {"S": circuit_sort(model)}}


def latency_sort(model: str) -> str:
    return f"LATENCY#{model}"


def latency(model: str) -> Key:
    return {"pk": {"S": HEALTH}, "sk": {"S": latency_sort(model)}}


def cursor(tenant: str, position: str) -> str:
    """The opaque text that a client of the tenant hands back as `after`."""
    return base64.urlsafe_b64encode((position + _mark_of(tenant)).encode()).decode().rstrip("=")


def _mark_of(tenant: str) -> str:
    return "" if tenant == DEFAULT_TENANT else f"@{tenant}"


def id_position(tenant: str, kind: str, text: str) -> str:
    """The id in a cursor of the tenant's lists of agents or sessions. Raises InvalidRequest."""
    position = _position(tenant, text)
    if not is_id(kind, position):
        raise _bad_cursor()
    return position


def api_key_position(text: str) -> str:
    """The id in a cursor of the list of callers' keys, which is that of no tenant. Raises InvalidRequest."""
    position = _position(DEFAULT_TENANT, text)
    if not is_key_id(position):
        raise _bad_cursor()
    return position


def sequence_position(tenant: str, text: str) -> int:
    """The sequence number in a cursor of the tenant's lists of messages. Raises InvalidRequest."""
    position = _position(tenant, text)
    if not re.fullmatch(rf"[0-9]{{1,{SEQUENCE_DIGITS}}}", position):
        raise _bad_cursor()
    return int(position)


def _position(tenant: str, text: str) -> str:
    """What the cursor says without its tenant's mark. The mark of another tenant makes it no position."""
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise _bad_cursor() from error
    mark = _mark_of(tenant)
    if not decoded.endswith(mark):
        raise _bad_cursor()
    return decoded.removesuffix(mark)


def _bad_cursor() -> InvalidRequest:
    return InvalidRequest.of("after", "is not a cursor that this list has given out")
