"""Signs requests to Amazon Bedrock with the process's own IAM role, in the place of a key.

The request is sent by the same HTTP client as any other, so that its time is bounded as a whole. Of the AWS SDK only
the credentials and Signature Version 4 are used, and none of its retries.
"""

from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.session import Session, get_session

from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.kernel.once import once
from agentos.providers.transport import HttpRequest

MANTLE = "bedrock-mantle"
"""The service, and the first part of the host, of an endpoint that is not signed for as `bedrock` (litellm #31475)."""


def signed(request: HttpRequest, region: str) -> HttpRequest:
    """The request with the headers of its signature. Raises UpstreamError where the process has no credentials."""
    credentials = _session().get_credentials()
    if credentials is None:
        raise UpstreamError(ErrorClass.AUTH, "no AWS credentials")
    host = urlsplit(request.url).hostname or ""
    service = MANTLE if host.startswith(f"{MANTLE}.") else "bedrock"
    to_sign = AWSRequest("POST", request.url, {"content-type": request.headers["content-type"]}, request.body)
    SigV4Auth(credentials.get_frozen_credentials(), service, region).add_auth(to_sign)
    return request._replace(headers={**request.headers, **to_sign.headers})


@once
def _session() -> Session:
    """A session that finds the role's credentials once; they renew themselves."""
    return get_session()
