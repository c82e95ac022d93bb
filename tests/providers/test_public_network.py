"""Tenants' endpoints over real sockets and TLS: only addresses that were checked are connected to."""

import datetime
import socket
import ssl
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.http_client import HttpClient
from agentos.providers.network import Resolver, dial, resolve
from agentos.providers.public_network import public_connections
from agentos.providers.transport import HttpRequest
from tests.providers.calls import BOUND, TIMEOUT, in_time
from tests.support.loopback import Loopback

NAME = "provider.example"
PUBLIC, OTHER_PUBLIC = "93.184.215.14", "2606:4700:4700::1111"


class Certificate:
    """A self-signed one for a name, and the contexts of both sides."""

    def __init__(self, folder: Path, name: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        signed = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        self._file = folder / f"{name}.pem"
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self._file.write_bytes(private + signed.public_bytes(pem))

    @property
    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._file)
        return context

    @property
    def client(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self._file))


class TlsServer(Loopback):
    """Notes every connection, the name that TLS asked for, and the `Host` of every request."""

    def __init__(self, certificate: Certificate) -> None:
        self._certificate = certificate
        self.connections = 0
        self.names: list[str | None] = []
        self.hosts: list[str | None] = []

    def __enter__(self) -> "TlsServer":
        super().__enter__()
        context = self._certificate.server
        context.sni_callback = lambda _, name, __: self.names.append(name)
        self._context = context
        return self

    def handler(self, connection: Any, *rest: Any) -> BaseHTTPRequestHandler:
        self.connections += 1
        wrapped = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return _Handler(self, wrapped, *rest)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, server: TlsServer, connection: ssl.SSLSocket, *rest: Any) -> None:
        self._server = server
        with connection:
            super().__init__(connection, *rest)

    def do_POST(self) -> None:
        self._server.hosts.append(self.headers["host"])
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


class Names:
    """A resolver whose answers are scripted; the last one stays."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


class Internet:
    """Stands for the internet: every address but those that are dead leads to a server on loopback."""

    def __init__(self, port: int, dead: Sequence[str] = ()) -> None:
        self._port = port
        self._dead = dead
        self.connected: list[str] = []

    def __call__(self, address: str, port: int, seconds: float) -> socket.socket:
        self.connected.append(address)
        if address in self._dead:
            raise ConnectionRefusedError("dead")
        return dial("127.0.0.1", self._port, seconds)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate(tmp_path_factory.mktemp("certificates"), NAME)


@pytest.fixture
def server(certificate: Certificate) -> Iterator[TlsServer]:
    with TlsServer(certificate) as server:
        yield server


def client(resolver: Resolver, internet: Internet, certificate: Certificate) -> HttpClient:
    return HttpClient(BOUND, public_connections(None, resolver, internet, certificate.client))


def post(http: HttpClient, url: str = f"https://{NAME}/v1") -> bytes:
    body: bytes = in_time(lambda: http.send(HttpRequest(url, {}, b"{}"), TIMEOUT).body)
    return body


def failure(http: HttpClient, url: str = f"https://{NAME}/v1") -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        post(http, url)
    return caught.value


def test_the_connection_goes_to_the_checked_address_and_tls_and_host_keep_the_name(
    server: TlsServer, certificate: Certificate
) -> None:
    names, internet = Names([PUBLIC]), Internet(server.port)
    http = client(names, internet, certificate)
    assert post(http) == b"ok"
    assert (names.asked, internet.connected) == ([(NAME, 443)], [PUBLIC])
    assert (server.names, server.hosts) == ([NAME], [NAME])
    assert post(http) == b"ok"  # over the same connection
    assert (len(names.asked), server.connections) == (1, 1)
    http.close()


def test_the_certificate_must_be_for_the_name(server: TlsServer, certificate: Certificate) -> None:
    internet = Internet(server.port)
    http = client(Names([PUBLIC]), internet, certificate)
    failed = failure(http, "https://other.example/v1")
    assert failed.error_class is ErrorClass.CONNECT
    assert (server.names, server.hosts) == (["other.example"], [])
    http.close()


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["10.0.0.1"],
        ["::1"],
        ["fe80::1%eth0"],
        ["::ffff:127.0.0.1"],
        [PUBLIC, "127.0.0.1"],
        ["127.0.0.1", PUBLIC],
        [OTHER_PUBLIC, "fd00:ec2::254"],
        [],
    ],
)
def test_a_name_with_an_address_that_is_not_public_is_not_connected_to(
    addresses: list[str], server: TlsServer, certificate: Certificate
) -> None:
    internet = Internet(server.port)
    http = client(Names(addresses), internet, certificate)
    failed = failure(http)
    assert (failed.error_class, failed.reason) == (ErrorClass.CONNECT, "NotPublicError")
    assert (internet.connected, server.connections) == ([], 0)
    http.close()


def test_a_name_that_leads_elsewhere_at_its_second_look_up_leads_nowhere(
    server: TlsServer, certificate: Certificate
) -> None:
    names, internet = Names([PUBLIC], ["127.0.0.1"]), Internet(server.port)
    first, second = (client(names, internet, certificate) for _ in range(2))
    assert post(first) == b"ok"
    assert internet.connected == [PUBLIC]  # the name was looked up once for it, and not again to connect
    assert failure(second).reason == "NotPublicError"
    assert (internet.connected, server.connections) == ([PUBLIC], 1)
    for http in (first, second):
        http.close()


def test_an_address_that_does_not_answer_is_followed_by_the_next(server: TlsServer, certificate: Certificate) -> None:
    internet = Internet(server.port, dead=[PUBLIC])
    http = client(Names([PUBLIC, PUBLIC, OTHER_PUBLIC]), internet, certificate)
    assert post(http) == b"ok"
    assert internet.connected == [PUBLIC, OTHER_PUBLIC]
    http.close()


def test_the_systems_resolver_is_asked_and_a_literal_is_checked_as_well(
    server: TlsServer, certificate: Certificate
) -> None:
    internet = Internet(server.port)
    http = client(resolve, internet, certificate)
    for host in ("localhost", "127.0.0.1", "[::1]"):
        assert failure(http, f"https://{host}:{server.port}/v1").reason == "NotPublicError"
    assert (internet.connected, server.connections) == ([], 0)
    http.close()


def test_the_resolver_gives_addresses_of_ipv4_first() -> None:
    assert "127.0.0.1" in resolve("localhost", 443)[:1]


def test_no_proxy_of_the_environment_is_used(
    server: TlsServer, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    internet = Internet(server.port)
    http = client(Names([PUBLIC]), internet, certificate)
    assert post(http) == b"ok"
    http.close()
