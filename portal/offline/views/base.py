"""The blueprint."""

from flask import Blueprint

bp = Blueprint("offline", __name__, url_prefix="/offline")
