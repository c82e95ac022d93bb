"""Which endpoints a tenant may name: https URLs of public hosts, so that nobody reaches a network behind this service.

A URL is read by a grammar of its own that is narrower than any client's. So no spelling means one host here and another
one to the HTTP client. A name says nothing of its address: `providers/public_network.py` checks that when it connects.
"""

import re
from collections.abc import Sequence
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_ENDPOINT = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})"
    r"(?::(?P<port>[0-9]{1,5}))?(?:/[a-z0-9._~!$&'()*+,;=:@%/-]*)?",
    re.I | re.ASCII,
)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

MAX_ENDPOINT = 512
"""Characters."""

_UNICAST = IPv6Network("2000::/3")
"""All public IPv6 addresses. https://www.iana.org/assignments/ipv6-address-space/ipv6-address-space.xhtml"""
_TUNNELS = (IPv6Network("2001::/32"), IPv6Network("2002::/16"))
"""Teredo and 6to4, which lead to the IPv4 address that they hold."""
_NAT64 = IPv6Network("64:ff9b::/96")
"""What DNS64 makes of the IPv4 address of a host without IPv6 (RFC 6052). A network of IPv6 alone needs it."""
_SPECIAL = (IPv4Network("168.63.129.16/32"), IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
"""Besides what the standard library knows. The first is Azure's platform address, the second is for protocols and has
Oracle's metadata in it, the third led to relays of 6to4.
https://learn.microsoft.com/en-us/azure/virtual-network/what-is-ip-address-168-63-129-16
https://www.iana.org/assignments/iana-ipv4-special-registry/iana-ipv4-special-registry.xhtml"""


def endpoint_problem(endpoint: str, allowed: Sequence[str] = ()) -> str | None:
    """What is wrong with the endpoint; None where a tenant may name it.

    `allowed` are patterns of hosts, in which `*` is any text. A host that one of them matches may be any, public or
    not, and its endpoint may begin with http.
    """
    found = _ENDPOINT.fullmatch(endpoint) if len(endpoint) <= MAX_ENDPOINT else None
    if found is None:
        return "must be a URL of ASCII such as https://api.example.com/v1, without credentials, query and fragment"
    if found["port"] is not None and not 1 <= int(found["port"]) <= 65535:
        return "has a port that does not exist"
    scheme, host = found["scheme"].lower(), found["host"].lower()
    if is_allowed(host, allowed):
        return None
    if scheme != "https":
        return "must begin with https://"
    return _host_problem(host)


def is_allowed(host: str, allowed: Sequence[str]) -> bool:
    """Whether one of the patterns matches the whole host. An IPv6 address counts without its brackets."""
    name = host.lower().strip("[]")
    return any(re.fullmatch(".*".join(map(re.escape, one.lower().strip("[]").split("*"))), name) for one in allowed)


def host_of(endpoint: str) -> str:
    """The host of an endpoint that has no problem, in lower case."""
    found = _ENDPOINT.fullmatch(endpoint)
    return found["host"].lower() if found else ""


def is_public(address: str) -> bool:
    """Whether everybody can reach the IP address, so that it leads into no private network and to no metadata."""
    try:
        ip = ip_address(address)
    except ValueError:  # such as fe80::1%eth0
        return False
    if isinstance(ip, IPv6Address):
        if ip in _NAT64:
            return is_public(str(IPv4Address(int(ip) & 0xFFFF_FFFF)))
        if ip not in _UNICAST or any(ip in network for network in _TUNNELS):
            return False
    elif any(ip in network for network in _SPECIAL):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _host_problem(host: str) -> str | None:
    if host.startswith("["):
        try:
            return None if is_public(str(IPv6Address(host[1:-1]))) else _NOT_PUBLIC
        except AddressValueError:
            return "has no IPv6 address in its brackets"
    *others, last = host.split(".")
    if _NUMBER.fullmatch(last):  # resolvers take it for an IPv4 address: 127.1, 2130706433, 0x7f000001, 0177.0.0.1
        try:
            return None if is_public(str(IPv4Address(host))) else _NOT_PUBLIC
        except AddressValueError:
            return "has an IPv4 address that is not written as four decimal numbers"
    if not all(_LABEL.fullmatch(label) for label in (*others, last)):
        return "has a host that is no name, or one that ends in a dot"
    if not others or last in ("localhost", "local", "internal"):
        return _NOT_PUBLIC
    return None


_NOT_PUBLIC = "must have a public host (access.providerHosts says which others are allowed)"
