"""The blueprints: what a phone asks, and what belongs to the device and must lie at the root, as its worker does."""

from flask import Blueprint

bp = Blueprint("offline", __name__, url_prefix="/offline")
device = Blueprint("device", __name__)
