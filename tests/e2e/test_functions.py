"""The local host's functions: when an edit of the package that they share takes effect."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.functions import MANY, Functions
from local.template import Function
from tests.e2e.hosting import eventually

HANDLER = """\
import time
from pathlib import Path

from {package} import VALUE


def handler(event, context):
    if event:
        Path(event["began"]).touch()
        while not Path(event["end"]).exists():
            time.sleep(0.01)
    return VALUE
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the package that the handler of `function` imports."""
    file = tmp_path / "layer" / f"package_of_{tmp_path.name}" / "__init__.py"
    file.parent.mkdir(parents=True)
    file.write_text("VALUE = 'before the edit'\n")
    monkeypatch.syspath_prepend(file.parents[1])
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    return file


@pytest.fixture
def function(tmp_path: Path, package: Path) -> Function:
    folder = tmp_path / "function"
    folder.mkdir()
    (folder / "app.py").write_text(HANDLER.format(package=package.parent.name))
    return Function("Any", folder, "app.handler", timeout=60, memory=128, environment={})


def functions_of(package: Path, check_seconds: float) -> Functions:
    return Functions(
        package.parents[1], package.parent.name, watched=list, refresh=lambda: None, check_seconds=check_seconds
    )


@contextmanager
def under_way(number: int, functions: Functions, function: Function, folder: Path) -> Iterator[None]:
    """So many invocations, which last as long as the context."""
    end = folder / "end"
    began = [folder / f"began {one}" for one in range(number)]
    with ThreadPoolExecutor(number) as threads:
        running = [
            threads.submit(functions.invoke, function, {"began": str(one), "end": str(end)}, lambda: False)
            for one in began
        ]
        eventually(lambda: all(one.exists() for one in began))
        try:
            yield
        finally:
            end.touch()
        assert {one.result() for one in running} == {"before the edit"}


def test_an_edit_takes_effect_while_others_are_under_way(package: Path, function: Function, tmp_path: Path) -> None:
    functions = functions_of(package, check_seconds=3600)
    with under_way(MANY - 1, functions, function, tmp_path):
        package.write_text("VALUE = 'after the edit'\n")
        assert functions.invoke(function, {}, lambda: False) == "after the edit"


def test_under_load_the_files_are_looked_at_less_often(package: Path, function: Function, tmp_path: Path) -> None:
    functions = functions_of(package, check_seconds=3600)
    with under_way(MANY, functions, function, tmp_path):
        package.write_text("VALUE = 'after the edit'\n")
        assert functions.invoke(function, {}, lambda: False) == "before the edit"
    assert functions.invoke(function, {}, lambda: False) == "after the edit"


def test_under_load_an_edit_takes_effect_soon(package: Path, function: Function, tmp_path: Path) -> None:
    functions = functions_of(package, check_seconds=0)
    with under_way(MANY, functions, function, tmp_path):
        package.write_text("VALUE = 'after the edit'\n")
        assert functions.invoke(function, {}, lambda: False) == "after the edit"


def test_an_edit_of_a_file_beside_the_handler_takes_effect(package: Path, function: Function) -> None:
    """A function may read other files than modules when it is loaded, as the console's does."""
    file = function.folder / "static" / "page.html"
    file.parent.mkdir()
    file.write_text("before")
    (function.folder / "app.py").write_text(
        "from pathlib import Path\n\nTEXT = Path(__file__).parent.joinpath('static/page.html').read_text()\n\n\n"
        "def handler(event, context):\n    return TEXT\n"
    )
    functions = functions_of(package, check_seconds=0)
    assert functions.invoke(function, {}, lambda: False) == "before"
    file.write_text("after the edit")
    assert functions.invoke(function, {}, lambda: False) == "after the edit"
