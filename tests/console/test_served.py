"""How the console is served: headers, caching, and nothing but its own files."""

import base64
import gzip
import hashlib
import re

import pytest

from tests.support.gateway import ROOT, Answer, event, invoke

PAGE = re.compile(r'(?:href|src|data-files)="([^"]+)"')


def page(**headers: str) -> Answer:
    return invoke("console", event(None, None, None, headers, resource="/console") | {"httpMethod": "GET"})


def file(path: str, **headers: str) -> Answer:
    given = event(None, {"file": path}, None, headers, resource="/console/{file+}")
    return invoke("console", given | {"httpMethod": "GET"})


def links() -> list[str]:
    """The paths behind `/console/` of what the page loads."""
    found = [link.partition("/console/")[2] for link in PAGE.findall(page().text)]
    return [link for link in found if not link.endswith("/")]


def modules() -> list[str]:
    """The same of every module."""
    digest = links()[0].partition("/")[0]
    listed = re.search(r'data-modules="([^"]+)"', page().text)
    assert listed
    return [f"{digest}/{name}" for name in listed[1].split()]


def allowed(text: str) -> str:
    """What the policy must have for the page's one script, which is all of boot.js."""
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", text, re.S)
    assert scripts == [(ROOT / "functions" / "console" / "static" / "boot.js").read_text()]
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    return f"'sha256-{digest}'"


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("mode", ["keys", "jwt", "iam", "none"])
def test_the_page_is_open_and_protected_in_every_mode(mode: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AUTH_MODE", mode)
    answer = page()
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-security-policy"] == (
        f"default-src 'none'; script-src 'self' {allowed(answer.text)}; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("/console", ""),
        ("/console/", ""),
        ("/prod/console", "/prod"),
        ("/prod/console/", "/prod"),
        ('/a"b/console', "/a&quot;b"),
    ],
)
def test_its_links_are_those_of_the_api_whatever_precedes_it(path: str, root: str) -> None:
    given = event(None, None, None, {}, resource="/console") | {"httpMethod": "GET"}
    given["requestContext"] |= {"path": path}
    links = PAGE.findall(invoke("console", given).text)
    assert links
    assert {link.partition("console/")[0] for link in links} == {f"{root}/"}


def test_all_that_it_loads_is_its_own_and_kept_for_good() -> None:
    types = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml"}
    assert len(links()) > 5
    for link in [*links(), *modules()]:
        answer = file(link)
        assert answer.status == 200, link
        assert answer.headers["content-type"] == types[link.rpartition(".")[2]]
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_who_has_it_already_gets_a_304() -> None:
    for answer, again in ((page(), page), (file(links()[0]), lambda **headers: file(links()[0], **headers))):
        same = again(**{"if-none-match": answer.headers["etag"]})
        assert (same.status, same.text) == (304, "")
        assert same.headers["cache-control"] == answer.headers["cache-control"]
        assert again(**{"if-none-match": '"other"'}).status == 200


@pytest.mark.parametrize(
    "name",
    ["../app.py", "..", "", "index.html", "vendor/manifest.json", "vendor", "/etc/passwd", "main.js/", "%2e%2e/app.py"],
)
def test_nothing_else_is_found(name: str) -> None:
    digest = links()[0].partition("/")[0]
    for path in (f"{digest}/{name}", name, f"0000000000000000/{name}"):
        answer = file(path)
        assert (answer.status, answer.json["code"]) == (404, "not_found"), path


def test_another_version_is_not_served_under_this_ones_name() -> None:
    name = links()[0].partition("/")[2]
    assert file(f"0000000000000000/{name}").status == 404


def test_all_of_it_together_is_small() -> None:
    """Compressed as one, whichever way its parts travel: API Gateway compresses nothing, and a proxy each file."""
    texts = [page().text, *(file(link).text for link in {*links(), *modules()})]
    assert len(gzip.compress("".join(texts).encode())) < 150_000
