"""Text goes out compressed: static text made once for each file, pages each by itself.

Next to a secret, what a stranger can make a page repeat must not show in its length (BREACH). So a page is compressed
only when its address has no question in it: what stands there then was chosen by nobody who is listening. What its
length might still tell is blurred by a name of random length in its head. Answers to forms, searches and filtered lists
go out as they are, and a proxy in front leaves all of them alone.
"""

import gzip
import io
import secrets
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, request
from werkzeug.utils import safe_join

from portal.assets import STATIC

KINDS = ("text/css", "text/javascript", "application/javascript", "image/svg+xml", "application/manifest+json")
SMALLEST = 500  # bytes
LEVEL = 3  # of a page: one more takes nearly twice the time and saves a twentieth
BLUR = 100  # bytes


def init_app(app: Flask) -> None:
    app.after_request(compress)


def compress(response: Response) -> Response:
    if request.endpoint == "static":
        return compress_file(response) if response.mimetype in KINDS else response
    return compress_page(response) if response.mimetype == "text/html" else response


def compress_file(response: Response) -> Response:
    response.vary.add("Accept-Encoding")
    if response.status_code == 200 and takes_gzip():
        path = safe_join(str(STATIC), (request.view_args or {})["filename"])
        small = compressed(str(path), response.content_length or 0, str(response.headers.get("ETag")))
        if small:
            response.close()  # the file that would have been sent
            response.direct_passthrough = False
            send_small(response, small)
    return response


def compress_page(response: Response) -> Response:
    response.vary.add("Accept-Encoding")
    plain = request.method == "GET" and not request.query_string and response.status_code == 200
    if plain and takes_gzip() and not response.is_streamed and len(response.data) >= SMALLEST:
        send_small(response, blurred(response.data))
    return response


def takes_gzip() -> bool:
    return bool(request.accept_encodings.quality("gzip"))


def send_small(response: Response, small: bytes) -> None:
    response.set_data(small)
    response.headers["Content-Encoding"] = "gzip"


@lru_cache(200)
def compressed(path: str, size: int, _version: str) -> bytes | None:
    if size < SMALLEST:
        return None
    return gzip.compress(Path(path).read_bytes(), 9, mtime=0)


def blurred(page: bytes) -> bytes:
    """The page compressed, with a file name of random length in front, which readers skip."""
    packed = io.BytesIO()
    with gzip.GzipFile("-" * secrets.randbelow(BLUR), "wb", LEVEL, packed, mtime=0) as file:
        file.write(page)
    return packed.getvalue()
