"""What a function builds before its first request.

Lambda gives an environment a whole processor while it loads a function, and afterwards the part that the function's
memory buys: of 256 MB a seventh. So what the first request needs is built while the function is loaded.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

import gc
import os
import random
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any, cast

from agentos.kernel.logs import logger
from agentos.kernel.once import once
from agentos.kernel.values import LazyModel

INITIALIZED = "AWS_LAMBDA_INITIALIZATION_TYPE"
"""Lambda sets it. Elsewhere everything is built when it is first used."""


def build_what_is_used(function: Callable[..., Any], *more: Callable[[], Any]) -> None:
    """Build what the function's module imports from the composition root, and `more`, where this is Lambda's init.

    What cannot be built now is built at the first request, which then has the error.
    """
    if INITIALIZED not in os.environ:
        return
    import encodings.idna  # noqa: F401 - the first look-up of a host's name loads it

    if os.environ[INITIALIZED] == "snap-start":
        _draw_anew_after_restore()
    used = [value for value in cast("FunctionType", function).__globals__.values() if isinstance(value, once)]
    builders: list[Callable[[], Any]] = [*used, *(model.model_rebuild for model in _models_of_the_api()), *more]
    for build in builders:
        try:
            build()
        except Exception:
            logger.warning("could not be built at init", exc_info=True)
    gc.freeze()  # what has been loaded stays, so that no collection need look through it
    gc.enable()


def _models_of_the_api(of: type[LazyModel] = LazyModel) -> Iterator[type[LazyModel]]:
    """The models of requests and answers. A function loads those of its own route alone."""
    for model in of.__subclasses__():
        if model.__module__.startswith("agentos.api."):
            yield model
        yield from _models_of_the_api(model)


def _draw_anew_after_restore() -> None:
    """All environments that start from one snapshot would draw the same pauses otherwise, and come back together.

    Ids need nothing: they are drawn from the operating system, which gives each environment numbers of its own.
    https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html
    """
    from snapshot_restore_py import register_after_restore  # type: ignore[import-untyped]

    register_after_restore(random.seed)
