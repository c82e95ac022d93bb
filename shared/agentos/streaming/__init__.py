"""Answers that are sent while they are being made."""
