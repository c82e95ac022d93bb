"""Items that another version of the code has stored: read as far as this version knows them, or Unavailable.

While a deployment goes on, and after a roll-back, a function reads what a newer version has written. A field that it
does not know is left out. What it cannot read at all may be read by the next try, which a newer function may answer.
"""

import functools
import zlib
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from pydantic import BaseModel

from agentos.domain.measures import measure
from agentos.kernel.errors import Unavailable
from agentos.kernel.logs import logger

P = ParamSpec("P")
T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

_UNREADABLE = (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, RecursionError, zlib.error)
"""What reading an item raises that lacks an attribute or holds another kind of value."""


def item_reader(read: Callable[P, T]) -> Callable[P, T]:
    """A decorator for a function that reads stored items: it raises Unavailable for one that cannot be read.

    The log names the function and the kind of error, and quotes nothing of the item.
    """

    @functools.wraps(read)
    def checked(*arguments: P.args, **named: P.kwargs) -> T:
        try:
            return read(*arguments, **named)
        except _UNREADABLE as error:
            reason = type(error).__name__
        logger.error("a stored item cannot be read", extra={"reader": read.__name__, "reason": reason})
        measure({"TableFaults": 1}, {"reason": "unreadable"})
        message = "What is stored here cannot be read by this version; try again shortly."
        raise Unavailable(message, headers={"retry-after": "1"})

    return checked


def stored_value(model: type[M], document: Any) -> M:
    """A stored document as a value, without the fields that this version does not know. Raises ValueError."""
    return model.model_validate(document, extra="ignore")
