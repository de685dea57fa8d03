"""Service reports, hand-over and review."""

from flask import Flask


def init_app(app: Flask) -> None:
    pass
