"""What phones tell about their outbox, and ask about it after a restore. Neither stores work, so neither has an entry
id; the session's token stands in a header, where no page of another site can write it."""

import uuid
from typing import Any

from flask import Response, g, jsonify, request
from flask_login import current_user

from portal import receipts
from portal.forms import plain
from portal.i18n import lazy
from portal.offline import operations
from portal.offline.operations import Reported
from portal.offline.rules import read_moment
from portal.offline.views.base import bp, has_token
from portal.permissions import during_handover, signed_in

MOST_IDS, MOST_ENTRIES = 1000, 200


@bp.post("/have")
@signed_in
@during_handover
def have() -> Response:
    """`{ids: […]}` of what the phone was told is here → `{missing: […]}` of them."""
    ids = listed("ids", MOST_IDS)
    if isinstance(ids, Response):
        return ids
    known = {text: receipts.parse_id(text) for text in ids if isinstance(text, str)}
    gone = operations.missing(current_user.id, [found for found in known.values() if found])
    return jsonify(missing=[text for text, found in known.items() if found is None or found in gone])


@bp.post("/waiting")
@signed_in
@during_handover
def waiting() -> Response:
    """`{entries: [{id, action, visit, created_at, label}], removed: [id]}`: all that the phone holds, and what its
    owner has taken out on purpose."""
    entries = listed("entries", MOST_ENTRIES)
    if isinstance(entries, Response):
        return entries
    reported = [one for one in map(read_entry, entries) if one is not None]
    removed = listed("removed", MOST_ENTRIES, optional=True)
    if isinstance(removed, Response):
        return removed
    operations.note_entries(g.sign_in, reported, [found for text in removed if (found := read_id(text))])
    return jsonify(noted=len(reported))


def listed(name: str, most: int, *, optional: bool = False) -> list[Any] | Response:
    """The list of that name in the JSON that was sent, or the refusal."""
    if not has_token():
        return receipts.outbox_answer(400, "token")
    sent = request.get_json(silent=True)
    found = sent.get(name, [] if optional else None) if isinstance(sent, dict) else None
    if not isinstance(found, list) or len(found) > most:
        words = str(lazy("A list of at most %(n)s is expected.", n=most))
        return receipts.outbox_answer(422, "refused", errors={name: [words]})
    return found


def read_entry(sent: Any) -> Reported | None:
    """As far as it can be read; what has no id cannot be looked for, and is left out."""
    entry_id = read_id(sent.get("id")) if isinstance(sent, dict) else None
    if entry_id is None:
        return None
    return Reported(
        entry_id,
        line(sent.get("action"))[:100],
        read_id(sent.get("visit")),
        line(sent.get("label"))[:200],
        read_moment(line(sent.get("created_at"))),
    )


def read_id(text: Any) -> uuid.UUID | None:
    return receipts.parse_id(text) if isinstance(text, str) else None


def line(text: Any) -> str:
    """One line without control characters."""
    return " ".join(str(plain(text)).split()) if isinstance(text, str) else ""
