"""The portal for after-sales service teams. `FEATURES` in order is the architecture: imports go down the list only."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from flask import Flask

from portal import (
    cli,
    compression,
    config,
    db,
    epoch,
    errorpages,
    files,
    gate,
    health,
    htmx,
    i18n,
    jobpages,
    logs,
    security,
    templating,
    worker,
)
from portal.app import Portal, without_collector

FEATURES = [
    "accounts",
    "signing",
    "customers",
    "stock",
    "calls",
    "visits",
    "reports",
    "records",
    "search",
    "importing",
    "offline",
    "admin",
]
ROOT = Path(__file__).parent.parent


@without_collector()
def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """The WSGI app. `settings` override what the PORTAL_* variables say."""
    app = Portal(__name__, static_folder=str(ROOT / "static"), template_folder=str(ROOT / "templates"))
    app.add_url_rule("/static/v/<version>/<path:filename>", "static", app.view_functions["static"])
    app.config.update(config.from_environment() if settings is None else settings)
    app.config.update(
        MAX_CONTENT_LENGTH=config.UPLOAD_LIMIT,
        MAX_FORM_MEMORY_SIZE=1_000_000,
        SESSION_COOKIE_NAME="messages",  # holds only messages for the next page; sign-ins are rows on the server
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=app.config["SECURE"],
    )
    for part in (
        logs,
        epoch,
        security,
        compression,
        htmx,
        db,
        gate,
        i18n,
        templating,
        errorpages,
        health,
        files,
        jobpages,
        worker,
        cli,
    ):
        part.init_app(app)
    for feature in FEATURES:
        import_module(f"portal.{feature}").init_app(app)
    for commands in ("demo", "backup"):  # stand above all features and add only their commands
        import_module(f"portal.{commands}").init_app(app)
    return app
