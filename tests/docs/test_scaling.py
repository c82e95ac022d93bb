"""docs/scaling.md has the tables of bench/scaling, and the model obeys the laws of queues and every limit."""

import heapq
import random
from itertools import pairwise

import pytest

from agentos.settings.loading import load_settings
from bench.scaling import background, demand
from bench.scaling.background import waits
from bench.scaling.demand import demand_of, utilisation
from bench.scaling.inputs import Limits, Load
from bench.scaling.page import MARKED, PAGE, TABLES, written
from bench.scaling.ramp import ramp, running

RATES = (1, 10, 300, 2_500, 40_000)


def test_the_page_is_what_is_computed() -> None:
    page = PAGE.read_text()
    assert {found[1] for found in MARKED.findall(page)} == set(TABLES)
    assert written(page) == page


def test_the_advice_has_the_numbers_of_the_model() -> None:
    advice = PAGE.read_text().partition("## Tables")[0]
    for rate, seconds in ((10, 3), (10, 10), (1_000, 3), (1_000, 10), (2_500, 3), (2_500, 10), (100_000, 3)):
        assert f"{demand_of(Load(rate, seconds)).environments:,}" in advice
    cell, limits = demand_of(Load(2_500)), Limits()
    assert f"`WarmThroughput`; the load\ntakes {cell.writes:,.0f}" in advice
    assert all(f"{share:.0%}" in advice for share in list(utilisation(cell, limits).values())[3:])
    for rate in (1_000, 2_500):
        load = Load(rate)
        scaled = ramp(load, limits.raised(rate, demand_of(load).environments)).seconds_to_scale
        assert f" {scaled} seconds" in advice
        assert demand_of(load).environments / limits.parameter_reads_raised < {1_000: 35, 2_500: 80}[rate]
    assert demand_of(Load(1_000)).environments / limits.parameter_reads < 85
    assert f"{limits.table_writes / Load(1).writes:.0f} messages a second" in advice


def test_the_model_has_the_numbers_of_the_configuration() -> None:
    settings = load_settings({})
    assert settings.health.cache_seconds == demand.CACHE_SECONDS
    assert settings.limits.background_turn_seconds == background.PROMISED_SECONDS


@pytest.mark.parametrize("seconds", [1, 3, 10])
def test_shares_of_running_turns_sum_to_the_mean_duration(seconds: float) -> None:
    assert sum(running(Load(1, seconds))) == pytest.approx(Load(1, seconds).seconds, rel=0.001)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("seconds", [1, 3, 10])
def test_littles_law_holds_once_everything_runs(rate: float, seconds: float) -> None:
    load = Load(rate, seconds)
    unbounded = Limits().raised(rate, 10**9)
    last = ramp(load, unbounded, 5_000 if rate == 40_000 else 900).seconds[-1]
    assert last.busy == pytest.approx(rate * load.seconds, rel=0.01)
    assert demand_of(load).busy == pytest.approx(rate * load.seconds)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("concurrency", [50, 1_000, 20_000])
def test_every_limit_is_kept_and_no_message_is_lost(rate: float, concurrency: int) -> None:
    limits = Limits(concurrency=concurrency)
    passed = started = 0.0
    for number, second in enumerate(ramp(Load(rate), limits, 120).seconds, start=1):
        fates = (second.throttled_by_gateway, second.throttled_by_lambda, second.warm, second.cold)
        assert min(fates) >= 0
        assert sum(fates) == pytest.approx(rate)
        assert second.busy <= second.environments + 1e-6 <= concurrency + 1e-3
        passed += rate - second.throttled_by_gateway
        started += second.cold
        assert passed <= limits.gateway_burst + number * limits.gateway_rate + 1e-6
        assert started <= limits.environments_at_once + number * limits.new_environments
        assert started == pytest.approx(second.environments)


def test_more_messages_need_no_less_of_anything() -> None:
    found = [(demand_of(Load(rate)), ramp(Load(rate), Limits(), 120)) for rate in RATES]
    for (less, before), (more, after) in pairwise(found):
        assert all(getattr(less, name) < getattr(more, name) for name in vars(less))
        assert before.cold_starts <= after.cold_starts
        assert before.share("throttled_by_lambda") + before.share("throttled_by_gateway") <= (
            after.share("throttled_by_lambda") + after.share("throttled_by_gateway")
        )


def test_utilisation_is_one_where_the_limit_is_met_exactly() -> None:
    limits = Limits()
    assert utilisation(demand_of(Load(3_000)), limits)["one tenant's agents"] == 1
    assert utilisation(demand_of(Load(limits.table_writes / Load(1).writes)), limits)[
        "a new table's writes"
    ] == pytest.approx(1)
    environments = 60_000  # each writes once a minute
    load = Load(environments / Load(1).seconds)
    assert utilisation(demand_of(load), limits)["one model's latency"] == pytest.approx(1)


def test_a_step_takes_as_long_as_its_environments_need_to_start() -> None:
    load = Load(2_500)
    scaled = ramp(load, Limits().raised(load.rate, 10_000)).seconds_to_scale
    first, each = Limits().environments_at_once, Limits().new_environments
    assert scaled == pytest.approx((load.rate * load.seconds - first) / each, abs=5)
    assert ramp(load, Limits()).seconds_to_scale is None


def simulated(load: Load, concurrency: int, length: float, seed: int) -> float:
    """The share that is refused if every message is an event of its own: arrivals and durations are drawn."""
    draw = random.Random(seed)
    ends: list[float] = []
    now = messages = refused = 0.0
    while (now := now + draw.expovariate(load.rate)) < length:
        messages += 1
        while ends and ends[0] <= now:
            heapq.heappop(ends)
        if len(ends) == concurrency:
            refused += 1
        else:
            heapq.heappush(ends, now + load.own_seconds + draw.lognormvariate(load.log_mean, load.spread))
    return refused / messages


@pytest.mark.parametrize("concurrency", [100, 200])
def test_a_flow_refuses_what_single_messages_are_refused(concurrency: int) -> None:
    load = Load(100, init_seconds=0)
    flow = ramp(load, Limits(concurrency=concurrency), 400).share("throttled_by_lambda")
    assert flow == pytest.approx(simulated(load, concurrency, 400, seed=1), abs=0.03)


def test_the_needed_environments_refuse_next_to_nothing() -> None:
    load = Load(100)
    assert simulated(load, demand_of(load).environments, 400, seed=2) < 0.001
    assert simulated(load, round(demand_of(load).busy), 400, seed=2) > 0.02


def test_a_queue_whose_workers_suffice_stays_short_and_another_grows_as_it_must() -> None:
    load = Load(10)
    assert max(waits(load, 100)[3_000:]) == 0
    turns = waits(load, 10)
    # Ten workers need `load.seconds` for ten turns, so after n turns the last one begins after n * seconds / 10.
    assert turns[-1] == pytest.approx(len(turns) * load.seconds / 10 - 600, rel=0.05)
    assert waits(load, 10) == turns, "the same seed, the same waits"
    assert min(turns) >= 0


def test_workers_start_five_a_second() -> None:
    turns = waits(Load(50), 1_000)  # 152 workers are needed, which takes half a minute
    assert turns[0] == turns[-1] == 0
    assert 5 < max(turns) < 30
