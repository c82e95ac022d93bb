"""docs/routing.md has what prompt caches save as bench/prompt_cache.py computes it, and it adds up."""

from pathlib import Path

import pytest

from agentos.settings.loading import load_settings
from bench.prompt_cache import MODELS, Cache, session, table

PAGE = Path(__file__).parents[2] / "docs" / "routing.md"
SETTINGS = load_settings({"AWS_REGION": "eu-west-1"})


def test_the_page_has_the_table() -> None:
    shown = PAGE.read_text().partition("<!-- prompt caches -->")[2].partition("<!-- end of prompt caches -->")[0]
    assert shown.strip() == table(SETTINGS)


@pytest.mark.parametrize("model", MODELS)
def test_a_session_is_cheaper_with_caches_and_most_of_it_is_read(model: str) -> None:
    bill = session(SETTINGS, model)
    assert bill.usd < bill.uncached_usd * 2 / 3
    assert bill.tokens.prompt is not None
    assert bill.tokens.cached + bill.tokens.cache_write <= bill.tokens.prompt
    assert bill.tokens.cached > bill.tokens.prompt * 0.9


def test_a_cache_keeps_long_prefixes_up_to_their_marks() -> None:
    cache, long = Cache(marked=True), "x" * 8000
    first = cache.count([(long, True), ("abcd" * 100, False)])
    assert (first.prompt, first.cached, first.cache_write) == (2100, 0, 2000)
    again = cache.count([(long, True), ("abcd" * 200, True)])
    assert (again.prompt, again.cached, again.cache_write) == (2200, 2000, 200)
    other = cache.count([("y" + long, True)])
    assert (other.cached, other.cache_write) == (0, 2000)
    short = Cache(marked=True).count([("x" * 4000, True)])
    assert (short.cached, short.cache_write) == (0, 0)
