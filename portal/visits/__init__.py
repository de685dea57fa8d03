"""Visits and what happened at them."""

from flask import Flask


def init_app(app: Flask) -> None:
    pass
