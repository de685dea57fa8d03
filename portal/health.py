"""`/healthz`: the process lives. `/readyz`: database and files answer, else 503 and which one does not."""

from flask import Flask, Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from portal import files
from portal.db import db
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
    missing = [name for name, answers in (("database", database_answers), ("files", files_answer)) if not answers()]
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
    except OSError:
        return False
    return True
