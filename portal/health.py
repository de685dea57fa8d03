"""`/healthz`: the process lives. `/readyz`: database and files answer, else 503 and which one does not; a place that is
half restored is never ready (`portal/epoch.py`)."""

from flask import Flask, Response, current_app, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from portal import epoch, files
from portal.db import db
from portal.errors import StoreAway
from portal.permissions import during_handover, public


def init_app(app: Flask) -> None:
    app.add_url_rule("/healthz", "healthz", healthz)
    app.add_url_rule("/readyz", "readyz", readyz)


@public
@during_handover
def healthz() -> Response:
    return jsonify(alive=True)


@public
@during_handover
def readyz() -> Response:
    parts = (("restore", epoch.is_ready), ("database", database_answers), ("files", files_answer))
    missing = [name for name, answers in parts if not answers()]
    response = jsonify(ready=not missing, missing=missing)
    response.status_code = 503 if missing else 200
    return response


def database_answers() -> bool:
    try:
        db.session.execute(text("SELECT 1 FROM alembic_version"))
    except SQLAlchemyError:
        db.session.rollback()
        return False
    return True


def files_answer() -> bool:
    try:
        files.check()
    except StoreAway as away:
        current_app.logger.error("file store does not answer", extra={"fields": {"why": str(away)}})
        return False
    return True
