"""Callers' keys: issue, list, revoke; and who it is that sends one."""

import hmac

from agentos.domain import Page
from agentos.domain.api_keys import ApiKey, IssuedKey, NewApiKey, hash_of_key, id_of_key, new_key
from agentos.domain.callers import CHALLENGE, DEFAULT_TENANT, SCOPES, Caller
from agentos.kernel.clock import Clock, epoch
from agentos.kernel.errors import InvalidRequest, Unauthorized
from agentos.kernel.recent import Recent
from agentos.store.api_keys import ApiKeyStore, StoredKey

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

    def page(self, limit: int, after: str | None, order: str | None) -> "Page[ApiKey]":
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
        self._known: Recent[str, tuple[ApiKey, float]] = Recent(MAX_CHECKED)
        self._refused: Recent[str, float] = Recent(MAX_CHECKED)

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
        known = self._known.get(digest)
        if known and now < known[1]:
            return known[0]
        if now < (self._refused.get(digest) or 0):
            return None
        stored = self._store.find(key_id)
        if stored is None or not hmac.compare_digest(stored.digest, digest):
            self._refused.put(digest, now + CHECK_SECONDS)
            return None
        self._known.put(digest, (stored.api_key, now + CHECK_SECONDS))
        return stored.api_key


def unauthorized() -> Unauthorized:
    """The same for every reason."""
    return Unauthorized(
        "The request has no valid key. Send one as Authorization: Bearer <key> or as x-api-key.",
        headers={"www-authenticate": CHALLENGE},
    )
