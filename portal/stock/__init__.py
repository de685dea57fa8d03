"""Parts, locations and the ledger of movements."""

from flask import Flask


def init_app(app: Flask) -> None:
    pass
