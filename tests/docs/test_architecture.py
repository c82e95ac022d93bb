"""docs/architecture.md shows the code as it is."""

import re

import pytest

from tests.support.gateway import ROOT
from tools.architecture import PICTURE, imports, picture, rooms

PAGE = (ROOT / "docs" / "architecture.md").read_text()
PLACES = ["", "shared/agentos/"]


def test_the_picture_is_drawn_from_the_imports() -> None:
    assert PICTURE.read_text() == picture(), "run make docs"


def test_every_room_is_in_the_picture() -> None:
    assert {"functions", "api", "services", "routing", "providers", "store", "settings", "domain"} < set(rooms())
    assert imports("domain") == {"kernel"}


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([\w/.*]+(?:/|\.\w+))`", PAGE))))
def test_every_path_on_the_page_exists(name: str) -> None:
    assert any(any(ROOT.glob(place + name.removesuffix("/"))) for place in PLACES), name
