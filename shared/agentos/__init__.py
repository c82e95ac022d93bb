"""AgentOS Serverless: agents, sessions and messages over HTTP, routed to whichever provider answers."""

__version__ = "0.2.0"
