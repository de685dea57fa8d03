"""Files of customers and units: the whole history on one page, papers, and entries that were the same; lists with
saved views, and what is done to many rows at once.

Always true: nothing that happened leaves a file. A unit that moves takes its history along, a merged entry leads to
the one that stays, a removed paper stays as a marked row, and every change is written down with before and after.
"""

from flask import Flask


def init_app(app: Flask) -> None:
    from portal.records import models  # noqa: F401
