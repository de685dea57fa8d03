"""Who may do what, drawn from the table that decides."""

from typing import Any

from werkzeug.wrappers import Response as BaseResponse

from portal.accounts.models import ROLE_NAMES
from portal.admin.views.base import bp
from portal.admin.words import CONDITIONS, PERMISSIONS
from portal.htmx import page
from portal.i18n import _
from portal.permissions import GRANTS, Grant, Permission, Role, requires


@bp.get("/admin/permissions")
@requires(Permission.PEOPLE_VIEW)
def permissions() -> BaseResponse:
    return page("admin/permissions.html", roles=ROLE_NAMES, rows=matrix())


def matrix() -> list[tuple[str, list[str]]]:
    """Each permission in words, and for each role what it may: "" nothing, else yes or the condition."""
    return [
        (str(PERMISSIONS.get(permission, permission.value)), [cell(grants, role) for role in ROLE_NAMES])
        for permission, grants in GRANTS.items()
    ]


def cell(grants: list[Grant], role: Role) -> str:
    own = [grant.when for grant in grants if role in grant.roles]
    if not own:
        return ""
    return str(_("yes")) if None in own else ", ".join(condition(when) for when in own)


def condition(when: Any) -> str:
    return str(CONDITIONS.get(when.__name__, when.__name__.replace("_", " ")))
