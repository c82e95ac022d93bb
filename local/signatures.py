"""API Gateway's check of IAM: whether a request is signed (AWS Signature Version 4), and by whom.

IAM policies are not imitated: the one pair of credentials may call every route.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.events import ACCOUNT_ID, HttpRequest

SERVICE = "execute-api"
FRESH = timedelta(minutes=5)
"""How far the time of a signature may be from now."""

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/,]+)/(?P<date>\d{8})/(?P<region>[a-z0-9-]+)/(?P<service>[a-z0-9-]+)/"
    r"aws4_request, *SignedHeaders=(?P<headers>[a-z0-9;-]+), *Signature=(?P<signature>[0-9a-f]{64})"
)
_REQUIRED = {"host", "x-amz-date"}


class Unsigned(Exception):
    """The request has no signature."""


class BadSignature(Exception):
    """The signature is not that of this request, is too old, or is made with unknown credentials."""


@dataclass(frozen=True)
class SignatureCheck:
    """Checks requests against one pair of credentials."""

    access_key: str
    secret_key: str

    def identity(self, request: HttpRequest, now: datetime | None = None) -> dict[str, str]:
        """What `requestContext.identity` then says of the sender. Raises Unsigned, BadSignature."""
        headers = {name.lower(): value for name, value in request.headers}
        if not headers.get("authorization", "").startswith("AWS4-HMAC-SHA256"):
            raise Unsigned
        found = _AUTHORIZATION.fullmatch(headers["authorization"])
        if found is None or found["key"] != self.access_key or found["service"] != SERVICE:
            raise BadSignature
        names, stamp = set(found["headers"].split(";")), headers.get("x-amz-date", "")
        if not _REQUIRED <= names <= headers.keys() or not _is_fresh(stamp, found["date"], now):
            raise BadSignature
        if headers.get("x-amz-content-sha256", digest := sha256(request.body).hexdigest()) != digest:
            raise BadSignature
        expected = self._signature(request, {name: headers[name] for name in names}, stamp, found["region"])
        if not hmac.compare_digest(expected, found["signature"]):
            raise BadSignature
        arn = f"arn:aws:iam::{ACCOUNT_ID}:user/local"
        user = {"caller": "local", "user": "local", "userArn": arn}
        return {"accessKey": self.access_key, "accountId": ACCOUNT_ID, **user}

    def _signature(self, request: HttpRequest, headers: dict[str, str], stamp: str, region: str) -> str:
        """The signature that the request should have, as botocore computes it."""
        query = f"?{request.query}" if request.query else ""
        again = AWSRequest(request.method, f"http://{headers['host']}{request.path}{query}", headers, request.body)
        again.context["timestamp"] = stamp
        auth = SigV4Auth(Credentials(self.access_key, self.secret_key), SERVICE, region)
        return str(auth.signature(auth.string_to_sign(again, auth.canonical_request(again)), again))


def _is_fresh(stamp: str, date: str, now: datetime | None) -> bool:
    try:
        signed = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return stamp.startswith(date) and abs((now or datetime.now(UTC)) - signed) <= FRESH
