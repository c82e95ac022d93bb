"""Tenants' own keys: when they are read, what stands in for one that cannot be, and that nothing shows them."""

import uuid
from collections.abc import Mapping

import pytest
from pydantic import SecretStr

from agentos.domain.tenant_providers import StoredTenantProvider
from agentos.kernel.errors import Throttled, Unavailable
from agentos.kernel.logs import redact
from agentos.settings.loading import Settings
from agentos.settings.provider import Provider
from agentos.settings.schema import ConfigFile
from agentos.settings.tenant_keys import CHECK_SECONDS, MAX_TENANTS, RETRY_SECONDS, TenantKeys
from agentos.settings.tenant_secrets import TenantSecrets
from agentos.store.transport.client import Client
from agentos.store.transport.messages import Request
from tests.support.clock import FakeClock
from tests.support.parameter_store import reader
from tests.support.settings import HEALTH, LIMITS
from tests.support.transport import before

SERVER_KEY = "sk-of-the-server-0123456789"
ACME_KEY, NEW_KEY = "sk-of-acme-0123456789", "sk-of-acme-9876543210"
OWN_ENDPOINT = "https://own.example.com/v1"
PROVIDERS = {
    "hosted": {"format": "openai", "endpoint": "https://hosted.example.com/v1"},
    "own-cloud": {"format": "openai"},
    "off": {"format": "openai", "endpoint": "https://off.example.com", "enabled": False},
}


class Stack:
    """A table's records and a parameter store, and settings that read both. It counts the reads."""

    def __init__(self, ssm: Client) -> None:
        self.clock = FakeClock()
        self.secrets = TenantSecrets(ssm, f"/tenant-keys-{uuid.uuid4()}/tenants/")
        self.index: dict[str, dict[str, StoredTenantProvider]] = {}
        self.index_fails: Exception | None = None
        self.looked_up = self.read = 0
        before(ssm, self._count, "GetParametersByPath")

    def _count(self, _: Request) -> None:
        self.read += 1

    def put(self, tenant: str, provider: str, key: str, endpoint: str | None = None) -> None:
        version = self.secrets.put(tenant, f"{provider.upper().replace('-', '_')}_API_KEY", SecretStr(key))
        stored = StoredTenantProvider(endpoint=endpoint, revision=str(uuid.uuid4()), version=version, updated_at="now")
        self.index[tenant] = {**self.index.get(tenant, {}), provider: stored}

    def _look_up(self, tenant: str) -> Mapping[str, StoredTenantProvider]:
        self.looked_up += 1
        if self.index_fails:
            raise self.index_fails
        return self.index.get(tenant, {})

    def settings(self, *, readable: bool = True, hosts: tuple[str, ...] = ()) -> Settings:
        document = {"providers": PROVIDERS, "access": {"providerHosts": hosts}, "health": HEALTH, "limits": LIMITS}
        tenants = TenantKeys(self._look_up, self.secrets if readable else None, self.clock)
        file = ConfigFile.model_validate(document)
        return Settings(file, {"HOSTED_API_KEY": SERVER_KEY}, None, tenants)


@pytest.fixture
def stack(environment: pytest.MonkeyPatch, moto_endpoint: str) -> Stack:
    return Stack(reader(moto_endpoint))


def hosted(settings: Settings, tenant: str = "acme") -> Provider:
    return settings.of(tenant).providers["hosted"]


def key_of(settings: Settings, tenant: str = "acme") -> str:
    return hosted(settings, tenant).key.get_secret_value()


def test_a_tenant_without_keys_has_the_servers_settings_for_one_look_up_a_minute(stack: Stack) -> None:
    settings = stack.settings()
    for _ in range(5):
        assert settings.of("globex") is settings
    stack.clock.advance(CHECK_SECONDS - 1)
    assert settings.of("globex") is settings
    assert (stack.looked_up, stack.read) == (1, 0)
    stack.clock.advance(1)
    assert settings.of("globex") is settings
    assert (stack.looked_up, stack.read) == (2, 0)


def test_a_tenants_key_takes_the_place_of_the_servers_for_that_tenant_alone(stack: Stack) -> None:
    stack.put("acme", "hosted", ACME_KEY)
    settings = stack.settings()
    assert (key_of(settings), key_of(settings, "globex")) == (ACME_KEY, SERVER_KEY)
    assert settings.providers["hosted"].key.get_secret_value() == SERVER_KEY
    own, server = hosted(settings), settings.providers["hosted"]
    assert own.endpoint == server.endpoint
    assert own.fingerprint != server.fingerprint
    assert settings.of("acme").target("hosted:m", "").account == own.account
    assert settings.target("hosted:m", "").account is None
    assert settings.of("acme").of("acme").providers["hosted"].account == own.account


def test_the_key_is_read_once_and_again_when_the_table_says_that_it_is_new(stack: Stack) -> None:
    stack.put("acme", "hosted", ACME_KEY)
    settings = stack.settings()
    before = hosted(settings)
    for _ in range(3):
        stack.clock.advance(CHECK_SECONDS)
        assert key_of(settings) == ACME_KEY
    assert (stack.looked_up, stack.read) == (4, 1)
    assert hosted(settings).fingerprint == before.fingerprint
    stack.put("acme", "hosted", NEW_KEY)
    assert key_of(settings) == ACME_KEY
    stack.clock.advance(CHECK_SECONDS)
    assert key_of(settings) == NEW_KEY
    assert hosted(settings).fingerprint != before.fingerprint
    assert stack.read == 2


def test_a_key_that_was_put_again_after_its_deletion_has_another_fingerprint(stack: Stack) -> None:
    fingerprints = set()
    for _ in range(3):
        stack.put("acme", "hosted", ACME_KEY)
        fingerprints.add(hosted(stack.settings()).fingerprint)
        stack.secrets.delete("acme", "HOSTED_API_KEY")
    assert len(fingerprints) == 3


def test_a_deleted_key_gives_way_to_the_servers_within_a_minute(stack: Stack) -> None:
    stack.put("acme", "hosted", ACME_KEY)
    settings = stack.settings()
    assert key_of(settings) == ACME_KEY
    stack.index.clear()
    stack.clock.advance(CHECK_SECONDS)
    assert settings.of("acme") is settings


def test_a_key_that_cannot_be_read_is_not_replaced_by_the_servers(stack: Stack) -> None:
    stack.put("acme", "hosted", ACME_KEY)
    stack.secrets.delete("acme", "HOSTED_API_KEY")  # the table still speaks of it
    settings = stack.settings()
    assert hosted(settings).availability == ("not-configured", "the tenant's own key cannot be read")
    assert key_of(settings) == ""
    stack.put("acme", "hosted", NEW_KEY)
    stack.clock.advance(RETRY_SECONDS)
    assert key_of(settings) == NEW_KEY


def test_an_older_key_than_the_table_speaks_of_is_not_used(stack: Stack) -> None:
    stack.put("acme", "hosted", ACME_KEY)
    stored = stack.index["acme"]["hosted"]
    stack.index["acme"]["hosted"] = stored.model_copy(update={"version": 2})
    settings = stack.settings()
    assert hosted(settings).availability[0] == "not-configured"
    stack.put("acme", "hosted", NEW_KEY)
    stack.clock.advance(RETRY_SECONDS)
    assert key_of(settings) == NEW_KEY


def test_where_the_parameter_store_fails_the_key_that_was_read_stays(stack: Stack) -> None:
    stack.put("acme", "hosted", ACME_KEY)
    settings = stack.settings()
    assert key_of(settings) == ACME_KEY
    stack.put("acme", "own-cloud", NEW_KEY, OWN_ENDPOINT)
    stack.secrets.delete("acme", "OWN_CLOUD_API_KEY")
    stack.clock.advance(CHECK_SECONDS)
    assert key_of(settings) == ACME_KEY
    assert settings.of("acme").providers["own-cloud"].availability[0] == "not-configured"


@pytest.mark.parametrize("error", [Throttled("no"), Unavailable("no")])
def test_where_the_table_fails_what_was_read_stays_and_else_nothing_is_guessed(stack: Stack, error: Exception) -> None:
    stack.put("acme", "hosted", ACME_KEY)
    settings = stack.settings()
    assert key_of(settings) == ACME_KEY
    stack.index_fails = error
    stack.clock.advance(CHECK_SECONDS)
    assert key_of(settings) == ACME_KEY
    with pytest.raises(type(error)):
        settings.of("globex")
    looked_up = stack.looked_up
    assert key_of(settings) == ACME_KEY
    assert stack.looked_up == looked_up  # not at every use
    stack.index_fails = None
    stack.index.clear()
    stack.clock.advance(RETRY_SECONDS)
    assert settings.of("acme") is settings


def test_a_refused_key_is_read_again_but_not_at_every_refusal(stack: Stack) -> None:
    stack.put("acme", "hosted", ACME_KEY)
    settings = stack.settings()
    assert key_of(settings) == ACME_KEY
    stack.secrets.put("acme", "HOSTED_API_KEY", SecretStr(NEW_KEY))  # what a PUT does first
    for seconds, key, reads in ((RETRY_SECONDS - 1, ACME_KEY, 1), (1, NEW_KEY, 2), (1, NEW_KEY, 2)):
        stack.clock.advance(seconds)
        settings.refresh_keys("acme")
        assert (key_of(settings), stack.read) == (key, reads)
    settings.refresh_keys("globex")
    settings.refresh_keys()


def test_a_function_that_calls_no_provider_knows_the_names_alone(stack: Stack) -> None:
    stack.put("acme", "hosted", ACME_KEY)
    reads, knows = (hosted(stack.settings(readable=readable)) for readable in (True, False))
    assert knows.availability == reads.availability == ("available", None)
    assert knows.fingerprint == reads.fingerprint
    assert knows.key.get_secret_value() == ""
    assert stack.read == 1


def test_an_own_endpoint_is_guarded_unless_its_host_is_allowed(stack: Stack) -> None:
    stack.put("acme", "own-cloud", ACME_KEY, "https://own.example.com/v1/")
    stack.put("globex", "own-cloud", ACME_KEY, "http://127.0.0.1:9/v1")
    stack.put("initech", "own-cloud", ACME_KEY)
    strict, lenient = stack.settings(), stack.settings(hosts=("127.0.0.1",))
    acme = strict.of("acme").providers["own-cloud"]
    assert (acme.endpoint, acme.guarded, acme.availability) == (OWN_ENDPOINT, True, ("available", None))
    refused = strict.of("globex").providers["own-cloud"]
    assert refused.guarded
    assert refused.availability == ("not-configured", "the tenant's own endpoint must begin with https://")
    allowed = lenient.of("globex").providers["own-cloud"]
    assert (allowed.guarded, allowed.availability) == (False, ("available", None))
    missing = strict.of("initech").providers["own-cloud"]
    assert missing.availability == ("not-configured", "the tenant's own key has no endpoint")


def test_a_key_enables_no_provider_and_makes_none(stack: Stack) -> None:
    stack.put("acme", "off", ACME_KEY)
    stack.put("acme", "gone", ACME_KEY)  # the configuration had it once
    providers = stack.settings().of("acme").providers
    assert providers["off"].availability[0] == "disabled"
    assert "gone" not in providers


def test_as_many_tenants_are_remembered_as_a_process_can_bear(stack: Stack) -> None:
    settings = stack.settings()
    for number in range(MAX_TENANTS + 1):
        settings.of(f"t{number}")
    settings.of(f"t{MAX_TENANTS}")
    assert stack.looked_up == MAX_TENANTS + 1
    settings.of("t0")
    assert stack.looked_up == MAX_TENANTS + 2


def test_a_key_is_in_no_text(stack: Stack) -> None:
    stack.put("acme", "hosted", ACME_KEY)
    settings = stack.settings()
    view = settings.of("acme")
    own = view.providers["hosted"]
    shown = [repr(own), str(vars(own)), str(vars(view)), repr(own.account), str(stack.index), repr(view)]
    assert ACME_KEY not in "".join(shown)
    assert redact(f"the key is {ACME_KEY}") == "the key is ***"
