"""The composition root: builds each object that a function needs once per process, when it is first used.

The imports are inside the builders, so that a function loads only what it uses. A function that calls no provider
imports neither httpx nor an adapter, and one that reads no configuration imports no YAML.
"""

import os
from typing import TYPE_CHECKING

from agentos.domain.callers import DEFAULT_TENANT, tenant_name
from agentos.kernel.clock import Clock
from agentos.kernel.once import once

if TYPE_CHECKING:
    from agentos.api.access_control import AccessControl
    from agentos.api.callers import Callers
    from agentos.domain.requests import CompletionRequest
    from agentos.providers.http_client import HttpClient
    from agentos.providers.transport import HttpTransport
    from agentos.providers.upstream import UpstreamClient
    from agentos.routing.execute import Executor
    from agentos.routing.health import Health
    from agentos.routing.latency import Latencies
    from agentos.services.agent_writer import AgentWriter
    from agentos.services.agents import Agents
    from agentos.services.api_keys import ApiKeys
    from agentos.services.background_turns import BackgroundTurns
    from agentos.services.background_worker import BackgroundWorker, DeadLetters
    from agentos.services.budget_preview import BudgetPreview
    from agentos.services.budgets import Budgets
    from agentos.services.completions import Completions
    from agentos.services.conversations import Conversations
    from agentos.services.door_agents import DoorAgents
    from agentos.services.earlier_spending import EarlierSpending
    from agentos.services.explanations import Explanations
    from agentos.services.known_budgets import KnownBudgets
    from agentos.services.late_settlement import LateSettlement
    from agentos.services.leases import Leases
    from agentos.services.preparation import Preparation
    from agentos.services.provider_catalog import ProviderCatalog
    from agentos.services.recosting import Recosting
    from agentos.services.request_rates import RequestRates
    from agentos.services.response_agents import ResponseAgents
    from agentos.services.response_histories import ResponseHistories
    from agentos.services.response_turns import ResponseTurns
    from agentos.services.responses import Responses
    from agentos.services.sessions import Sessions
    from agentos.services.simulation import Simulator
    from agentos.services.spending import Spending
    from agentos.services.tenant_providers import TenantProviderKeys
    from agentos.services.token_counting import TokenCounting
    from agentos.services.turns import Turns
    from agentos.services.usage_recorder import UsageRecorder
    from agentos.services.usage_reports import UsageReports
    from agentos.services.what_if import WhatIf
    from agentos.settings.loading import Settings
    from agentos.settings.secrets import ParameterStore
    from agentos.settings.tenant_keys import TenantKeys
    from agentos.settings.tenant_secrets import TenantSecrets
    from agentos.store.agents import AgentStore
    from agentos.store.api_keys import ApiKeyStore
    from agentos.store.background_turns import BackgroundTurnStore
    from agentos.store.budgets import BudgetStore
    from agentos.store.circuits import Circuits
    from agentos.store.completion_records import CompletionRecords
    from agentos.store.deletion import Deletion
    from agentos.store.dynamodb import Table
    from agentos.store.lanes import LaneStore
    from agentos.store.queue import Queue
    from agentos.store.responses import ResponseStore
    from agentos.store.sessions import SessionStore
    from agentos.store.tenant_providers import TenantProviderStore
    from agentos.store.transport.messages import AwsClient
    from agentos.store.turns import TurnStore
    from agentos.store.usage import UsageStore
    from agentos.store.usage_totals import UsageTotals


@once
def clock() -> Clock:
    return Clock()


@once
def settings() -> "Settings":
    from agentos.domain.prices import moment
    from agentos.kernel.logs import logger
    from agentos.settings.loading import load_settings

    loaded = load_settings(os.environ, parameters(), tenant_keys())
    if warning := loaded.price_warning(moment(clock().time())):
        logger.warning(warning)
    return loaded


def _readable(path: str | None) -> str | None:
    """The path of parameters. None without one, and under sam local, which has no parameter store."""
    return None if os.environ.get("AWS_SAM_LOCAL") == "true" else path or None


@once
def parameters() -> "ParameterStore | None":
    """The stored keys of a deployed stack. None where there is no parameter store."""
    from agentos.settings.secrets import ParameterStore

    path = _readable(os.environ.get("PROVIDER_PARAMETERS"))
    if path is None:
        return None
    return ParameterStore(ssm(), path, clock(), decrypt=os.environ.get("PROVIDER_KEYS") != "names")


@once
def ssm() -> "AwsClient":
    from agentos.store.transport.connect import connect
    from agentos.store.transport.services import SSM

    return connect(os.environ.get("AWS_ENDPOINT_URL_SSM") or None, service=SSM)


@once
def tenant_secrets() -> "TenantSecrets | None":
    """Where tenants' own keys are. None where there is no parameter store."""
    from agentos.settings.tenant_secrets import TenantSecrets

    path = _readable(os.environ.get("TENANT_PARAMETERS"))
    return None if path is None else TenantSecrets(ssm(), path)


@once
def tenant_keys() -> "TenantKeys | None":
    """None where tenants can bring no keys of their own."""
    from agentos.settings.tenant_keys import TenantKeys

    if _readable(os.environ.get("TENANT_PARAMETERS")) is None:
        return None
    secrets = None if os.environ.get("PROVIDER_KEYS") == "names" else tenant_secrets()
    return TenantKeys(lambda tenant: tenant_provider_store().of(tenant), secrets, clock())


@once
def tenant_provider_store() -> "TenantProviderStore":
    from agentos.store.tenant_providers import TenantProviderStore

    return TenantProviderStore(table())


@once
def tenant_provider_keys() -> "TenantProviderKeys":
    from agentos.services.tenant_providers import TenantProviderKeys

    return TenantProviderKeys(tenant_provider_store(), tenant_secrets(), settings(), clock())


@once
def dynamodb() -> "AwsClient":
    from agentos.store.transport.connect import connect

    return connect(os.environ.get("AWS_ENDPOINT_URL_DYNAMODB") or None)


@once
def access_control() -> "AccessControl":
    """What every endpoint asks. The callers are built when a route is not open."""
    from agentos.api.access_control import AccessControl
    from agentos.api.cors import Origins

    return AccessControl(callers, Origins.of(os.environ.get("CORS_ORIGINS", "")))


@once
def callers() -> "Callers":
    """Tells who sent a request, as AUTH_MODE says. Without it, a key is asked for. Raises ConfigError."""
    from agentos.api.callers import KeyCallers, OpenCallers, SignedCallers, TokenCallers
    from agentos.kernel.errors import ConfigError

    mode = os.environ.get("AUTH_MODE") or "keys"
    if mode == "keys":
        from agentos.services.api_keys import KeyChecker

        return KeyCallers(KeyChecker(api_key_store(), clock()), request_rates())
    if mode == "iam":
        try:
            return SignedCallers(tenant_name(os.environ.get("IAM_TENANT") or DEFAULT_TENANT))
        except ValueError as error:
            raise ConfigError(f"IAM_TENANT: {error}") from None
    if mode == "jwt":
        from agentos.services.tokens import TokenChecker, published_keys

        issuer = settings().access.issuer()
        return TokenCallers(TokenChecker(issuer, published_keys(issuer)))
    if mode == "none":
        return OpenCallers()
    raise ConfigError(f"AUTH_MODE: {mode!r} is none of keys, jwt, iam, none")


@once
def api_key_store() -> "ApiKeyStore":
    from agentos.store.api_keys import ApiKeyStore

    return ApiKeyStore(table(), clock())


@once
def request_rates() -> "RequestRates":
    from agentos.services.request_rates import RequestRates
    from agentos.store.request_rates import RequestRateStore

    return RequestRates(RequestRateStore(table(), clock()), clock())


@once
def api_keys() -> "ApiKeys":
    from agentos.services.api_keys import ApiKeys

    return ApiKeys(api_key_store(), clock())


@once
def table() -> "Table":
    from agentos.store.dynamodb import Table

    return Table(dynamodb(), os.environ["TABLE_NAME"])


@once
def agent_store() -> "AgentStore":
    from agentos.store.agents import AgentStore

    return AgentStore(table(), clock())


@once
def session_store() -> "SessionStore":
    from agentos.store.sessions import SessionStore

    return SessionStore(table(), clock())


@once
def deletion() -> "Deletion":
    from agentos.store.deletion import Deletion

    return Deletion(table(), clock())


@once
def agents() -> "Agents":
    from agentos.domain import Agent
    from agentos.services.agents import Agents

    Agent.model_rebuild()  # its first use would
    return Agents(agent_store())


@once
def agent_writer() -> "AgentWriter":
    from agentos.domain import Agent
    from agentos.services.agent_writer import AgentWriter

    Agent.model_rebuild()  # its first use would
    return AgentWriter(agent_store(), settings(), clock())


@once
def sessions() -> "Sessions":
    from agentos.services.sessions import Sessions
    from agentos.store.forks import ForkStore

    return Sessions(agent_store(), session_store(), ForkStore(table(), clock()), clock())


@once
def provider_catalog() -> "ProviderCatalog":
    from agentos.services.provider_catalog import ProviderCatalog

    return ProviderCatalog(settings(), health().not_closed, clock())


@once
def circuits() -> "Circuits":
    from agentos.routing.health import circuit_recorder
    from agentos.store.circuits import Circuits

    return Circuits(dynamodb(), os.environ["TABLE_NAME"], circuit_recorder(settings()))


@once
def health() -> "Health":
    from agentos.routing.health import Health

    return Health(circuits(), settings(), clock())


@once
def latencies() -> "Latencies":
    from agentos.routing.latency import Latencies
    from agentos.store.latencies import LatencyStore

    return Latencies(LatencyStore(table(), clock()), clock())


@once
def turn_store() -> "TurnStore":
    from agentos.store.recent_messages import RecentMessages
    from agentos.store.turns import TurnStore

    return TurnStore(table(), clock(), RecentMessages())


@once
def leases() -> "Leases":
    from agentos.services.leases import Leases
    from agentos.store.leases import LeaseStore

    return Leases(LeaseStore(table(), clock()), completion_records(), settings().limits.lease_seconds, clock())


def release_leases() -> None:
    """Give back the leases of all turns and completions that run. A host calls it when it ends on a signal."""
    if running := leases.existing:
        running.release_all()


@once
def preparation() -> "Preparation":
    from agentos.routing.stats import Stats
    from agentos.services.preparation import Preparation
    from agentos.services.pseudonyms import Pseudonyms

    pseudonyms = Pseudonyms(os.environ.get("PSEUDONYM_KEY") or "local")
    return Preparation(turn_store(), Stats(health(), latencies()).of, settings(), pseudonyms, clock())


@once
def explanations() -> "Explanations":
    from agentos.services.explanations import Explanations

    return Explanations(agent_store(), session_store(), preparation(), budget_preview(), settings())


@once
def budget_preview() -> "BudgetPreview":
    from agentos.services.budget_preview import BudgetPreview

    return BudgetPreview(known_budgets(), lanes(), settings().limits, clock())


@once
def http_client() -> "HttpClient":
    return _http_client(settings().limits.reply_bytes)


@once
def public_http_client() -> "HttpClient":
    """For tenants' endpoints: it reaches public hosts alone."""
    return _http_client(settings().limits.reply_bytes, public=True)


def _http_client(reply_bytes: int, *, public: bool = False) -> "HttpClient":
    from agentos.providers.http_client import HttpClient

    stall_seconds = settings().limits.stream_stall_seconds
    if not public:
        return HttpClient(reply_bytes, stall_seconds=stall_seconds, clock=clock())
    from agentos.providers.public_network import public_connections

    return HttpClient(reply_bytes, public_connections(clock()), stall_seconds=stall_seconds)


def _transport(client: "HttpClient") -> "HttpTransport":
    """The HTTP client, which passes the trace on to providers if TRACE_PROVIDERS says so."""
    if os.environ.get("TRACE_PROVIDERS") != "true":
        return client
    from agentos.providers.traced import TracedTransport

    return TracedTransport(client)


@once
def upstream_client() -> "UpstreamClient":
    from agentos.providers.upstream import UpstreamClient

    return UpstreamClient(settings(), _transport(http_client()), lambda: _transport(public_http_client()))


def _executor(seconds: float | None) -> "Executor":
    """`seconds`: the timeout of every target, or None for the timeout of its provider."""
    from agentos.routing.call import AttemptRunner
    from agentos.routing.execute import Executor
    from agentos.services.first_turn import load_ahead

    load_ahead(settings())
    upstream = upstream_client()
    attempts = AttemptRunner(upstream.call, health(), latencies(), clock())
    timeout_of = upstream.timeout_of if seconds is None else lambda _: seconds
    return Executor(attempts, health(), timeout_of, settings().limits, clock())


@once
def embedding_executor() -> "Executor":
    """As the others, for embeddings. Their replies are longer than any text."""
    from agentos.providers.embeddings import REPLY_BYTES
    from agentos.providers.upstream import UpstreamClient
    from agentos.routing.call import AttemptRunner
    from agentos.routing.execute import Executor

    client = once(lambda: _http_client(REPLY_BYTES, public=True))
    upstream = UpstreamClient(settings(), _transport(_http_client(REPLY_BYTES)), lambda: _transport(client()))
    attempts = AttemptRunner(upstream.embed, health(), latencies(), clock())
    return Executor(attempts, health(), upstream.timeout_of, settings().limits, clock())


def keep_alive_seconds() -> float:
    """Seconds without an event after which a stream gets a comment; 0 for none."""
    return settings().limits.keep_alive_seconds


@once
def executor() -> "Executor":
    return _executor(None)


@once
def simulator() -> "Simulator":
    from agentos.services.simulation import Simulator

    return Simulator(settings())


@once
def usage_store() -> "UsageStore":
    from agentos.store.usage import UsageStore

    return UsageStore(table(), settings().limits.usage_record_days)


@once
def usage_totals() -> "UsageTotals":
    from agentos.store.usage_totals import UsageTotals

    return UsageTotals(table())


@once
def usage_reports() -> "UsageReports":
    from agentos.services.usage_reports import UsageReports

    return UsageReports(usage_store(), usage_totals(), clock())


@once
def recosting() -> "Recosting":
    from agentos.services.recosting import Recosting

    return Recosting(usage_store(), settings(), clock())


@once
def usage_recorder() -> "UsageRecorder":
    from agentos.services.usage_recorder import UsageRecorder

    return UsageRecorder(usage_store(), clock())


@once
def lanes() -> "LaneStore":
    from agentos.domain.budgets import Cost
    from agentos.store.lanes import LaneStore

    def cost_of(tenant: str, turn_id: str) -> Cost | None:
        record = usage_store().find(tenant, turn_id)
        return record.cost if record else None

    return LaneStore(table(), cost_of, clock())


@once
def budget_store() -> "BudgetStore":
    from agentos.store.budgets import BudgetStore

    return BudgetStore(table(), lanes(), clock())


@once
def earlier_spending() -> "EarlierSpending":
    from agentos.services.earlier_spending import EarlierSpending

    return EarlierSpending(usage_store(), lanes(), budget_store(), settings().limits, clock())


@once
def budgets() -> "Budgets":
    from agentos.services.budgets import Budgets

    return Budgets(budget_store(), lanes(), api_key_store(), earlier_spending(), clock())


@once
def late_settlement() -> "LateSettlement":
    from agentos.services.late_settlement import LateSettlement

    return LateSettlement(lanes())


@once
def known_budgets() -> "KnownBudgets":
    from agentos.services.known_budgets import KnownBudgets

    return KnownBudgets(budget_store(), clock())


@once
def spending() -> "Spending":
    from agentos.services.spending import Spending

    return Spending(known_budgets(), lanes(), earlier_spending().catch_up, settings().limits, clock())


@once
def turns() -> "Turns":
    from agentos.services.turns import Turns

    return Turns(
        agent_store(),
        turn_store(),
        leases(),
        preparation(),
        executor(),
        usage_recorder(),
        spending(),
        settings(),
        clock(),
    )


@once
def completion_records() -> "CompletionRecords":
    from agentos.store.completion_records import CompletionRecords

    return CompletionRecords(table(), clock())


@once
def door_agents() -> "DoorAgents":
    from agentos.services.door_agents import DoorAgents

    return DoorAgents(agent_store(), settings())


@once
def token_counting() -> "TokenCounting":
    from agentos.services.token_counting import TokenCounting

    return TokenCounting(door_agents(), preparation(), upstream_client().count)


@once
def completions() -> "Completions[CompletionRequest]":
    from agentos.services.completions import Completions

    records = completion_records()
    return Completions(
        door_agents(), records, leases(), preparation(), executor(), usage_recorder(), spending(), settings(), clock()
    )


@once
def response_store() -> "ResponseStore":
    from agentos.store.responses import ResponseStore

    return ResponseStore(table(), clock())


@once
def response_agents() -> "ResponseAgents":
    from agentos.services.response_agents import ResponseAgents

    return ResponseAgents(agent_store(), session_store(), clock())


@once
def response_turns() -> "ResponseTurns":
    from agentos.services.response_turns import ResponseTurns
    from agentos.store.forks import ForkStore

    forks = ForkStore(table(), clock())
    stores = session_store(), forks, response_store(), turn_store()
    return ResponseTurns(door_agents(), response_agents(), *stores, turns(), clock())


@once
def response_histories() -> "ResponseHistories":
    from agentos.services.response_histories import ResponseHistories

    return ResponseHistories(response_agents(), session_store(), response_store(), settings().limits)


@once
def responses() -> "Responses":
    from agentos.services.responses import Responses

    seconds = settings().limits.background_turn_seconds
    return Responses(response_store(), background_turn_store(), seconds, clock())


@once
def conversations() -> "Conversations":
    from agentos.services.conversations import Conversations, ConversationStores
    from agentos.store.session_changes import SessionChanges

    stores = ConversationStores(session_store(), SessionChanges(table(), clock()), response_store())
    return Conversations(response_agents(), stores, clock())


@once
def what_if() -> "WhatIf":
    from agentos.services.completions import Completions
    from agentos.services.what_if import PastAgents, PastPreparation, WhatIf
    from agentos.store.past_turns import PastTurns

    records, usage, past = completion_records(), usage_recorder(), PastPreparation(preparation())
    completions = Completions(PastAgents(), records, leases(), past, executor(), usage, spending(), settings(), clock())
    turns = PastTurns(table(), settings().limits.history_messages)
    return WhatIf(agent_store(), session_store(), turns, completions, settings())


@once
def embedding_completions() -> "Completions[CompletionRequest]":
    """Completions whose answers are embeddings."""
    from agentos.routing.stats import Stats
    from agentos.services.completions import Completions
    from agentos.services.embedding_preparation import EmbeddingPreparation

    preparation = EmbeddingPreparation(Stats(health(), latencies()).of, settings())
    records, usage, asked = completion_records(), usage_recorder(), embedding_executor()
    return Completions(door_agents(), records, leases(), preparation, asked, usage, spending(), settings(), clock())


@once
def sqs() -> "AwsClient":
    from agentos.store.transport.connect import connect
    from agentos.store.transport.services import SQS

    return connect(os.environ.get("AWS_ENDPOINT_URL_SQS") or None, service=SQS)


@once
def queue() -> "Queue | None":
    """The queue of background turns. None without a URL: sam local passes the queue's logical name instead."""
    from agentos.store.queue import Queue

    url = os.environ.get("TURN_QUEUE_URL", "")
    return Queue(sqs(), url) if url.startswith("http") else None


@once
def background_turn_store() -> "BackgroundTurnStore":
    from agentos.store.background_turns import BackgroundTurnStore

    return BackgroundTurnStore(table(), clock())


@once
def background_turns() -> "BackgroundTurns":
    from agentos.services.background_turns import BackgroundTurns

    seconds = settings().limits.background_turn_seconds
    return BackgroundTurns(session_store(), background_turn_store(), turn_store(), queue(), seconds, clock())


@once
def background_worker() -> "BackgroundWorker":
    from agentos.services.background_turns import TurnClock
    from agentos.services.background_worker import BackgroundWorker
    from agentos.services.turns import Turns

    patient = _executor(settings().limits.long_turn_seconds)
    usage, configured = usage_recorder(), settings()
    turns = Turns(
        agent_store(), turn_store(), leases(), preparation(), patient, usage, spending(), configured, clock(), long=True
    )
    times = TurnClock(settings().limits.background_turn_seconds, clock())
    return BackgroundWorker(background_turn_store(), turn_store(), turns, queue(), times, clock())


@once
def dead_letters() -> "DeadLetters":
    from agentos.services.background_worker import DeadLetters

    return DeadLetters(background_turn_store(), turn_store())
