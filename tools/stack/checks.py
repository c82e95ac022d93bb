"""What `make deploy` looks at before it changes anything: credentials, region, quota, and what was built."""

from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

LAYER = Path("Layer", "python")
"""In the folder that `sam build` fills."""
ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64"}
"""Lambda's name of a processor by that in the name of a compiled module (PEP 3149)."""
ENOUGH_CONCURRENCY = 100


class RefusedError(Exception):
    """Nothing was deployed. The text says why and what to do."""


def caller(sts: Any) -> tuple[str, str]:
    """The account's id and the caller's ARN. Raises RefusedError if AWS takes no credentials."""
    try:
        identity = sts.get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise RefusedError(
            f"AWS does not know you: {error}\n"
            "Sign in with `aws sso login` or `aws configure`, or set AWS_PROFILE or AWS_ACCESS_KEY_ID."
        ) from None
    return str(identity["Account"]), str(identity["Arn"])


def concurrency(lambda_client: Any) -> int | None:
    """How many functions the account may run at once; None if the caller may not ask.

    https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html
    """
    try:
        limit = lambda_client.get_account_settings()["AccountLimit"]
    except (BotoCoreError, ClientError):
        return None
    return int(limit["ConcurrentExecutions"])


def concurrency_warning(limit: int | None) -> str:
    """A warning about the account's quota, empty if there is none.

    New accounts start with less than the default of 1,000:
    https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    """
    if limit is None:
        return "The account's quota of concurrent executions could not be read (lambda:GetAccountSettings)."
    if limit >= ENOUGH_CONCURRENCY:
        return ""
    return (
        f"This account may run {limit} functions at once. A message occupies one for as long as its provider takes, so "
        f"{limit} messages at a time are answered and others are throttled. Ask for 1,000: Service Quotas, AWS Lambda, "
        "Concurrent executions."
    )


def built_architecture(build: Path) -> str:
    """The processor that the layer in `build` was built for. Raises RefusedError if it is missing or mixed."""
    names = [path.name for path in (build / LAYER).rglob("*.so")]
    found = {ours for name in names for theirs, ours in ARCHITECTURES.items() if f"-{theirs}-" in name}
    if not (build / "template.yaml").is_file() or not found:
        raise RefusedError(f"There is nothing in {build} to deploy. `make build` builds it.")
    if len(found) > 1:
        raise RefusedError(f"The layer in {build} has modules for two processors. Remove .aws-sam and build again.")
    return found.pop()


def require_architecture(built: str, wanted: str) -> None:
    """Raises RefusedError if another processor is wanted than was built for: every route would be a 502."""
    if wanted and wanted != built:
        raise RefusedError(
            f"The layer was built for {built}, and Architecture={wanted} is asked for. "
            f"Build for it first: make build ARCHITECTURE={wanted}"
        )
