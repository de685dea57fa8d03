"""One structured line a request: ids, route and figures, never names, texts, query strings or tokens."""

import json
import logging
import time
import uuid
from typing import Any

from flask import Flask, Response, g, request
from sqlalchemy import inspect

log = logging.getLogger("portal")


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {"at": self.formatTime(record), "level": record.levelname, "event": record.getMessage()}
        line.update(getattr(record, "fields", {}))
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["where"] = [f"{f.name}:{f.lineno}" for f in trace(record)]
        return json.dumps(line, ensure_ascii=False)


def trace(record: logging.LogRecord) -> list[Any]:
    """Frames without their values or the exception's text: both may hold what people typed."""
    import traceback

    return list(traceback.extract_tb(record.exc_info[2]))[-8:] if record.exc_info else []


def init_app(app: Flask) -> None:
    if not log.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(JsonLines())
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        log.propagate = False
    app.logger = log
    app.before_request(start)
    app.after_request(finish)


def start() -> None:
    g.request_id = uuid.uuid4().hex[:16]
    g.started = time.perf_counter()


def finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    if request.endpoint != "static":
        log.info("request", extra={"fields": fields(response)})
    return response


def fields(response: Response) -> dict[str, Any]:
    known = inspect(g.get("_login_user"), raiseerr=False)  # None when signed out; asking the row would load it again
    identity = known.identity if known is not None else None
    return {
        "request_id": g.request_id,
        "method": request.method,
        "route": request.url_rule.rule if request.url_rule else None,
        "status": response.status_code,
        "ms": round((time.perf_counter() - g.started) * 1000, 1),
        "person": str(identity[0]) if identity else None,
    }
