"""Where a service is, where the environment says so plainly."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

_USUAL_REGION = re.compile(r"(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+")
"""Regions whose endpoints end in `amazonaws.com`: the partition `aws` in botocore's partitions.json."""

_OTHER_ENDPOINTS = ("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Endpoint(NamedTuple):
    """An http or https URL, and the region that requests are signed for."""

    url: str
    region: str


def usual_endpoint(given: str | None, environment: Mapping[str, str], service: str) -> Endpoint | None:
    """The service's endpoint: the one `given`, the environment's, or the region's.

    None where it depends on settings that only botocore reads: a configuration file, FIPS, dual stack, an account's own
    endpoint, another partition, a proxy.
    """
    region = environment.get("AWS_DEFAULT_REGION") or environment.get("AWS_REGION")
    if not region:
        return None
    url = given or _configured(environment, service) or _of_region(region, environment, service)
    return Endpoint(url, region) if url and not _is_behind_proxy(url, environment) else None


def _configured(environment: Mapping[str, str], service: str) -> str | None:
    if _is_true(environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")):
        return None
    return environment.get(f"AWS_ENDPOINT_URL_{service.upper()}") or environment.get("AWS_ENDPOINT_URL") or None


def _of_region(region: str, environment: Mapping[str, str], service: str) -> str | None:
    unusual = (
        not _USUAL_REGION.fullmatch(region)
        or any(_is_true(environment.get(name)) for name in _OTHER_ENDPOINTS)
        or environment.get("AWS_ACCOUNT_ID_ENDPOINT_MODE") == "required"
        or Path(environment.get("AWS_CONFIG_FILE") or "~/.aws/config").expanduser().exists()
    )
    return None if unusual else f"https://{service}.{region}.amazonaws.com"


def _is_behind_proxy(url: str, environment: Mapping[str, str]) -> bool:
    parts = urlsplit(url)
    name = f"{parts.scheme}_proxy"
    return parts.hostname not in _LOOPBACK and bool(environment.get(name) or environment.get(name.upper()))


def _is_true(text: str | None) -> bool:
    return (text or "").lower() == "true"
