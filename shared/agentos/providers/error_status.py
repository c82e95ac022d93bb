"""The error class of an HTTP status, where no typed code says better."""

from agentos.kernel.errors import ErrorClass


def by_status(status: int) -> ErrorClass:
    """The error class of a status that is not 2xx, where no typed code says better (DESIGN's table)."""
    match status:
        case 401 | 403:
            return ErrorClass.AUTH
        case 402:
            return ErrorClass.QUOTA
        case 404 | 410:  # 410: NVIDIA's, for a model that has ended
            return ErrorClass.MODEL_NOT_FOUND
        case 408:
            return ErrorClass.SERVER
        case 412:  # Fireworks: the account is suspended
            return ErrorClass.QUOTA
        case 429 | 498 | 529:  # 498: Groq's, when its flexible capacity is used up
            return ErrorClass.RATE_LIMITED
    if status < 400:
        return ErrorClass.BAD_RESPONSE  # a redirect; it is never followed
    return ErrorClass.SERVER if status >= 500 else ErrorClass.REJECTED
