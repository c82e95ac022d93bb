"""The leases that this process holds: taken, renewed while their work lives, given back in any case.

A turn holds the lease of its session, and a completion the claim of its Idempotency-Key. Work that ends before the
first renewal costs no request for it. Whatever becomes of the write that takes a lease, the lease is given back by its
holder's id, which is known before the write.
"""

import contextvars
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Generic, NamedTuple, TypeVar

from agentos.domain import IdempotencyKey
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.errors import (
    ApiError,
    IdempotencyInFlight,
    IdempotencyMismatch,
    NotFound,
    SessionBusy,
    Throttled,
    Unavailable,
)
from agentos.kernel.heartbeat import Heartbeat
from agentos.kernel.ids import new_id
from agentos.kernel.logs import logger
from agentos.store.completion_records import Claim, CompletionRecords
from agentos.store.keys import SessionPath
from agentos.store.leases import Lease, LeaseStore
from agentos.store.turns import RecordedReply

T = TypeVar("T")

RENEW_AFTER = 2 / 3
"""The part of a lease after which it is renewed. The rest is left for further tries."""

RETRY_SECONDS = 1.0
"""Until a renewal that failed is tried again."""

ACQUIRE_SECONDS = 5.0
"""How long taking a lease is tried again while it meets conflicts or silence."""

SHUTDOWN_SECONDS = 3.0
"""How long a process that ends waits for its leases to be given back."""

_REFUSALS = (NotFound, SessionBusy, IdempotencyInFlight, IdempotencyMismatch)
"""After these errors the lease was certainly not taken, or is lost for good."""


class _Requests(NamedTuple):
    """What can be done with a lease. `renew` raises one of _REFUSALS where its holder has it no more."""

    renew: Callable[[], object]
    release: Callable[[Deadline], object]


class HeldLease(Generic[T]):
    """A lease that is out, as a context manager. On leaving it, the lease is given back unless it has been ended.

    `lease`: what it is the lease of. `renew_in`: the seconds until it is renewed for the first time.
    """

    def __init__(self, lease: T, holder_id: str, leases: "Leases", renew_in: float) -> None:
        self.lease = lease
        self._holder_id = holder_id
        self._leases = leases
        self._lost: ApiError | None = None
        self._ended = False
        self._heartbeat = leases.start_renewing(holder_id, renew_in, self._on_lost)

    @property
    def lost(self) -> ApiError | None:
        """Why the result cannot be stored any more: somebody else has the lease, the session was deleted, or the
        process ends. None while it can be."""
        if self._leases.closed:
            return Unavailable("The server is shutting down; try again shortly.", headers={"retry-after": "1"})
        return self._lost

    def _on_lost(self, error: ApiError) -> None:
        self._lost = error

    def ended(self) -> None:
        """Storing the result has ended the lease."""
        self._ended = True

    def __enter__(self) -> "HeldLease[T]":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._heartbeat.stop()
        if self._ended:
            self._leases.forget(self._holder_id)
        else:  # while the table is in trouble, the client need not wait for one more request
            self._leases.release(self._holder_id, in_background=isinstance(error, Unavailable | Throttled))


class Leases:
    """Takes leases of `seconds`, and knows those that are out."""

    def __init__(self, sessions: LeaseStore, completions: CompletionRecords, seconds: float, clock: Clock) -> None:
        self._sessions = sessions
        self._completions = completions
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._out: dict[str, _Requests] = {}
        self.closed = False

    def acquire(self, path: SessionPath, deadline: Deadline, key: IdempotencyKey | None = None) -> HeldLease[Lease]:
        """The session's lease.

        Raises NotFound, SessionBusy, IdempotencyInFlight, IdempotencyMismatch, Throttled, Unavailable.
        """
        store, seconds, turn_id = self._sessions, self._seconds, new_id("turn", self._clock.time())
        requests = _Requests(
            renew=lambda: store.renew(path, turn_id, seconds),
            release=lambda within: store.release(path, turn_id, within),
        )
        began = self._clock.monotonic()
        with self._taking(turn_id, requests):
            lease = store.acquire(path, turn_id, seconds, deadline.at_most(ACQUIRE_SECONDS), key)
        return HeldLease(lease, turn_id, self, self._renew_in(began))

    def claim(self, tenant: str, key: IdempotencyKey, deadline: Deadline) -> HeldLease[Claim] | RecordedReply:
        """The right to answer a completion's key, or how it was answered.

        Raises IdempotencyInFlight, IdempotencyMismatch, Throttled, Unavailable.
        """
        records, seconds = self._completions, self._seconds
        claim = records.new_claim(tenant, key)
        requests = _Requests(
            renew=lambda: records.renew(claim, seconds), release=lambda within: records.release(claim, within)
        )
        began = self._clock.monotonic()
        with self._taking(claim.claim_id, requests):
            recorded = records.acquire(claim, seconds, deadline.at_most(ACQUIRE_SECONDS))
        if recorded:
            self.forget(claim.claim_id)
            return recorded
        return HeldLease(claim, claim.claim_id, self, self._renew_in(began))

    @contextmanager
    def _taking(self, holder_id: str, requests: _Requests) -> Iterator[None]:
        """Around the request that takes a lease."""
        with self._lock:
            self._out[holder_id] = requests
        try:
            yield
        except _REFUSALS:
            self.forget(holder_id)
            raise
        except Exception:  # it may have been taken
            self.release(holder_id, in_background=True)
            raise

    def _renew_in(self, began: float) -> float:
        """Seconds. A lease lasts from the moment at which it was asked for, and its answer may have come late."""
        return max(0.0, self._seconds * RENEW_AFTER - (self._clock.monotonic() - began))

    def start_renewing(self, holder_id: str, first: float, on_lost: Callable[[ApiError], None]) -> Heartbeat:
        """Renew the lease after `first` seconds, then again and again until the heartbeat is stopped.

        `on_lost` is called once the holder has the lease no more.
        """
        with self._lock:
            requests = self._out[holder_id]

        def renew() -> float | None:
            try:
                requests.renew()
            except _REFUSALS as error:
                on_lost(error)
                return None
            except Exception as error:
                logger.warning("a lease could not be renewed", extra={"reason": type(error).__name__})
                return RETRY_SECONDS
            return self._seconds * RENEW_AFTER

        return Heartbeat(renew, first, self._clock)

    def release(self, holder_id: str, *, in_background: bool) -> None:
        """Give the lease back. Where the first try fails, further ones follow in the background. Raises nothing."""
        if not in_background and self._try_release(holder_id, 0):
            return
        context = contextvars.copy_context()  # log lines of the thread carry the ids of the work
        arguments = [self._try_release, holder_id, self._seconds]
        threading.Thread(target=context.run, args=arguments, name="release", daemon=True).start()

    def _try_release(self, holder_id: str, seconds: float) -> bool:
        """Whether the lease has been given back. After `seconds` of trying, a lease ends by itself."""
        with self._lock:
            requests = self._out.get(holder_id)
        if requests is None:  # it was given back meanwhile
            return True
        try:
            requests.release(Deadline.after(seconds, self._clock))
        except Exception as error:
            logger.warning("a lease could not be given back", extra={"reason": type(error).__name__})
            if not seconds:
                return False
        self.forget(holder_id)
        return True

    def forget(self, holder_id: str) -> None:
        """The lease is not out any more."""
        with self._lock:
            self._out.pop(holder_id, None)

    def release_all(self) -> None:
        """Give back every lease that is out, because the process ends. Turns that still run cannot be committed."""
        self.closed = True
        with self._lock:
            out = list(self._out)
        deadline = Deadline.after(SHUTDOWN_SECONDS, self._clock)
        releases = [
            threading.Thread(target=self._try_release, args=[holder_id, SHUTDOWN_SECONDS], daemon=True)
            for holder_id in out
        ]
        for release in releases:
            release.start()
        for release in releases:
            release.join(deadline.remaining())
