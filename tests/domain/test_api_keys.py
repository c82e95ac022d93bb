"""The format of callers' keys: whatever is not exactly a key that was made is refused without a look-up."""

import re

from hypothesis import given
from hypothesis import strategies as st

from agentos.domain.api_keys import ALPHABET, KEY_LENGTH, hash_of_key, id_of_key, is_key_id, new_key

KEYS = st.builds(new_key)


@given(KEYS)
def test_a_new_key_has_the_documented_form(key: str) -> None:
    assert re.fullmatch(r"agos_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}", key)
    assert len(key) == KEY_LENGTH
    key_id = id_of_key(key)
    assert key_id == key.split("_")[1]
    assert is_key_id(key_id)


@given(KEYS, st.data())
def test_a_key_with_one_other_character_is_refused(key: str, data: st.DataObject) -> None:
    """CRC-32 finds every error within 32 adjacent bits, so any wrong character, also one of the checksum."""
    place = data.draw(st.integers(0, len(key) - 1))
    other = data.draw(st.sampled_from(ALPHABET + "_- é٣").filter(lambda character: character != key[place]))
    assert id_of_key(key[:place] + other + key[place + 1 :]) is None


@given(KEYS, st.data())
def test_a_key_that_is_cut_off_or_longer_is_refused(key: str, data: st.DataObject) -> None:
    assert id_of_key(key[: data.draw(st.integers(0, len(key) - 1))]) is None
    assert id_of_key(key + data.draw(st.text(min_size=1, max_size=5))) is None
    assert id_of_key(data.draw(st.text(min_size=1, max_size=5)) + key) is None


@given(st.text(max_size=100))
def test_any_other_text_is_no_key(text: str) -> None:
    assert id_of_key(text) is None


def test_keys_differ_and_ids_sort_by_creation() -> None:
    keys = [new_key() for _ in range(200)]
    assert len({id_of_key(key) for key in keys}) == len({hash_of_key(key) for key in keys}) == 200
    times = [key[5:13] for key in keys]
    assert times == sorted(times)


def test_a_hash_shows_nothing_of_its_key() -> None:
    key = new_key()
    assert re.fullmatch(r"[0-9a-f]{64}", hash_of_key(key))
    assert hash_of_key(key) == hash_of_key(key) != hash_of_key(new_key())
