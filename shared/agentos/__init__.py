"""AgentOS Serverless: agents, sessions and messages over HTTP, routed to whichever provider answers."""

__version__ = "0.1.0"
