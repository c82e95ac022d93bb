"""Settings of ministack that differ from its own: one account for all callers, and less to remember."""

from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services import dynamodb

REGION = "us-east-1"
"""ministack keeps the data of accounts and regions apart. Here all callers see the same, whatever they sign with."""
STREAM_SECONDS = 300
"""For how long a record of a stream can be read. On AWS it is 24 hours, which would let memory grow for a day; the host
reads records within a second, unless a debugger holds a function up."""
TRANSACTION_TOKEN_SECONDS = 60
"""For how long a ClientRequestToken is remembered, with its whole request. On AWS it is 10 minutes; a client that sends
a transaction again does so within seconds."""


def apply() -> None:
    """Apply them to this context, and so to all tasks that are created in it."""
    set_request_account_id("")  # ministack's default
    set_request_region(REGION)
    dynamodb._STREAM_RETENTION_SECONDS = STREAM_SECONDS
    dynamodb._TXN_TOKEN_TTL = TRANSACTION_TOKEN_SECONDS
