"""What template.yaml says of queues and of the functions that they feed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.template import Function


@dataclass(frozen=True)
class Queue:
    """A queue of SQS's, by its name in the template. `dead_letters`: where a message goes after `receives` tries."""

    name: str
    visibility: int  # seconds
    dead_letters: str | None
    receives: int


@dataclass(frozen=True)
class QueueSource:
    """A function fed by a queue. `partial`: whether it tells which messages failed."""

    function: "Function"
    queue: str
    batch_size: int
    partial: bool


def queue_of(name: str, properties: dict[str, Any]) -> Queue:
    redrive = properties.get("RedrivePolicy", {})
    return Queue(
        name=name,
        visibility=int(properties.get("VisibilityTimeout", 30)),  # SQS's default
        dead_letters=resource_of(redrive["deadLetterTargetArn"]) if redrive else None,
        receives=int(redrive.get("maxReceiveCount", 0)),
    )


def queue_source(event: dict[str, Any], function: "Function") -> QueueSource:
    return QueueSource(
        function=function,
        queue=resource_of(event["Queue"]),
        batch_size=int(event.get("BatchSize", 10)),  # Lambda's default
        partial="ReportBatchItemFailures" in event.get("FunctionResponseTypes", []),
    )


def resource_of(arn: Any) -> str:
    """The name of the resource of which `!GetAtt` takes something."""
    target = arn["Fn::GetAtt"]
    return str((target.split(".") if isinstance(target, str) else target)[0])
