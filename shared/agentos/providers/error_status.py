"""The error class of an HTTP status, where no typed code says more."""

from agentos.kernel.errors import ErrorClass

CLASSES = {
    401: ErrorClass.AUTH,
    402: ErrorClass.QUOTA,
    403: ErrorClass.AUTH,
    404: ErrorClass.MODEL_NOT_FOUND,
    408: ErrorClass.SERVER,
    409: ErrorClass.SERVER,  # OpenAI's lock timeouts; its SDK retries them
    410: ErrorClass.MODEL_NOT_FOUND,  # NVIDIA, for a model that has ended
    412: ErrorClass.QUOTA,  # Fireworks, for a suspended account
    424: ErrorClass.SERVER,  # Bedrock and Groq: the model behind the API failed
    425: ErrorClass.SERVER,  # "Too Early": RFC 8470 asks to repeat the request
    429: ErrorClass.RATE_LIMITED,
    498: ErrorClass.RATE_LIMITED,  # Groq, when its flexible capacity is used up
    499: ErrorClass.SERVER,  # Google under load: "The operation was cancelled."
    529: ErrorClass.RATE_LIMITED,  # Anthropic: overloaded
}


def by_status(status: int) -> ErrorClass:
    """The error class of a status that is not 2xx (DESIGN, section 4)."""
    if status in CLASSES:
        return CLASSES[status]
    if status < 400:
        return ErrorClass.BAD_RESPONSE  # a redirect, which is never followed
    return ErrorClass.SERVER if status >= 500 else ErrorClass.REJECTED
