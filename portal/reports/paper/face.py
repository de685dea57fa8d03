"""The face as the template wants it: the blocks of the sheet, and around them head, signatures, review and foot."""

from dataclasses import dataclass
from typing import Any

from portal.reports.paper import charges
from portal.reports.paper.fonts import FACES
from portal.reports.paper.formats import Tongue
from portal.reports.paper.sheet import Payload, Row, Sheet, cell
from portal.reports.paper.signature import Signature, drawn
from portal.reports.paper.text import clean, one_line

LANGUAGE_TAGS = {"zh_Hans": ("zh", "cn"), "zh_Hant": ("zh", "tw"), "en": ("en", "gb"), "es": ("es", "es")}


@dataclass(frozen=True)
class Review:
    """The supervisor's answer (`approved` or `returned`). It comes beside the payload, for it is not signed by the
    customer. `at` is ISO 8601 in the site's zone; `note` is never printed on the customer's copy."""

    result: str
    by: str
    at: str
    note: str | None = None


def compose(
    record: Payload, tongue: Tongue, signature: Signature | None, review: Review | None, copy: str | None
) -> dict[str, Any]:
    """All that the template draws but photos, marks and the foot; `record` is clean already."""
    if copy == "office":
        record = record | {"contact_phone": _masked(record.get("contact_phone"))}
    sheet = Sheet(record, tongue)
    return _page(tongue) | {
        "head": _head(record, tongue),
        "strip": sheet.strip(),
        "blocks": [
            _block("customer", sheet.customer(), tongue),
            _block("equipment", sheet.equipment(), tongue),
            _block("times", sheet.times(), tongue),
            _block("fault", sheet.fault(), tongue),
            _block("work", sheet.work(), tongue),
            _block("parts", [], tongue) | {"parts": charges.parts_table(record, tongue)},
            _block("charges", charges.charges(record, tongue), tongue),
            _block("advice", sheet.advice(), tongue),
            _block("signature", sheet.opinion(), tongue) | {"sign": _signing(record, tongue, signature)},
            _block("review", [_review(review, tongue, copy)], tongue),
        ],
        "words": {name: tongue.word(name) for name in ("full_text", "cut", "annex", "photos", "photo_missing", "qr")},
    }


def _page(tongue: Tongue) -> dict[str, Any]:
    lang, region = LANGUAGE_TAGS[tongue.language]
    faces = list(FACES) if tongue.language != "zh_Hant" else list(reversed(FACES))
    return {"lang": lang, "region": region, "fonts": faces, "chinese": tongue.chinese}


def _block(name: str, rows: list[Row], tongue: Tongue) -> dict[str, Any]:
    return {"name": tongue.word(f"block_{name}"), "rows": rows}


def _head(record: Payload, tongue: Tongue) -> dict[str, str]:
    version = record.get("report_version") or 1
    hotline = record.get("provider_hotline")
    return {
        "provider": one_line(str(record.get("provider_name") or "")),
        "hotline": f"{tongue.label('provider_hotline')} {one_line(str(hotline))}" if hotline else "",
        "title": tongue.word("title"),
        "second": tongue.word("second_title"),
        "number_label": tongue.label("report_no"),
        "number": one_line(str(record.get("report_no") or "")),
        "version": tongue.word("amended" if int(version) > 1 else "version", n=version),
    }


def _signing(record: Payload, tongue: Tongue, signature: Signature | None) -> dict[str, Any]:
    names = ("、" if tongue.chinese else ", ").join(str(name) for name in record.get("technician_names") or [])
    who = [
        cell(tongue.label("signer_name"), str(record.get("signer_name") or ""), span=3),
        cell(tongue.label("signer_role"), tongue.choice("signer_role", record.get("signer_role")), span=3),
        cell(tongue.label("signed_at"), tongue.moment(record.get("signed_at"), zone=True), span=6),
    ]
    reason = tongue.choice("sign_refusal_reason", record.get("sign_refusal_reason"))
    return {
        "statement": str(record.get("statement") or ""),
        "who": who if record.get("signer_name") else [],
        "technicians": cell(tongue.label("technician_names"), names, lines=3),
        "label": tongue.label("customer_signature"),
        "ink": drawn(signature),
        "alt": _said(tongue, "customer_signature", str(record.get("signer_name") or "")),
        "typed": clean(signature.typed_name or "") if signature else "",
        "typed_note": tongue.word("typed"),
        "unsigned": [tongue.word("not_signed"), _said(tongue, "sign_refusal_reason", reason)] if reason else [],
        "seal": [tongue.label("customer_seal"), tongue.word("seal_area")],
    }


def _said(tongue: Tongue, field: str, value: str) -> str:
    return tongue.label(field) + tongue.word("colon") + value


def _review(review: Review | None, tongue: Tongue, copy: str | None) -> Row:
    """Empty fields to be filled by hand until there is a review, for nobody may take silence for approval."""
    result = tongue.choice("review_result", review.result) if review else ""
    note = f" · {clean(review.note)}" if review and review.note and copy != "customer" else ""
    values = (result + note, clean(review.by) if review else "", tongue.moment(review.at) if review else "")
    names = ("review_result", "reviewed_by", "reviewed_at")
    row = [cell(tongue.label(name), value, span=4) for name, value in zip(names, values, strict=True)]
    return row if review else [one | {"value": ""} for one in row]


def foot(record: Payload, tongue: Tongue, content_hash: str | None, copy: str | None) -> dict[str, str]:
    """The foot of every page."""
    hotline = record.get("provider_hotline")
    return {
        "copy": tongue.word(f"copy_{copy}") if copy else "",
        "page": tongue.word("page"),
        "hash": f"{tongue.label('content_hash')} SHA-256 {content_hash[:12]}" if content_hash else "",
        "privacy": tongue.word("privacy"),
        "complaints": f"{tongue.word('complaints')} {one_line(str(hotline))}" if hotline else "",
    }


def _masked(phone: Any) -> str:
    """The number without its middle: enough to recognise it, too little to call."""
    text = str(phone or "")
    return f"{text[:3]}****{text[-4:]}" if len(text) > 7 else text
