"""Which endpoints a tenant may name, and which addresses are public."""

import pytest

from agentos.domain.endpoints import MAX_ENDPOINT, endpoint_problem, host_of, is_public

PUBLIC = [
    "https://api.openai.com",
    "https://api.openai.com/",
    "https://api.openai.com/v1",
    "HTTPS://API.OpenAI.com/v1/",
    "https://api.openai.com:8443/v1",
    "https://acme.openai.azure.com/openai/v1/deployments/a.b_c~d",
    "https://xn--bcher-kva.example/v1",
    "https://8.8.8.8/v1",
    "https://[2606:4700:4700::1111]/v1",
    "https://[2606:4700:4700::1111]:8443",
    "https://1password.com",
    "https://0x.example",  # no number, since its last label is none
]


@pytest.mark.parametrize("endpoint", PUBLIC)
def test_a_public_https_endpoint_is_taken(endpoint: str) -> None:
    assert endpoint_problem(endpoint) is None


NO_URL = [
    "",
    "api.openai.com",
    "//api.openai.com",
    "ftp://api.openai.com",
    "file:///etc/passwd",
    "https://",
    "https:///v1",
    "https:/api.openai.com",
    "https:api.openai.com",
    " https://api.openai.com",
    "https://api.openai.com ",
    "https://api.openai.com/v1\n",
    "https://api.openai.com\t/v1",
    "https://api.openai.com\\@10.0.0.1/",
    "https://api.openai.com\\.example.org",
    "https://user@api.openai.com",
    "https://user:password@api.openai.com",
    "https://api.openai.com@10.0.0.1",
    "https://@10.0.0.1",
    "https://api.openai.com?x=1",
    "https://api.openai.com/v1?x=1",
    "https://api.openai.com/v1#x",
    "https://api.openai.com#@10.0.0.1",
    "https://api.openai.com:",
    "https://api.openai.com:port",
    "https://api.openai.com:+443",
    "https://api.openai.com:443:443",
    "https://b\u00fccher.example",
    "https://\u2460\u2461\u2466.0.0.1",  # circled digits, which some clients fold to 127.0.0.1
    "https://api\u3002openai.com",
    "https://api.openai.com/\u00fc",
    "https://api%2eopenai.com",
    "https://[::1",
    "https://::1]",
    "https://2606:4700:4700::1111/v1",
    "https://[fe80::1%25eth0]/v1",
    "https://[fe80::1%eth0]/v1",
    "https://[v1.a]/v1",
    f"https://api.openai.com/{'a' * MAX_ENDPOINT}",
    "https://{region}.example.com",
]


@pytest.mark.parametrize("endpoint", NO_URL)
def test_what_is_no_plain_url_is_refused(endpoint: str) -> None:
    assert "must be a URL of ASCII" in (endpoint_problem(endpoint) or "")
    assert "must be a URL of ASCII" in (endpoint_problem(endpoint, ["*"]) or "")


PRIVATE = [
    "https://localhost",
    "https://LOCALHOST:8443/v1",
    "https://a.localhost",
    "https://printer.local",
    "https://metadata.google.internal",
    "https://intranet",
    "https://0.0.0.0",
    "https://10.0.0.1",
    "https://100.64.0.1",
    "https://100.100.100.200",
    "https://127.0.0.1",
    "https://127.255.255.254",
    "https://168.63.129.16",
    "https://169.254.169.254/latest/meta-data",
    "https://169.254.170.2",
    "https://172.16.0.1",
    "https://172.31.255.255",
    "https://192.0.0.192",
    "https://192.0.2.1",
    "https://192.88.99.1",
    "https://192.168.1.1",
    "https://198.18.0.1",
    "https://224.0.0.1",
    "https://239.255.255.250",
    "https://240.0.0.1",
    "https://255.255.255.255",
    "https://[::]",
    "https://[::1]",
    "https://[::ffff:127.0.0.1]",
    "https://[::ffff:8.8.8.8]",
    "https://[::ffff:a9fe:a9fe]",
    "https://[::127.0.0.1]",
    "https://[64:ff9b::169.254.169.254]",
    "https://[64:ff9b::a00:1]",
    "https://[64:ff9b:1::1]",
    "https://[100::1]",
    "https://[2001::1]",
    "https://[2001:db8::1]",
    "https://[2002:7f00:1::]",
    "https://[2002:808:808::]",
    "https://[fc00::1]",
    "https://[fd00:ec2::254]",
    "https://[fe80::1]",
    "https://[fec0::1]",
    "https://[ff02::1]",
]


@pytest.mark.parametrize("endpoint", PRIVATE)
def test_a_host_that_is_not_public_is_refused(endpoint: str) -> None:
    assert "must have a public host" in (endpoint_problem(endpoint) or "")


ODD = {
    "https://127.1": "four decimal numbers",
    "https://2130706433": "four decimal numbers",
    "https://0x7f000001": "four decimal numbers",
    "https://0x7f.0.0.1": "four decimal numbers",
    "https://127.0.0.0x1": "four decimal numbers",
    "https://0177.0.0.1": "four decimal numbers",
    "https://127.000.000.001": "four decimal numbers",
    "https://017700000001": "four decimal numbers",
    "https://256.256.256.256": "four decimal numbers",
    "https://1.2.3.4.5": "four decimal numbers",
    "https://example.123": "four decimal numbers",
    "https://example.0x": "four decimal numbers",
    "https://127.0.0.1.": "ends in a dot",
    "https://localhost.": "ends in a dot",
    "https://api.openai.com.": "ends in a dot",
    "https://.openai.com": "no name",
    "https://api..openai.com": "no name",
    "https://-api.openai.com": "no name",
    f"https://{'a' * 64}.example": "no name",
    "https://[1::2::3]": "no IPv6 address",
    "https://[127.0.0.1]": "no IPv6 address",
    "https://[....]": "no IPv6 address",
    "http://api.openai.com/v1": "must begin with https",
    "http://127.0.0.1": "must begin with https",
    "https://api.openai.com:0": "a port that does not exist",
    "https://api.openai.com:65536": "a port that does not exist",
    "https://api.openai.com:99999": "a port that does not exist",
}


@pytest.mark.parametrize("endpoint", ODD)
def test_an_odd_spelling_is_refused(endpoint: str) -> None:
    assert ODD[endpoint] in (endpoint_problem(endpoint) or "")


@pytest.mark.parametrize(
    ("endpoint", "patterns"),
    [
        ("http://localhost:1234/v1", ["localhost"]),
        ("http://LocalHost:1234/v1", ["localhost"]),
        ("https://localhost", ["LOCALHOST"]),
        ("http://127.0.0.1:9", ["127.0.0.1"]),
        ("http://[::1]:9", ["::1"]),
        ("http://[::1]:9", ["[::1]"]),
        ("http://models.corp.example/v1", ["other", "*.corp.example"]),
        ("http://10.1.2.3", ["10.*"]),
        ("http://127.1", ["*"]),
        ("http://my_model:8000", ["my_model"]),
    ],
)
def test_an_allowed_host_may_be_any_and_without_tls(endpoint: str, patterns: list[str]) -> None:
    assert endpoint_problem(endpoint, patterns) is None
    assert endpoint_problem(endpoint) is not None


@pytest.mark.parametrize(
    ("endpoint", "pattern"),
    [
        ("http://corp.example", "*.corp.example"),
        ("http://evilcorp.example", "*.corp.example"),
        ("http://models.corp.example.org", "*.corp.example"),
        ("http://127.1", "127.0.0.1"),
        ("http://0x7f000001", "127.0.0.1"),
        ("http://localhost.", "localhost"),
        ("http://localhostx", "localhost"),
        ("http://10x1", "10.1"),
        ("https://localhost:0", "*"),
    ],
)
def test_a_pattern_allows_nothing_else(endpoint: str, pattern: str) -> None:
    assert endpoint_problem(endpoint, [pattern]) is not None


def test_the_host_of_an_endpoint() -> None:
    assert host_of("https://API.openai.com:8443/v1") == "api.openai.com"
    assert host_of("http://[::1]:9/v1") == "[::1]"


@pytest.mark.parametrize("address", ["", "localhost", "fe80::1%eth0", "127.1", "64:ff9b::7f00:1", "::ffff:10.0.0.1"])
def test_what_is_no_public_address_is_none(address: str) -> None:
    assert not is_public(address)


def test_the_address_that_dns64_makes_of_a_public_one_is_public() -> None:
    assert is_public("64:ff9b::808:808")
