"""The block of the signatures: customers' marks, the first one large, and the technicians' marks above their names."""

from collections.abc import Sequence
from typing import Any

from portal.reports.paper.formats import NOTHING, Pair
from portal.reports.paper.sheet import Cell, Payload, cell
from portal.reports.paper.signature import Signature, TechnicianMark, drawn
from portal.reports.paper.text import breakable, clean, one_line

SIGNERS_ON_FACE = 3
PEOPLE_ON_FACE = 3


def signing(
    record: Payload, pair: Pair, signatures: Sequence[Signature], technicians: Sequence[TechnicianMark]
) -> dict[str, Any]:
    """Up to three signers stand on page one, the rest (`behind`) on the annex with a notice before it."""
    marks = [_mark(number, one, record, pair) for number, one in enumerate(signatures)]
    behind = marks[SIGNERS_ON_FACE:]
    reason = pair.choice("sign_refusal_reason", record.get("sign_refusal_reason"))
    return {
        "statement": str(record.get("statement") or ""),
        "who": _who(record, pair, signatures),
        "label": pair.label("customer_signature"),
        "first": marks[0] if marks else _empty(pair),
        "further": marks[1:SIGNERS_ON_FACE],
        "behind": behind,
        "more": pair.word("more_signers", n=len(behind)) if behind else {"value": "", "echo": ""},
        "technicians": _technicians(record, pair, technicians),
        "unsigned": pair.word("not_signed") | {"why": cell(**pair.label("sign_refusal_reason"), **reason, lines=3)}
        if reason["value"]
        else None,
        "seal": [pair.label("customer_seal"), pair.first.word("seal_area")],
    }


def _who(record: Payload, pair: Pair, signatures: Sequence[Signature]) -> list[Cell]:
    """Name, capacity and time of the first signer, as they were signed."""
    first = signatures[0] if signatures else Signature()
    name = record.get("signer_name") or clean(first.name)
    role = pair.choice("signer_role", record.get("signer_role") or clean(first.role))
    at = record.get("signed_at") or first.at
    if not name:
        return []
    spans = (4, 3, 5) if pair.second else (3, 3, 6)
    return [
        cell(**pair.label("signer_name"), value=str(name), span=spans[0]),
        cell(**pair.label("signer_role"), **role, span=spans[1]),
        cell(**pair.label("signed_at"), value=pair.first.moment(at, zone=True), span=spans[2]),
    ]


def _mark(number: int, one: Signature, record: Payload, pair: Pair) -> dict[str, Any]:
    name = clean(one.name) or (str(record.get("signer_name") or "") if number == 0 else "")
    role = pair.choice("signer_role", clean(one.role))
    facts = (name, " ".join(text for text in role.values() if text), pair.first.moment(one.at), clean(one.note))
    return {
        "ink": drawn(one),
        "alt": pair.first.label("customer_signature") + pair.first.word("colon") + name,
        "typed": _line(clean(one.typed_name or "")),
        "typed_note": pair.first.word("typed"),
        "note": _line(clean(one.note)),
        "caption": cell(**pair.label("signer_name"), value=_line(" · ".join(fact for fact in facts if fact))),
    }


def _line(text: str) -> str:
    return breakable(one_line(text))


def _empty(pair: Pair) -> dict[str, Any]:
    return _mark(1, Signature(), {}, pair)


def _technicians(record: Payload, pair: Pair, marks: Sequence[TechnicianMark]) -> dict[str, Any]:
    """All names as one cell, and, where somebody left ink, the first three people side by side."""
    inks = {clean(mark.name): drawn(mark) for mark in marks}
    names = [str(name) for name in record.get("technician_names") or []]
    names += [name for name in inks if name and name not in names]
    together = ("、" if pair.first.chinese else ", ").join(names)
    alt = pair.first.word("technician_mark") + pair.first.word("colon")
    people = [
        {"name": breakable(one_line(name)) or NOTHING, "ink": inks.get(name), "alt": alt + name}
        for name in names[:PEOPLE_ON_FACE]
    ]
    more = len(names) - PEOPLE_ON_FACE
    return {
        "cell": cell(**pair.label("technician_names"), value=together, lines=3),
        "people": people if any(inks.values()) else [],
        "more": pair.first.word("more_people", n=more) if more > 0 else "",
    }
