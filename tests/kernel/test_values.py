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


class Counted(str):
    """A type that counts the schemas that are made of it."""

    schemas = 0

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        cls.schemas += 1
        return handler(str)


class Part(LazyModel):
    text: Counted


class First(LazyModel):
    parts: tuple[Part, ...]


class Second(LazyModel):
    part: Part | None = None
    first: First


def test_a_model_that_others_hold_is_built_once() -> None:
    value = Second.model_validate({"part": {"text": "a"}, "first": {"parts": [{"text": "b"}]}})
    assert First.model_validate(value.first.model_dump()) == value.first
    assert Part.model_validate({"text": "a"}) == value.part
    assert Counted.schemas == 1


class Node(LazyModel):
    below: "tuple[Node, ...]" = ()
    leaf: "Leaf | None" = None


class Leaf(LazyModel):
    above: Node | None = None


def test_models_may_hold_each_other() -> None:
    value = Node.model_validate({"below": [{}, {"leaf": {"above": {"below": [{}]}}}]})
    assert value.below[1].leaf == Leaf(above=Node(below=(Node(),)))
    assert Leaf.model_validate({"above": {}}) == Leaf(above=Node())
