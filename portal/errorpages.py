"""Error pages in the user's language; JSON for the outbox. None shows an exception's own text."""

from flask import Flask, Response, current_app, g, make_response, render_template, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, ServiceUnavailable

from portal import receipts
from portal.db import db
from portal.errors import StoreAway
from portal.htmx import wants_fragment

COME_BACK = 5  # seconds after which whoever was refused for load, or because something is away, may try again
BUSY = "The database does not answer. Nothing was stored: try again in a minute. / 数据库没有响应，未保存，请稍后再试。"
PAGES = {400, 403, 404, 405, 409, 413, 422, 423, 429, 500, 503}


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(OperationalError, database_busy)
    app.register_error_handler(StoreAway, store_away)


def database_busy(error: OperationalError) -> Response:
    """The database did not answer in time or is away: nothing was stored, trying again is safe."""
    db.session.rollback()
    current_app.logger.error("database busy", exc_info=error)
    g.only_reads = True  # the page that says so must not wait for the same lock
    try:
        return http_error(ServiceUnavailable(retry_after=COME_BACK))
    except OperationalError:  # not even reading is possible
        db.session.rollback()
        return Response(BUSY, 503, {"Retry-After": str(COME_BACK)}, content_type="text/plain; charset=utf-8")
    finally:
        g.only_reads = False
        g.pop("afterwards", None)  # they would write


def store_away(error: StoreAway) -> Response:
    """The store of files does not answer: the transaction is rolled back, so the entry is not used up."""
    db.session.rollback()
    current_app.logger.error("file store does not answer", extra={"fields": {"why": str(error)}})
    return http_error(ServiceUnavailable(retry_after=COME_BACK))


def http_error(error: HTTPException) -> Response:
    code = error.code or 500
    if error.response is not None:
        return make_response(error.get_response())
    if receipts.from_outbox():
        try:
            return advised(receipts.outbox_error(code), error)
        except StoreAway as away:  # what would be held has files
            return store_away(away)
    if code < 400:
        return make_response(error.get_response())
    known = code if code in PAGES else (500 if code >= 500 else 400)
    name = "errors/fragment.html" if wants_fragment() else f"errors/{known}.html"
    return advised(make_response(render_template(name, code=known, reference=g.get("request_id", "")), code), error)


def advised(response: Response, error: HTTPException) -> Response:
    """The answer with what the error says about other ways and other times."""
    for key, value in error.get_headers(request.environ):
        if key in ("Allow", "Retry-After"):
            response.headers[key] = value
    return response
