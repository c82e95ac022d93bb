"""AgentOS Serverless: agents, sessions and messages over HTTP, routed to whichever provider answers."""

import gc
import os

__version__ = "0.2.0"

if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:
    gc.disable()  # of what init loads hardly anything is garbage; `api/initialization.py` enables it again
