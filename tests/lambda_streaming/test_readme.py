"""The handler in the package's README streams what it says."""

import re
from pathlib import Path

from tests.lambda_streaming.running import ROOT, make_image, run
from tests.lambda_streaming.scripted import ScriptedRuntimeApi

README = ROOT / "shared" / "lambda_streaming" / "README.md"


def test_the_example_streams_ten_pieces(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    task = tmp_path / "task"
    task.mkdir()
    lines = example.splitlines()
    indent = len(lines[0]) - len(lines[0].lstrip())
    (task / "app.py").write_text("\n".join(line[indent:] for line in lines))
    with ScriptedRuntimeApi(b"{}") as api:
        run(make_image(tmp_path, task=task), api.address)
    (post,) = api.posts("/response")
    assert post.chunks[1:] == [f"{number}\n".encode() for number in range(10)]
