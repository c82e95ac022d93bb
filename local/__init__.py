"""The whole stack on one machine without Docker, for development: `python -m local`, or `make run`.

It reads template.yaml, so that what runs here is what is deployed, and runs the same handlers behind an imitation of
API Gateway. Nothing of the product imports it.
"""
