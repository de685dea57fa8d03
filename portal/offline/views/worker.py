"""The service worker, at the root of what it may look after."""

from flask import Response, current_app, make_response, request

from portal.offline import shell
from portal.offline.views.base import device
from portal.permissions import during_handover, public


@device.get("/sw.js")
@public
@during_handover
def worker() -> Response:
    """Always at this address and always asked for anew: a worker whose update is held back cannot be mended."""
    switched_on = current_app.config["WORKER"]
    response = make_response(shell.worker() if switched_on else shell.no_worker())
    response.mimetype = "text/javascript"
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response
