"""What template.yaml says of queues and of the functions that they feed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.template import Function

DEFAULT_CONCURRENCY = 5
"""Lambda begins with five batches at once.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
"""


@dataclass(frozen=True)
class Queue:
    """An SQS queue, by its logical id in the template."""

    name: str
    visibility_timeout: int
    """Seconds."""
    dead_letter_queue: str | None
    """The queue to which a message is moved after `max_receives` receives."""
    max_receives: int


@dataclass(frozen=True)
class QueueEventSource:
    """A function that is fed from a queue."""

    function: "Function"
    queue: str
    batch_size: int
    reports_failures: bool
    """Whether the function's response says which messages failed (ReportBatchItemFailures)."""
    concurrency: int = DEFAULT_CONCURRENCY
    """How many batches are handled at once (MaximumConcurrency)."""


def parse_queue(name: str, properties: dict[str, Any]) -> Queue:
    """Of the properties of an AWS::SQS::Queue."""
    redrive = properties.get("RedrivePolicy", {})
    return Queue(
        name=name,
        visibility_timeout=int(properties.get("VisibilityTimeout", 30)),  # SQS's default
        dead_letter_queue=resource_of(redrive["deadLetterTargetArn"]) if redrive else None,
        max_receives=int(redrive.get("maxReceiveCount", 0)),
    )


def parse_queue_event_source(
    event: dict[str, Any], function: "Function", parameters: Mapping[str, Any]
) -> QueueEventSource:
    """Of the properties of an event of type SQS. `parameters`: the values of what the template refers to."""
    concurrency = event.get("ScalingConfig", {}).get("MaximumConcurrency", DEFAULT_CONCURRENCY)
    return QueueEventSource(
        function=function,
        queue=resource_of(event["Queue"]),
        batch_size=int(event.get("BatchSize", 10)),  # Lambda's default
        reports_failures="ReportBatchItemFailures" in event.get("FunctionResponseTypes", []),
        concurrency=int(parameters[concurrency["Ref"]] if isinstance(concurrency, dict) else concurrency),
    )


def resource_of(arn: Any) -> str:
    """The logical id in a `!GetAtt`."""
    return str(arn["Fn::GetAtt"][0])
