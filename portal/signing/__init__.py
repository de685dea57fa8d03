"""Sealed documents: what was signed, frozen as canonical JSON, and chained so that a later edit is found.

Always true: a sealed row is never changed or removed (the database refuses it); its link depends on the row before
it, on its own digests and on a key that the database does not hold.
"""

from flask import Flask


def init_app(app: Flask) -> None:
    """Nothing to register: seals have no pages of their own."""
