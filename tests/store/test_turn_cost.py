"""What a turn with a question of 1 KB and an answer of 2 KB costs in DynamoDB's units. `make turn-cost` measures more.

Runs on DynamoDB Local alone: moto counts no units.
"""

from typing import Any

import pytest

from bench.turn_cost import measure
from tests.support.backends import DYNAMODBS

pytestmark = pytest.mark.parametrize("dynamodb_endpoint", DYNAMODBS[1:], indirect=True)


def test_a_turn_costs_eleven_write_units_whatever_the_history(api: Any, upstream: Any) -> None:
    short, long = (measure(upstream, messages, keyed=False, turns=1) for messages in (50, 2_000))
    assert (short.read, short.write, short.requests) == (long.read, long.write, long.requests)
    assert short.write <= 11
    assert short.read <= 3


def test_the_first_turn_reads_the_agent_alone(api: Any, upstream: Any) -> None:
    first = measure(upstream, 0, keyed=False)
    assert (first.write, first.read) == (11, 1)


def test_a_key_adds_its_record_and_one_read(api: Any, upstream: Any) -> None:
    plain, keyed = (measure(upstream, 50, keyed=keyed, turns=1) for keyed in (False, True))
    assert (keyed.write - plain.write, keyed.read - plain.read) == (2, 1)
