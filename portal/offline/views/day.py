"""What a technician's phone keeps of the day."""

from flask import Response, jsonify
from flask_login import current_user

from portal.offline.day import manifest
from portal.offline.views.base import bp
from portal.permissions import Permission, requires


@bp.get("/today")
@requires(Permission.VISIT_RECORD)
def today() -> Response:
    """JSON: the visits and every address that may be kept, each with its stamp. Whoever is signed out gets none."""
    return jsonify(manifest(current_user._get_current_object()))
