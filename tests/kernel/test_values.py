"""Values are built when they are first used, by any number of threads at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema

from agentos.kernel.values import LazyModel

THREADS = 4
OVERLAP_SECONDS = 0.5


class Built(str):
    """A type that records when a schema with it is built, and gives other threads time to build one as well."""

    times: list[str] = []
    other = threading.Event()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        cls.times.append(threading.current_thread().name)
        if len(cls.times) > 1:
            cls.other.set()
        cls.other.wait(OVERLAP_SECONDS)
        return handler(str)


class Fresh(LazyModel):
    """A model that was not used before."""

    text: Built


def test_a_schema_is_built_by_one_thread_though_several_use_it_for_the_first_time() -> None:
    """Without the lock, pydantic may validate against the parent's fields while two threads build."""
    together = threading.Barrier(THREADS)

    def use(text: str) -> str:
        together.wait()
        return Fresh.model_validate({"text": text}).text

    texts = [f"text {number}" for number in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as threads:
        assert list(threads.map(use, texts)) == texts
    assert len(Built.times) == 1
