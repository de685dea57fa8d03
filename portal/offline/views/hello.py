"""What a phone asks before it sends: am I still the same person, which token, which time, which epoch?"""

from flask import Response, g, jsonify
from flask_login import current_user

from portal.clock import now
from portal.epoch import epoch
from portal.offline.views.base import bp
from portal.permissions import during_handover, signed_in


@bp.get("/hello")
@signed_in
@during_handover
def hello() -> Response:
    """JSON. Whoever is not signed in is led to the sign-in, which is no JSON: nothing is sent then."""
    return jsonify(
        person=str(current_user.id),
        csrf=g.sign_in.csrf_token,
        now=now().isoformat(),
        epoch=epoch(),
        handover=g.sign_in.handover_token is not None,
    )
