"""Access control that asks for nothing, for handlers of tests."""

from agentos.api.access_control import AccessControl
from agentos.api.callers import OpenCallers
from agentos.api.cors import Origins


def open_to_all() -> AccessControl:
    return AccessControl(OpenCallers, Origins())
