"""Callers' keys: issue, list, revoke; and who it is that sends one."""

import hmac
import threading
from collections import OrderedDict
from typing import Generic, TypeVar

from agentos.domain import Page
from agentos.domain.api_keys import ApiKey, IssuedKey, NewApiKey, hash_of_key, id_of_key, new_key
from agentos.domain.callers import CHALLENGE, DEFAULT_TENANT, SCOPES, Caller
from agentos.kernel.clock import Clock, epoch
from agentos.kernel.errors import InvalidRequest, Unauthorized
from agentos.store.api_keys import ApiKeyStore, StoredKey

T = TypeVar("T")

CHECK_SECONDS = 60.0
"""For how long what was read of a key holds: the longest time that a revoked key still works."""

MAX_CHECKED = 1000
"""How many keys, and as many texts that are none, a process remembers."""


class ApiKeys:
    """What `/keys` does."""

    def __init__(self, store: ApiKeyStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def create(self, request: NewApiKey) -> IssuedKey:
        """A new key with its text, which is in no later answer. Raises InvalidRequest for a time that has passed."""
        if request.expires_at is not None and epoch(request.expires_at) <= self._clock.time():
            raise InvalidRequest.of("expiresAt", "must be in the future")
        key = new_key()
        fields = {name: getattr(request, name) for name in NewApiKey.model_fields}
        api_key = ApiKey(key_id=key.split("_")[1], created_at=self._clock.now(), **fields)
        self._store.add(StoredKey(api_key, hash_of_key(key)))
        return IssuedKey(**{name: getattr(api_key, name) for name in ApiKey.model_fields}, key=key)

    def first(self, key: str | None = None) -> str:
        """A key that may do everything, for the one who runs the stack: this text, or a new one. Returns the text.

        A key that is stored already stays as it is. Raises ValueError where the text has not the form of a key, or has
        the id of another one.
        """
        key = key or new_key()
        key_id = id_of_key(key)
        if key_id is None:
            raise ValueError("it has not the form of a key, agos_<id>_<secret>, or it was cut off")
        if stored := self._store.find(key_id):
            if stored.digest != hash_of_key(key):
                raise ValueError("its id is that of another key")
            return key
        api_key = ApiKey(
            key_id=key_id,
            tenant=DEFAULT_TENANT,
            name="first key",
            scopes=SCOPES,
            models=None,
            expires_at=None,
            created_at=self._clock.now(),
        )
        self._store.add(StoredKey(api_key, hash_of_key(key)))
        return key

    def page(self, limit: int, after: str | None, order: str | None) -> Page[ApiKey]:
        """The keys of all tenants, the newest first unless `order` says otherwise. Raises InvalidRequest."""
        return self._store.page(limit, after, order or "desc")

    def revoke(self, key_id: str) -> None:
        """The key works for CHECK_SECONDS more at most. Raises NotFound."""
        self._store.revoke(key_id)


class KeyChecker:
    """Tells who sent a request by its key, with at most one read of the table per key and minute.

    What was read is remembered under the hash of the whole text. So a wrong secret takes a read whether its id exists
    or not, and the time of a refusal does not tell which ids do. Refusals are remembered apart from keys, so that
    guessed keys displace no valid ones.
    """

    def __init__(self, store: ApiKeyStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: _Recent[ApiKey] = _Recent()
        self._refused: _Recent[None] = _Recent()

    def caller(self, key: str | None) -> Caller:
        """The caller who sent this text as its key. None is a request without one.

        Raises Unauthorized, and Throttled or Unavailable where the table cannot be asked.
        """
        key_id = None if key is None else id_of_key(key)
        if key is None or key_id is None:
            raise unauthorized()
        api_key = self._look_up(key_id, hash_of_key(key))
        if api_key is None or not api_key.valid_at(self._clock.time()):
            raise unauthorized()
        return api_key.caller

    def _look_up(self, key_id: str, digest: str) -> ApiKey | None:
        now = self._clock.monotonic()
        if known := self._known.get(digest, now):
            return known[0]
        if self._refused.get(digest, now):
            return None
        stored = self._store.find(key_id)
        if stored is None or not hmac.compare_digest(stored.digest, digest):
            self._refused.put(digest, None, now + CHECK_SECONDS)
            return None
        self._known.put(digest, stored.api_key, now + CHECK_SECONDS)
        return stored.api_key


class _Recent(Generic[T]):
    """Values by hash, each until its time (monotonic seconds); the longest unused one leaves first."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, tuple[T, float]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, digest: str, now: float) -> tuple[T] | None:
        """The value in a tuple, or None."""
        with self._lock:
            entry = self._entries.get(digest)
            if entry is None or entry[1] <= now:
                return None
            self._entries.move_to_end(digest)
            return (entry[0],)

    def put(self, digest: str, value: T, until: float) -> None:
        with self._lock:
            self._entries[digest] = value, until
            self._entries.move_to_end(digest)
            if len(self._entries) > MAX_CHECKED:
                self._entries.popitem(last=False)


def unauthorized() -> Unauthorized:
    """The same for every reason."""
    return Unauthorized(
        "The request has no valid key. Send one as Authorization: Bearer <key> or as x-api-key.",
        headers={"www-authenticate": CHALLENGE},
    )
