"""`/metrics` of the local host, scraped and read as Prometheus reads it."""

from collections.abc import Callable
from pathlib import Path

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open
from prometheus_client.parser import text_string_to_metric_families as parse

from agentos.domain.measures import MEASURES
from agentos.kernel.metrics import Metric
from local.prometheus import Metrics
from tests.e2e.hosting import Host
from tests.support.upstream import Upstream, refusal

StartHost = Callable[..., Host]
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: str) -> Samples:
    """Every sample by its name and labels."""
    found = [sample for family in parse(text) for sample in family.samples]
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for one in found}


def scrape(host: Host) -> Samples:
    answer = host.client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return samples(answer.text)


def value(read: Samples, name: str, **labels: str) -> float | None:
    return read.get((name, tuple(sorted(labels.items()))))


def test_a_fallback_drill(start_host: StartHost, tmp_path: Path) -> None:
    with Upstream(default=refusal(500)) as broken, Upstream() as sound:
        keys = {"OPENAI_API_KEY": "sk-0123456789", "OPENAI_ENDPOINT": broken.url, "XAI_API_KEY": "xai-0123456789"}
        host = start_host({**keys, "XAI_ENDPOINT": sound.url})
        assert value(scrape(host), "agentos_failed_turns_total") == 0
        session = host.session(host.agent(model="openai:gpt-4o-mini", config={"fallbackModel": "xai:anything"}))
        for _ in range(2):
            assert host.say(session).json()["model"] == "xai:anything"
        assert host.client.get("/agents/nobody").status_code == 404
        read = scrape(host)
        by_model = {"model": "xai:other", "experiment": "", "variant": ""}
        assert value(read, "agentos_turns_total", **by_model) == 2
        assert value(read, "agentos_fallbacks_total", **by_model) == 2
        assert value(read, "agentos_latency_milliseconds_count", **by_model) == 2
        assert value(read, "agentos_turn_outcomes_total", outcome="completed") == 2
        call = {"provider": "openai", "model": "openai:gpt-4o-mini", "error_class": "server"}
        failures = value(read, "agentos_calls_total", **call)
        assert failures is not None
        assert failures >= 3
        opened = {"provider": "openai", "model": "openai:gpt-4o-mini", "state": "open"}
        assert value(read, "agentos_circuit_transitions_total", **opened) == 1
        assert value(read, "agentos_refused_requests_total", code="not_found") == 1
        began = value(read, "process_start_time_seconds")
        assert began is not None

        text = host.client.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"}).text
        assert {family.name for family in parse_open(text)} >= {"agentos_turns", "agentos_call_latency_milliseconds"}
        assert "sk-0123456789" not in text

        again = start_host({**keys, "XAI_ENDPOINT": sound.url})
        fresh = scrape(again)
        assert value(fresh, "agentos_turns_total", **by_model) is None, "counters begin with the process"
        assert (value(fresh, "process_start_time_seconds") or 0) > began


def test_every_metric_is_declared_from_the_start_and_an_edit_keeps_what_was_counted() -> None:
    metrics = Metrics()
    metrics.declare(MEASURES)
    page, _ = metrics.page("")
    assert page.decode().count("# HELP agentos_") >= len(MEASURES)

    from agentos.kernel.metrics import Measured

    metrics.listen([Measured("Turns", MEASURES["Turns"], 1, {"model": "a:b"})])
    changed = Metric("Count", "Now by user.", (("user",),))
    metrics.declare({**MEASURES, "Attempts": changed})
    metrics.listen([Measured("Attempts", changed, 2, {"user": "u"})])
    read = samples(metrics.page("")[0].decode())
    assert value(read, "agentos_turns_total", model="a:b", experiment="", variant="") == 1
    assert value(read, "agentos_attempts_total", user="u") == 2
