"""Object stores for tests, both with signatures that are checked: a wrong secret is refused.

`Nanio` is there within a second: a small S3 server from PyPI, which alone of those that start so quickly both checks
signatures and answers DELETE and ranges as S3 does. It takes no notice of `If-None-Match: *`, which S3 has had since
2024, so `CreateOnly` adds that, behind its check of signatures. The long form runs the same tests against Ceph
(`tests/radosgw.py`), which has all of it by itself; that takes half a minute to install and a quarter to start.
"""

import hashlib
import hmac
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests import radosgw
from tests.servers import ROOT, free_port

KEY, SECRET, BUCKET = "portal-tests", "a-secret-of-the-tests", "portal-tests"


@contextmanager
def object_store(folder: Path, *, real: bool) -> Iterator[str]:
    """Its address, with the bucket made."""
    server = radosgw.RadosGateway(folder, KEY, SECRET) if real else Nanio(folder)
    with server:
        make_bucket(server.url)
        yield server.url


def environment(url: str) -> dict[str, str]:
    """What the portal takes from its surroundings."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
    }


class Nanio:
    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Nanio":
        values = {"NANIO_ACCESS_KEY": KEY, "NANIO_SECRET_KEY": SECRET, "NANIO_DATA_DIR": str(self.folder)}
        self.log = (self.folder.parent / f"{self.folder.name}.log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.s3", str(self.port)],
            cwd=ROOT, env={**os.environ, **values}, stdout=self.log, stderr=self.log,
        )  # fmt: skip
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(self.url, timeout=2)
            except urllib.error.HTTPError:  # it wants a signature: it is there
                return self
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                assert self.process.poll() is None, "the object store ended"
                time.sleep(0.05)
        raise AssertionError("the object store did not come up")

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(20)
        self.log.close()


def make_bucket(url: str) -> None:
    """PUT of the bucket with a signature made by hand (AWS Signature Version 4)."""
    moment, nothing = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}", hashlib.sha256(b"").hexdigest()
    headers = {"host": url.removeprefix("http://"), "x-amz-content-sha256": nothing, "x-amz-date": moment}
    names, scope = ";".join(headers), f"{moment[:8]}/us-east-1/s3/aws4_request"
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    asked = f"PUT\n/{BUCKET}\n\n{lines}\n{names}\n{nothing}"
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(asked.encode()).hexdigest()}"
    key = f"AWS4{SECRET}".encode()
    for part in (*scope.split("/"), text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={KEY}/{scope}, SignedHeaders={names}, Signature={key.hex()}"
    )
    with urllib.request.urlopen(urllib.request.Request(f"{url}/{BUCKET}", method="PUT", headers=headers)):
        pass


class CreateOnly:
    """PUT with `If-None-Match: *` answers 412 when the object is there."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        wanted = scope["type"] == "http" and scope["method"] == "PUT" and (b"if-none-match", b"*") in scope["headers"]
        if not wanted or not (Path(os.environ["NANIO_DATA_DIR"]) / scope["path"].lstrip("/")).is_file():
            return await self.app(scope, receive, send)
        body = b"<Error><Code>PreconditionFailed</Code></Error>"
        headers = [(b"content-type", b"application/xml"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 412, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def main() -> None:
    import uvicorn
    from nanio.app import build_app
    from starlette.middleware import Middleware

    app = build_app()
    app.user_middleware.append(Middleware(CreateOnly))  # the last one is behind the check of signatures
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")


if __name__ == "__main__":
    main()
