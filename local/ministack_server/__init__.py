"""The DynamoDB, SQS and SSM of `make run`, in a process of their own: ministack's implementation of the services.

ministack pins its dependencies exactly, so it has a virtual environment of its own (.venv/ministack, from
requirements/ministack.txt). This package runs there, and imports nothing else of the project.
"""
