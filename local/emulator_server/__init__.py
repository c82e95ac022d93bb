"""The AWS of `make deploy-local`: ministack, whole, with what this stack needs and ministack lacks.

It runs in ministack's own virtual environment (.venv/ministack), and imports nothing else of the project.
"""
