"""Images of the function: with the layer's runtime, and with AWS's own client."""

from collections.abc import Iterator

import pytest

from tests.lambda_streaming.running import Emulator, Image, emulated, make_image


@pytest.fixture(scope="session")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Image:
    return make_image(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="session")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Image:
    return make_image(tmp_path_factory.mktemp("stock"), ours=False)


@pytest.fixture(scope="module")
def function(ours: Image) -> Iterator[Emulator]:
    with emulated(ours) as emulator:
        yield emulator
