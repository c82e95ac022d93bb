"""Tenants with keys of their own beside others: whose key a call goes with, and whose circuit a failure opens."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from agentos import wiring
from agentos.kernel.logs import logger
from agentos.settings.tenant_keys import CHECK_SECONDS
from tests.functions.conftest import GEMINI_KEY, OPENAI_KEY, Chat, Providers, chat
from tests.support.clock import ShiftedClock
from tests.support.gateway import Answer, Client, Context, handler
from tests.support.logs import captured
from tests.support.transport import before
from tests.support.upstream import Upstream, refusal
from tests.support.wiring import rewire

ACME_KEY, NEW_KEY, GLOBEX_KEY = "sk-of-acme-0123456789", "sk-of-acme-9876543210", "sk-of-globex-0123456789"
PRIMARY, FALLBACK = "openai:gpt-4o-mini", "gemini:flash-1.5"


@pytest.fixture
def admin(parameter_store: Any, providers: Providers, api: Client, clock: ShiftedClock) -> Client:
    return api


@pytest.fixture
def own(configure: Callable[[str], None]) -> Iterator[Upstream]:
    """A provider's server of a tenant's own, on this machine, which the configuration allows."""
    configure("access: {providerHosts: [127.0.0.1]}")
    with Upstream() as server:
        yield server


def put(admin: Client, tenant: str, key: str, provider: str = "openai", **fields: Any) -> Answer:
    return admin("put_tenant_provider", {"apiKey": key, **fields}, tenant=tenant, provider=provider)


def pass_a_minute(clock: ShiftedClock) -> None:
    clock.shift += CHECK_SECONDS


def sent_key(upstream: Upstream) -> str:
    """The key of the last call."""
    return upstream.headers[-1]["authorization"].removeprefix("Bearer ")


def why_skipped(reply: Answer) -> str:
    """Why the primary was not asked, of a reply that the fallback gave."""
    route = reply.json["route"]
    assert route["served"] == FALLBACK
    (reason,) = [skip["reason"] for skip in route["skipped"] if skip["model"] == PRIMARY]
    return str(reason)


def provider_of(tenant: str, name: str = "openai", folder: str = "providers") -> Any:
    answer = Client(tenant)(folder).json
    entries = answer["data" if folder == "providers" else "providers"]
    return next(entry for entry in entries if entry["provider"] == name)


@pytest.fixture
def acme(admin: Client) -> Chat:
    return chat(Client("acme"))


@pytest.fixture
def globex(admin: Client) -> Chat:
    return chat(Client("globex"))


def test_each_tenants_calls_go_with_its_own_key(admin: Client, acme: Chat, globex: Chat, providers: Providers) -> None:
    assert put(admin, "acme", ACME_KEY).status == 200
    for talk, key in ((acme, ACME_KEY), (globex, OPENAI_KEY), (acme, ACME_KEY)):
        reply = talk.say()
        assert reply.json["route"]["served"] == PRIMARY, reply.text
        assert sent_key(providers.openai) == key
    assert put(admin, "globex", GLOBEX_KEY).status == 200
    rewire()
    for talk, key in ((globex, GLOBEX_KEY), (acme, ACME_KEY)):
        assert talk.say().status == 200
        assert sent_key(providers.openai) == key


def test_a_door_a_stream_and_a_background_turn_go_with_it_too(
    queue: Any, admin: Client, acme: Chat, providers: Providers
) -> None:
    put(admin, "acme", ACME_KEY)
    asked = {"model": PRIMARY, "messages": [{"role": "user", "content": "Hi"}]}
    assert acme.api("chat_completions", asked).status == 200
    assert sent_key(providers.openai) == ACME_KEY
    turn = acme.api("send_message", {"content": "Later"}, headers={"prefer": "respond-async"}, **acme.path)
    assert turn.status == 202
    handler("run_turn")(queue.event(), Context())
    state = acme.api("get_turn", turnId=turn.json["turnId"], **acme.path).json
    assert (state["state"], sent_key(providers.openai)) == ("completed", ACME_KEY)


def test_put_rotate_and_delete_are_in_force_within_a_minute(
    admin: Client, acme: Chat, providers: Providers, clock: ShiftedClock
) -> None:
    def key_used() -> str:
        assert acme.say().json["route"]["served"] == PRIMARY
        return sent_key(providers.openai)

    assert key_used() == OPENAI_KEY
    put(admin, "acme", ACME_KEY)
    pass_a_minute(clock)
    assert key_used() == ACME_KEY
    put(admin, "acme", NEW_KEY)
    clock.shift += CHECK_SECONDS - 5
    assert key_used() == ACME_KEY  # this environment has not asked again yet
    clock.shift += 5
    assert key_used() == NEW_KEY
    assert admin("delete_tenant_provider", tenant="acme", provider="openai").status == 204
    pass_a_minute(clock)
    assert key_used() == OPENAI_KEY


def test_a_tenants_endpoint_is_called_with_the_tenants_key_alone(
    own: Upstream, admin: Client, acme: Chat, globex: Chat, providers: Providers
) -> None:
    put(admin, "acme", ACME_KEY, endpoint=own.url)
    assert acme.say().json["route"]["served"] == PRIMARY
    assert globex.say().json["route"]["served"] == PRIMARY
    assert ([sent_key(own)], len(own.requests)) == ([ACME_KEY], 1)
    assert ([sent_key(providers.openai)], len(providers.openai.requests)) == ([OPENAI_KEY], 1)


def test_a_key_is_enough_where_the_server_has_none(
    admin: Client, acme: Chat, globex: Chat, providers: Providers
) -> None:
    providers.set("OPENAI_API_KEY", None)
    assert acme.say().json["route"]["served"] == FALLBACK
    put(admin, "acme", ACME_KEY)
    rewire()
    assert acme.say().json["route"]["served"] == PRIMARY
    assert why_skipped(globex.say()) == "not_configured: OPENAI_API_KEY is not set"


def test_failures_of_a_tenants_key_open_a_circuit_of_its_own(
    own: Upstream, admin: Client, acme: Chat, globex: Chat, providers: Providers
) -> None:
    put(admin, "acme", ACME_KEY, endpoint=own.url)
    put(admin, "globex", GLOBEX_KEY)
    own.default = refusal(401)
    for _ in range(wiring.settings().health.failures):
        assert acme.say().json["route"]["served"] == FALLBACK
    calls = len(own.requests)
    assert why_skipped(acme.say()).startswith("cooling_down")
    assert len(own.requests) == calls
    assert globex.say().json["route"]["served"] == PRIMARY
    assert chat(Client("initech")).say().json["route"]["served"] == PRIMARY  # with the server's key

    for folder in ("providers", "health"):
        seen = provider_of("acme", folder=folder)
        assert seen["status"] == "cooling-down"
        assert [circuit["model"] for circuit in seen["circuits"]] == [PRIMARY]
        for tenant in ("globex", "initech"):
            assert provider_of(tenant, folder=folder)["status"] == "available"

    own.default = Upstream().default
    put(admin, "acme", NEW_KEY, endpoint=own.url)  # a new key begins with a new circuit
    rewire()
    assert acme.say().json["route"]["served"] == PRIMARY


def test_failures_of_the_servers_key_leave_a_tenants_alone(
    own: Upstream, admin: Client, acme: Chat, globex: Chat, providers: Providers
) -> None:
    put(admin, "acme", ACME_KEY, endpoint=own.url)
    providers.openai.default = refusal(429, "rate_limited", retry_after="600")
    for _ in range(2):
        assert globex.say().json["route"]["served"] == FALLBACK
    assert provider_of("globex")["status"] == "cooling-down"
    assert provider_of("acme")["status"] == "available"
    assert acme.say().json["route"]["served"] == PRIMARY


def test_a_pause_that_a_tenants_provider_names_is_that_tenants(
    own: Upstream, admin: Client, acme: Chat, globex: Chat
) -> None:
    put(admin, "acme", ACME_KEY, endpoint=own.url)
    own.default = refusal(429, "rate_limited", retry_after="600")
    assert acme.say().json["route"]["served"] == FALLBACK
    rewire()  # another environment knows it as well
    assert why_skipped(acme.say()).startswith("cooling_down")
    assert globex.say().json["route"]["served"] == PRIMARY


def test_latencies_of_a_tenants_key_are_not_shared(
    own: Upstream, admin: Client, acme: Chat, globex: Chat, client: Any, table_name: str
) -> None:
    put(admin, "acme", ACME_KEY, endpoint=own.url)
    acme.say()
    values = {":pk": {"S": "HEALTH"}}
    query = {"TableName": table_name, "KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": values}
    assert client.call("Query", **query)["Items"] == []
    globex.say()
    assert [item["sk"]["S"] for item in client.call("Query", **query)["Items"]] == [f"LATENCY#{PRIMARY}"]
    own_target = wiring.settings().of("acme").target(PRIMARY, "")
    assert wiring.latencies().of(own_target.average) is not None
    assert own_target.average.startswith(f"{PRIMARY} ")


def test_without_the_tenants_key_the_servers_is_not_used_in_its_place(
    admin: Client, acme: Chat, providers: Providers, parameter_store: Any
) -> None:
    put(admin, "acme", ACME_KEY)
    path = f"{wiring.os.environ['TENANT_PARAMETERS']}/acme/providers"
    parameter_store.delete_parameter(Name=f"{path}/OPENAI_API_KEY")
    assert why_skipped(acme.say()) == "not_configured: the tenant's own key cannot be read"
    assert providers.openai.requests == []


def test_an_explained_route_and_the_list_of_models_are_the_tenants(
    admin: Client, acme: Chat, providers: Providers
) -> None:
    providers.set("OPENAI_API_KEY", None)

    def planned(talk: Chat) -> list[str]:
        answer = talk.api("explain_route", {"content": "Hi"}, agentId=talk.agent_id).json
        return [target["model"] for target in answer["targets"]]

    assert PRIMARY not in planned(acme)
    put(admin, "acme", ACME_KEY)
    rewire()
    assert planned(acme)[0] == PRIMARY
    listed, others = ([one["id"] for one in Client(who)("list_models").json["data"]] for who in ("acme", "globex"))
    assert PRIMARY in listed
    assert PRIMARY not in others


def test_a_list_has_names_and_endpoints(admin: Client) -> None:
    assert admin("list_tenant_providers", tenant="acme").json == {"data": []}
    put(admin, "acme", ACME_KEY)
    put(admin, "acme", ACME_KEY, "azure-openai", endpoint="https://acme.openai.azure.com/openai/v1")
    put(admin, "globex", GLOBEX_KEY, "gemini")
    listed = admin("list_tenant_providers", tenant="acme")
    assert [(one["provider"], one["endpoint"]) for one in listed.json["data"]] == [
        ("azure-openai", "https://acme.openai.azure.com/openai/v1"),
        ("openai", None),
    ]
    assert ACME_KEY not in listed.text
    assert admin("delete_tenant_provider", tenant="acme", provider="azure-openai").status == 204
    assert [one["provider"] for one in admin("list_tenant_providers", tenant="acme").json["data"]] == ["openai"]
    assert admin("delete_tenant_provider", tenant="acme", provider="azure-openai").status == 404
    assert [one["provider"] for one in admin("list_tenant_providers", tenant="globex").json["data"]] == ["gemini"]


REFUSED = [
    ("openai", {"apiKey": ACME_KEY, "endpoint": "http://127.0.0.1:1/v1"}, 400, "endpoint"),
    ("openai", {"apiKey": ACME_KEY, "endpoint": "https://169.254.169.254"}, 400, "endpoint"),
    ("openai", {"apiKey": ACME_KEY, "endpoint": ""}, 400, "endpoint"),
    ("openai", {"apiKey": ""}, 400, "apiKey"),
    ("openai", {"apiKey": "sk\n"}, 400, "apiKey"),
    ("openai", {"apiKey": "k" * 4001}, 400, "apiKey"),
    ("openai", {"apiKey": 7}, 400, "apiKey"),
    ("openai", {}, 400, "apiKey"),
    ("openai", {"apiKey": ACME_KEY, "apikey": ACME_KEY}, 400, "apikey"),
    ("azure-openai", {"apiKey": ACME_KEY}, 400, "endpoint"),
    ("local", {"apiKey": ACME_KEY}, 400, ""),
    ("bedrock", {"apiKey": ACME_KEY}, 400, ""),
    ("nobody", {"apiKey": ACME_KEY}, 404, ""),
    ("../x", {"apiKey": ACME_KEY}, 404, ""),
]


@pytest.mark.parametrize(("provider", "body", "status", "field"), REFUSED)
def test_what_is_refused_is_not_stored(
    provider: str, body: Any, status: int, field: str, admin: Client, parameter_store: Any
) -> None:
    answer = admin("put_tenant_provider", body, tenant="acme", provider=provider)
    assert answer.status == status
    assert field in [error["field"] for error in answer.json["details"].get("errors", [])] + [""]
    assert ACME_KEY not in answer.text
    assert admin("list_tenant_providers", tenant="acme").json == {"data": []}
    path = f"{wiring.os.environ['TENANT_PARAMETERS']}/acme/providers"
    assert parameter_store.get_parameters_by_path(Path=path)["Parameters"] == []


@pytest.mark.parametrize("folder", ["put_tenant_provider", "list_tenant_providers", "delete_tenant_provider"])
def test_a_tenant_that_cannot_be_one_is_refused(folder: str, admin: Client) -> None:
    body = {"apiKey": ACME_KEY} if folder.startswith("put") else None
    for tenant in ("Acme", "a/b", "../globex", "-a", "a" * 64, "a#b"):
        answer = admin(folder, body, tenant=tenant, provider="openai")
        assert (answer.status, answer.json["code"]) == (400, "invalid_request")


def test_a_deletion_that_died_half_way_is_finished_by_the_next(admin: Client, parameter_store: Any) -> None:
    put(admin, "acme", ACME_KEY)
    wiring.tenant_provider_store().delete("acme", "openai")
    assert admin("delete_tenant_provider", tenant="acme", provider="openai").status == 404
    path = f"{wiring.os.environ['TENANT_PARAMETERS']}/acme/providers"
    assert parameter_store.get_parameters_by_path(Path=path)["Parameters"] == []


def test_where_there_is_no_parameter_store_no_tenant_is_looked_up(
    providers: Providers, api: Client, client: Any
) -> None:
    reads: list[Any] = []
    talk = chat(Client("acme"))
    before(wiring.dynamodb(), lambda request: reads.append(request.parameters), "GetItem")
    assert talk.say().status == 200
    assert reads
    assert not [params for params in reads if params["Key"]["sk"]["S"] == "PROVIDERS"]
    refused = put(api, "acme", ACME_KEY)
    assert (refused.status, refused.json["code"]) == (400, "unsupported")


def test_a_tenants_key_is_in_no_answer_no_log_and_no_item(
    own: Upstream,
    admin: Client,
    acme: Chat,
    globex: Chat,
    capsys: pytest.CaptureFixture[str],
    client: Any,
    table_name: str,
    parameter_store: Any,
) -> None:
    logger.setLevel("DEBUG")
    with captured() as log:
        seen = [put(admin, "acme", ACME_KEY, endpoint=own.url).text]
        for reply in (refusal(401), refusal(500), refusal(400, f"no_{ACME_KEY}")):
            reply.body["error"]["message"] = f"Incorrect API key provided: {ACME_KEY}"
            own.default = reply
            seen += [acme.say().text, globex.say().text]
            asked = {"model": PRIMARY, "messages": [{"role": "user", "content": "Hi"}]}
            seen += [acme.api("chat_completions", asked).text]
        seen += [acme.api(folder).text for folder in ("providers", "health", "list_models", "list_agents")]
        seen += [admin("list_tenant_providers", tenant="acme").text]
        seen += [acme.api("explain_route", {"content": "Hi"}, agentId=acme.agent_id).text]
        seen += [put(admin, "acme", ACME_KEY, endpoint="https://10.0.0.1").text, put(admin, "Acme", ACME_KEY).text]
    logger.setLevel("INFO")
    assert sent_key(own) == ACME_KEY  # it was in use
    items = client.call("Scan", TableName=table_name)["Items"]
    names = [one["Name"] for one in parameter_store.describe_parameters()["Parameters"]]
    written = log.getvalue() + "".join(capsys.readouterr())  # metrics go to standard output
    assert "a tenant's key was stored" in written
    for text in (*seen, str(items), str(names), written):
        assert ACME_KEY not in text
        assert OPENAI_KEY not in text
        assert GEMINI_KEY not in text
