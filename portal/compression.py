"""Static text goes out compressed, made once for each file. Pages do not: next to a secret, what a visitor can make a
page repeat must not show in its length (BREACH). So a proxy in front leaves pages alone as well.
"""

import gzip
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, request
from werkzeug.utils import safe_join

from portal.assets import STATIC

KINDS = ("text/css", "text/javascript", "application/javascript", "image/svg+xml", "application/manifest+json")
SMALLEST = 500  # bytes


def init_app(app: Flask) -> None:
    app.after_request(compress)


def compress(response: Response) -> Response:
    if request.endpoint != "static" or response.mimetype not in KINDS:
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code == 200 and request.accept_encodings.quality("gzip"):
        path = safe_join(str(STATIC), (request.view_args or {})["filename"])
        small = compressed(str(path), response.content_length or 0, str(response.headers.get("ETag")))
        if small:
            response.close()  # the file that would have been sent
            response.direct_passthrough = False
            response.set_data(small)
            response.headers["Content-Encoding"] = "gzip"
    return response


@lru_cache(200)
def compressed(path: str, size: int, _version: str) -> bytes | None:
    if size < SMALLEST:
        return None
    return gzip.compress(Path(path).read_bytes(), 9, mtime=0)
