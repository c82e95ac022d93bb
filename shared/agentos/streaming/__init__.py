"""Answers that are told as they come: their events, and a runtime for Lambda's Python that can send them."""
