"""Imports whatever an app needs, and with `tests.conftest` its cheap passwords: the processes that tests fork from one
that has imported this begin at once. No connection to a database is opened."""

import tempfile
from pathlib import Path

from sqlalchemy.orm import configure_mappers

from portal import create_app
from tests import conftest, page
from tests.databases import settings

__all__ = ["conftest", "page"]

with tempfile.TemporaryDirectory() as folder:
    create_app(settings("sqlite://", Path(folder)))  # for nobody
configure_mappers()
