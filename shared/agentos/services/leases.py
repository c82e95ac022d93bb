"""The leases of the turns that run in this process: taken, renewed while the turn lives, given back in any case.

A turn that ends before the first renewal costs no request for it. Whatever becomes of the write that takes a lease, the
lease is given back by the turn's id, which is known before the write.
"""

import contextvars
import threading
from collections.abc import Callable
from types import TracebackType

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
from agentos.store.keys import SessionPath
from agentos.store.leases import Lease, LeaseStore

RENEW_AFTER = 2 / 3
"""The part of a lease after which it is renewed. The rest is left for further tries."""

RETRY_SECONDS = 1.0
"""Until a renewal that failed is tried again."""

ACQUIRE_SECONDS = 5.0
"""How long taking a lease is tried again while it meets conflicts or silence."""

SHUTDOWN_SECONDS = 3.0
"""How long a process that ends waits for its leases to be given back."""

_REFUSALS = (NotFound, SessionBusy, IdempotencyInFlight, IdempotencyMismatch)
"""After these errors the lease was certainly not taken."""


class HeldLease:
    """A running turn's lease, as a context manager. On leaving it, the lease is given back unless it was committed."""

    def __init__(self, lease: Lease, leases: "Leases") -> None:
        self.lease = lease
        self._leases = leases
        self._lost: ApiError | None = None
        self._committed = False
        self._heartbeat = leases.start_renewing(lease, self._on_lost)

    @property
    def lost(self) -> ApiError | None:
        """Why the turn cannot be committed any more: another turn has the session, it was deleted, or the process ends.
        None while it can be."""
        if self._leases.closed:
            return Unavailable("The server is shutting down; try again shortly.", headers={"retry-after": "1"})
        return self._lost

    def _on_lost(self, error: ApiError) -> None:
        self._lost = error

    def committed(self) -> None:
        """The commit has ended the lease."""
        self._committed = True

    def __enter__(self) -> "HeldLease":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._heartbeat.stop()
        if self._committed:
            self._leases.forget(self.lease.turn_id)
        else:  # while the table is in trouble, the client need not wait for one more request
            in_background = isinstance(error, Unavailable | Throttled)
            self._leases.release(self.lease.session_path, self.lease.turn_id, in_background=in_background)


class Leases:
    """Takes leases of `seconds`, and knows those that are out."""

    def __init__(self, store: LeaseStore, seconds: float, clock: Clock) -> None:
        self._store = store
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._out: dict[str, SessionPath] = {}
        self.closed = False

    def acquire(self, path: SessionPath, deadline: Deadline, key: IdempotencyKey | None = None) -> HeldLease:
        """The session's lease.

        Raises NotFound, SessionBusy, IdempotencyInFlight, IdempotencyMismatch, Throttled, Unavailable.
        """
        turn_id = new_id("turn")
        with self._lock:
            self._out[turn_id] = path
        try:
            lease = self._store.acquire(path, turn_id, self._seconds, deadline.at_most(ACQUIRE_SECONDS), key)
        except _REFUSALS:
            self.forget(turn_id)
            raise
        except Exception:  # it may have been taken
            self.release(path, turn_id, in_background=True)
            raise
        return HeldLease(lease, self)

    def start_renewing(self, lease: Lease, on_lost: Callable[[ApiError], None]) -> Heartbeat:
        """Renew the lease until the heartbeat is stopped. `on_lost` is called once the turn has the lease no more."""
        pause = self._seconds * RENEW_AFTER

        def renew() -> float | None:
            try:
                self._store.renew(lease.session_path, lease.turn_id, self._seconds)
            except (NotFound, SessionBusy) as error:
                on_lost(error)
                return None
            except Exception as error:
                logger.warning("a lease could not be renewed", extra={"reason": type(error).__name__})
                return RETRY_SECONDS
            return pause

        return Heartbeat(renew, pause, self._clock)

    def release(self, path: SessionPath, turn_id: str, *, in_background: bool) -> None:
        """Give the lease back. Where the first try fails, further ones follow in the background. Raises nothing."""
        if not in_background and self._try_release(path, turn_id, 0):
            return
        arguments = [self._try_release, path, turn_id, self._seconds]
        context = contextvars.copy_context()  # log lines of the thread carry the ids of the turn
        threading.Thread(target=context.run, args=arguments, name="release", daemon=True).start()

    def _try_release(self, path: SessionPath, turn_id: str, seconds: float) -> bool:
        """Whether the lease has been given back. After `seconds` of trying, a lease ends by itself."""
        try:
            self._store.release(path, turn_id, Deadline.after(seconds, self._clock))
        except Exception as error:
            logger.warning("a lease could not be given back", extra={"reason": type(error).__name__})
            if not seconds:
                return False
        self.forget(turn_id)
        return True

    def forget(self, turn_id: str) -> None:
        """The turn has no lease any more."""
        with self._lock:
            self._out.pop(turn_id, None)

    def release_all(self) -> None:
        """Give back every lease that is out, because the process ends. Turns that still run cannot be committed."""
        self.closed = True
        with self._lock:
            out = list(self._out.items())
        deadline = Deadline.after(SHUTDOWN_SECONDS, self._clock)
        releases = [
            threading.Thread(target=self._try_release, args=[path, turn_id, SHUTDOWN_SECONDS], daemon=True)
            for turn_id, path in out
        ]
        for release in releases:
            release.start()
        for release in releases:
            release.join(deadline.remaining())
