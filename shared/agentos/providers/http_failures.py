"""What can go wrong with an exchange, as classified failures."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import DecodeError, HTTPError, ReadTimeoutError

from agentos.kernel.errors import ErrorClass, UpstreamError

FAILURES = (HTTPError, HTTPException, OSError, ValueError)
"""What an exchange raises: urllib3's errors, and those of sockets, of addresses and of headers."""


def classified(error: BaseException, seconds: float, status: int | None = None) -> UpstreamError:
    """The failure of an exchange that had so many seconds."""
    cause = _first_cause(error)
    if isinstance(cause, TimeoutError | ReadTimeoutError):
        return UpstreamError(ErrorClass.TIMEOUT, f"no whole response within {seconds:.1f} s", status=status)
    if isinstance(error, DecodeError):
        return UpstreamError(ErrorClass.BAD_RESPONSE, "the body's compression is broken", status=status)
    return UpstreamError(ErrorClass.CONNECT, type(cause).__name__, status=status)


def body_too_long(max_bytes: int, status: int) -> UpstreamError:
    """The error for a body that is longer than what is read of one."""
    return UpstreamError(ErrorClass.BAD_RESPONSE, f"the body is longer than {max_bytes} bytes", status=status)


def refuse_bombs(response: BaseHTTPResponse) -> None:
    """Raises UpstreamError for a body that was compressed more than once: a few kilobytes could unfold into
    gigabytes."""
    if "," in response.headers.get("content-encoding", ""):
        raise UpstreamError(ErrorClass.BAD_RESPONSE, "compressed more than once", status=response.status)


@contextmanager
def closed_on_error(response: BaseHTTPResponse) -> Iterator[None]:
    """Closes the response's connection where the block raises. It is kept once the body has been read."""
    try:
        yield
    except BaseException:
        response.close()
        raise


def _first_cause(error: BaseException) -> BaseException:
    """urllib3 has the error that it was led to either among its arguments or as its cause."""
    inner = next((one for one in error.args if isinstance(one, BaseException)), error.__cause__)
    return error if inner is None else _first_cause(inner)
