"""What a phone asks before it sends: am I still the same person, which token, which time, which epoch, which key?"""

import base64

from flask import Response, g, jsonify
from flask_login import current_user

from portal import sealing
from portal.assets import scripts_version
from portal.clock import now
from portal.epoch import backed_up_until, epoch
from portal.offline.views.base import bp
from portal.permissions import during_handover, signed_in

OLDEST_PHONE = 1  # the oldest way of sending that is understood; raised only to shut out what is known to be unsafe


@bp.get("/hello")
@signed_in
@during_handover
def hello() -> Response:
    """JSON. Whoever is not signed in is led to the sign-in, which is no JSON: nothing is sent then.

    `key`: what entries are sealed to, a raw point of P-256. `backed_up_until`: what was received before is in a
    backup, and the phone may let go of it. `worker`: the version of the scripts; another than the phone's is newer.
    """
    key, covered = sealing.newest_key(), backed_up_until()
    answer = jsonify(
        person=str(current_user.id),
        csrf=g.sign_in.csrf_token,
        now=now().isoformat(),
        epoch=epoch(),
        handover=g.sign_in.handover_token is not None,
        key={"id": key.id, "public": base64.b64encode(key.public).decode()},
        backed_up_until=covered.isoformat() if covered else None,
        min_version=OLDEST_PHONE,
        worker=scripts_version(),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
