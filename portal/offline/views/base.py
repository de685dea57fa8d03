"""The blueprints: what a phone asks, and what belongs to the device and must lie at the root, as its worker does."""

import hmac

from flask import Blueprint, g, request

bp = Blueprint("offline", __name__, url_prefix="/offline")
device = Blueprint("device", __name__)
TOKEN = "X-CSRF-Token"


def has_token() -> bool:
    """Whether the session's token stands in the header, where no page of another site can write it."""
    return hmac.compare_digest(request.headers.get(TOKEN, "").encode(), g.sign_in.csrf_token.encode())
