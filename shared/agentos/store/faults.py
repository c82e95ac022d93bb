"""What goes wrong between us and the table: DynamoDB's errors as ours, answers that are not whole, further tries.

No error raised here, and no log line, holds anything of an item: only the operation and the error's code.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from agentos.domain.measures import measure
from agentos.kernel.clock import Deadline
from agentos.kernel.errors import PayloadTooLarge, Throttled, Unavailable
from agentos.kernel.logs import logger
from agentos.store.items import Item
from agentos.store.transport.answers import PartialAnswer

T = TypeVar("T")

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 0.5
"""Between two tries of a write. The pause doubles from the first one on."""

WHOLE_ANSWER_ATTEMPTS = 3
"""How often a request is sent whose answers are not whole. The client sends again only what was not answered."""

_THROTTLED = {
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "ProvisionedThroughputExceeded",  # these two are codes in a transaction's reasons
    "ThrottlingError",
}
_CONFLICTS = {"TransactionConflictException", "TransactionInProgressException"}
_OUR_FAULTS = {"ValidationException", "SerializationException"}


class ConditionFailed(Exception):
    """A condition did not hold. `item` is the item that is stored there, or None."""

    def __init__(self, item: Item | None) -> None:
        super().__init__("condition failed")
        self.item = item


class Conflict(Exception):
    """A transaction holds the item at this moment. The same request may succeed later."""


class RequestRefused(Exception):
    """DynamoDB says that a request of ours is malformed, which is a mistake in our code."""


def answered(operation: str, send: Callable[[], dict[str, Any]], result: str | None) -> dict[str, Any]:
    """The answer to a request, which has the field `result`. Sent again while its answer is not whole.

    Raises our errors in the place of the client's.
    """
    reason = ""
    for _ in range(WHOLE_ANSWER_ATTEMPTS):
        try:
            answer = send()
        except ClientError as error:
            raise translated(operation, error) from None
        except ParamValidationError:
            raise RequestRefused(f"{operation}: ParamValidationError") from None
        except PartialAnswer as error:
            reason = type(error).__name__
            continue
        except BotoCoreError as error:
            reason = type(error).__name__
            break
        if result is None or answer.get(result) is not None:
            return answer
        reason = f"no {result}"
    logger.warning("the table did not answer", extra={"operation": operation, "reason": reason})
    measure({"TableFaults": 1}, {"reason": "no_answer"})
    raise unavailable()


def translated(operation: str, error: ClientError) -> Exception:
    """Our error for DynamoDB's."""
    response: dict[str, Any] = dict(error.response)
    code = str(response.get("Error", {}).get("Code"))
    if code == "ConditionalCheckFailedException":
        return ConditionFailed(response.get("Item"))
    if code == "TransactionCanceledException":
        return _cancelled(operation, response.get("CancellationReasons", []))
    if code in _CONFLICTS:
        return Conflict()
    if code in _THROTTLED:
        return _throttled_by_table()
    if code in _OUR_FAULTS:
        if "maximum allowed size" in response["Error"].get("Message", ""):
            return PayloadTooLarge("It is larger than an item may be.")
        return RequestRefused(f"{operation}: {code}")
    return _refused(operation, code)


def _cancelled(operation: str, reasons: Sequence[Mapping[str, Any]]) -> Exception:
    """Why a transaction was not done. A failed condition comes first, since no further try helps against it."""
    for reason in reasons:
        if reason.get("Code") == "ConditionalCheckFailed":
            return ConditionFailed(reason.get("Item"))
    codes = {str(reason.get("Code")) for reason in reasons}
    if "TransactionConflict" in codes:
        return Conflict()
    if codes & _THROTTLED:
        return _throttled_by_table()
    if "ValidationError" in codes:
        return RequestRefused(f"{operation}: ValidationError")
    return _refused(operation, ", ".join(sorted(codes)))


def _throttled_by_table() -> Throttled:
    measure({"TableFaults": 1}, {"reason": "throttled"})
    return throttled()


def _refused(operation: str, code: str) -> Unavailable:
    logger.error("the table refused a request", extra={"operation": operation, "reason": code})
    measure({"TableFaults": 1}, {"reason": "refused"})
    return unavailable()


def unavailable() -> Unavailable:
    return Unavailable("The table did not answer; try again shortly.", headers={"retry-after": "1"})


def throttled() -> Throttled:
    return Throttled("The table is busy; try again shortly.", headers={"retry-after": "1"})


def retry_until_deadline(write: Callable[[], T], deadline: Deadline) -> T:
    """The result of a write, which is repeated while it meets conflicts, throttling or silence.

    It is tried at least once. Raises Throttled or Unavailable when the time has run out, and what else `write` raises.
    """
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            return write()
        except (Conflict, Throttled, Unavailable) as error:
            if deadline.remaining() < pause:
                raise throttled() if isinstance(error, Conflict) else error from None
        deadline.clock.sleep(deadline.clock.jitter(pause))
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
