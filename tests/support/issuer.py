"""An issuer of tokens on loopback, as Cognito, Auth0 or Okta is one."""

import json
import threading
import time
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

AUDIENCE = "client-1"


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    """One for all tests: it takes a tenth of a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Issuer:
    """Publishes its keys on loopback, and signs tokens."""

    def __init__(self) -> None:
        self.rsa = rsa_key()
        self.ec = ec.generate_private_key(ec.SECP256R1())
        self.published = {
            "rsa": RSAAlgorithm.to_jwk(self.rsa.public_key()),
            "ec": ECAlgorithm.to_jwk(self.ec.public_key()),
        }
        self.reads = 0
        self.status = 200
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.reads += 1
                keys = [{**json.loads(key), "kid": kid, "use": "sig"} for kid, key in issuer.published.items()]
                body = json.dumps({"keys": keys}).encode()
                self.send_response(issuer.status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def configuration(self) -> str:
        """YAML that names it."""
        return f"access: {{jwt: {{issuer: '{self.url}', audience: {AUDIENCE}}}}}"

    def claims(self, **changed: Any) -> dict[str, Any]:
        given = {
            "iss": self.url,
            "sub": "ann",
            "aud": AUDIENCE,
            "exp": time.time() + 3600,
            "tenant": "acme",
            "scope": "chat",
        }
        return {name: value for name, value in (given | changed).items() if value is not None}

    def token(self, kid: str = "rsa", **changed: Any) -> str:
        key, algorithm = (self.ec, "ES256") if kid == "ec" else (self.rsa, "RS256")
        return jwt.encode(self.claims(**changed), key, algorithm, {"kid": kid})
