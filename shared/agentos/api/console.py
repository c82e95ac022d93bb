"""The files of the web console: one page, and what it loads.

The page links to its files below the digest of all of them, `/console/<digest>/main.js`. So a file's URL never has
another content, browsers keep it without asking again, and the modules that a page loads are always of one version. The
links begin with what precedes the API's own paths, such as a stage, so that `/console/` shows the same page.

The script that loads the modules, `boot.js`, is a part of the page: it tries again what cannot be loaded, and nothing
would try it again. The page's policy allows it by its hash, and no other script in the page.
"""

import base64
import hashlib
import html
from pathlib import Path

from agentos.api.entity_tags import has_tag
from agentos.api.request import Request
from agentos.api.response import Response, TextResponse
from agentos.kernel.errors import NotFound

PAGE = "index.html"
BOOT = "boot.js"

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
"""By the suffix. A file of any other kind is not served."""

POLICY = "; ".join((
    "default-src 'none'",
    "script-src 'self' {boot}",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
))  # fmt: skip
"""https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy

`boot` is the hash of the page's own script.
"""

PROTECTION = {
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
}
VARY = "Accept-Encoding"
"""A file is the same for every origin. Under the API's `Vary: Origin` a browser would ask twice for each module, and
again when the page is opened the next time. It sends an Origin where a module is imported, and none for a fetch.
"""
KEPT = "public, max-age=31536000, immutable"
ASKED_AGAIN = "no-cache"


class Console:
    """Answers with the files of the folder `static` beside a function's module, which are read once.

    Nothing but these is found, whatever a path looks like.
    """

    def __init__(self, module: str) -> None:
        folder = Path(module).with_name("static")
        files = sorted(path for path in folder.rglob("*") if path.suffix in CONTENT_TYPES)
        self._texts = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in files}
        self._digest = _digest(self._texts)
        boot = self._texts.pop(BOOT)
        self._headers = {name: value.format(boot=_hash_source(boot)) for name, value in PROTECTION.items()}
        modules = [name for name in self._texts if name.endswith(".js")]
        filled = {"{{digest}}": self._digest, "{{modules}}": " ".join(modules), "{{boot}}": boot}
        for mark, value in filled.items():
            self._texts[PAGE] = self._texts[PAGE].replace(mark, value)

    def answer(self, request: Request) -> Response | TextResponse:
        """The page, or the file of a path such as `<digest>/main.js`. Raises NotFound."""
        file, if_none_match = request.path.get("file"), request.headers.get("if-none-match")
        if file is None:
            page = self._texts[PAGE].replace("{{root}}", html.escape(request.base_path))
            return self._served(PAGE, page, ASKED_AGAIN, if_none_match)
        digest, _, name = file.partition("/")
        if digest != self._digest or name == PAGE or name not in self._texts:
            raise NotFound("The console has no such file. Open it anew at /console.")
        return self._served(name, self._texts[name], KEPT, if_none_match)

    def _served(self, name: str, text: str, caching: str, if_none_match: str | None) -> Response | TextResponse:
        tag = hashlib.sha256(text.encode()).hexdigest()[:32]
        headers = {"etag": f'"{tag}"', "cache-control": caching, "vary": VARY, **self._headers}
        if has_tag(if_none_match, tag):
            return Response(None, headers, 304)
        return TextResponse(text, CONTENT_TYPES[Path(name).suffix], headers)


def _hash_source(script: str) -> str:
    """What a policy allows a script in the page by."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _digest(texts: dict[str, str]) -> str:
    """Of the names and contents of all files."""
    digest = hashlib.sha256()
    for name, text in texts.items():
        digest.update(f"{name}\0{text}\0".encode())
    return digest.hexdigest()[:16]
