"""Puts a prompt into a form that a target takes: one module per kind of limit, each pure, each with notes."""
