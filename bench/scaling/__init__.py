"""Which limits of AWS a rate of messages meets: `python -m bench.scaling` writes the tables of docs/scaling.md.

The model has no randomness but the seeded one of `background.py`, so the tables are the same at every run.
"""
