"""Files that come in pieces before the entry that names them. Whoever asks learns of their own alone."""

from flask import Response, abort, jsonify, request
from flask_login import current_user

from portal import pieces, receipts
from portal.i18n import lazy
from portal.offline.views.base import bp, has_token
from portal.permissions import during_handover, signed_in, takes_up_to


@bp.get("/pieces/<sha256>")
@signed_in
@during_handover
def piece_length(sha256: str) -> Response:
    """How much of the file is here; `known`: it need not come, because the entry for which it is has arrived."""
    entry_id = receipts.parse_id(request.args.get("entry", ""))
    known = entry_id is not None and receipts.is_known(entry_id, request.args.get("content", ""))
    return said(sha256, pieces.length(current_user.id, checked(sha256)), known)


@bp.post("/pieces/<sha256>")
@signed_in
@during_handover
@takes_up_to(pieces.LARGEST)
def piece(sha256: str) -> Response:
    """The body is the file's bytes from `start` on. Also the repeat of a piece is told how much is here."""
    if not has_token():
        return receipts.outbox_answer(400, "token")
    try:
        here = pieces.add(current_user.id, checked(sha256), request.args.get("start", type=int), request.get_data())
    except pieces.Full:
        return receipts.outbox_answer(429, "full", why=str(lazy("Too many unfinished photos wait on the server.")))
    return said(sha256, here)


def checked(sha256: str) -> str:
    return sha256 if pieces.DIGEST.fullmatch(sha256) else abort(404)


def said(sha256: str, length: int, known: bool = False) -> Response:
    answer = jsonify(sha256=sha256, length=length, known=known)
    answer.headers["Cache-Control"] = "no-store"
    return answer
