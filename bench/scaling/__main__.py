"""`python -m bench.scaling` writes the tables of docs/scaling.md again."""

from bench.scaling.page import PAGE, written

if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
