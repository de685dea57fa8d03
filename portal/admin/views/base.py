"""The first page, and what lists of the administration have in common."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, request
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal.htmx import page
from portal.permissions import Permission, requires

bp = Blueprint("admin", __name__)


@bp.get("/admin")
@requires(Permission.ADMIN_VIEW)
def index() -> BaseResponse:
    return page("admin/index.html")


def zone() -> str:
    """In which times are shown: those of the reader's branch."""
    return str(current_user.branch.time_zone)


def marked(read: Callable[[str], Any]) -> tuple[datetime, Any] | None:
    """Where the page before ended, from `?before=<time>_<key>`; odd ones begin at the top."""
    moment, _sign, key = request.args.get("before", "")[:100].partition("_")
    try:
        when, found = datetime.fromisoformat(moment), read(key)
    except (ValueError, OverflowError):
        return None
    return (when, found) if when.tzinfo and 2000 <= when.year < 2100 else None


def paged(rows: list[Any], size: int, address: Callable[..., str], mark: Callable[[Any], str]) -> dict[str, Any]:
    """The rows of a page and the addresses of its neighbours; `rows` holds one more when there is a next page."""
    shown, more = rows[:size], rows[size:]
    return {
        "rows": shown,
        "newest": address() if request.args.get("before") else None,
        "older": address(before=mark(shown[-1])) if more else None,
    }
