"""The face as the template wants it: the blocks of the sheet, and around them head, signatures, review and foot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.reports.paper import charges, checks, readings
from portal.reports.paper.fonts import FACES
from portal.reports.paper.formats import Pair, Said, Tongue
from portal.reports.paper.sheet import Cell, Payload, Row, Sheet, cell
from portal.reports.paper.signature import Signature, TechnicianMark
from portal.reports.paper.signing import signing
from portal.reports.paper.text import clean, one_line

LANGUAGE_TAGS = {"zh_Hans": ("zh", "cn"), "zh_Hant": ("zh", "tw"), "en": ("en", "gb"), "es": ("es", "es")}
TEMPLATE_WORDS = ("full_text", "cut", "colon", "photo_missing", "qr", "proof")


@dataclass(frozen=True)
class Review:
    """The supervisor's answer (`approved` or `returned`). It comes beside the payload, for it is not signed by the
    customer. `at` is ISO 8601 in the site's zone; `note` is never printed on the customer's copy."""

    result: str
    by: str
    at: str
    note: str | None = None


@dataclass(frozen=True)
class Beside:
    """What is printed beside the payload: the marks, the review, and what the copy's foot says."""

    signatures: Sequence[Signature] = ()
    technicians: Sequence[TechnicianMark] = ()
    review: Review | None = None
    mark: str | None = None
    copy: str | None = None
    content_hash: str | None = None
    chain_head: str | None = None
    notice: Mapping[str, str] = field(default_factory=dict)  # the company's privacy line, by language
    unheard: str | None = None  # signed without a connection: when by the phone's clock, "" where it said none


def compose(record: Payload, pair: Pair, beside: Beside) -> dict[str, Any]:
    """All that the template draws but pictures; `record` is clean already."""
    if beside.copy == "office":
        record = record | {"contact_phone": _masked(record.get("contact_phone"))}
    first, second = pair.first, pair.second
    sheet = Sheet(record, first, second)
    signed = signing(record, pair, beside.signatures, beside.technicians)
    makers = (readings.reading_table, checks.check_table, checks.labour_table)
    tables = [one for one in (make(record, pair) for make in makers) if one]
    return {
        "page": _page(first),
        "second": _page(second) if second else None,
        "head": _head(record, pair),
        "strip": sheet.strip(),
        "blocks": [
            _block("customer", sheet.customer(), first),
            _block("equipment", sheet.equipment(), first),
            _block("times", sheet.times(), first),
            _block("fault", sheet.fault(), first),
            _block("work", sheet.work(), first),
            _block("parts", [], first) | {"parts": charges.parts_table(record, first, second)},
            _block("charges", charges.charges(record, first, second), first),
            _block("advice", sheet.advice(), first),
            _block("signature", sheet.opinion(), first) | {"sign": signed},
            _block("review", [_review(beside.review, pair, beside.copy)], first),
        ],
        "tables": tables,
        "photos_title": pair.titled("photos"),
        "notice": _notice(record, pair, tables, signed),
        "mark": [tongue.word(beside.mark) for tongue in (first, second) if tongue and beside.mark],
        "edge": edge(pair, beside.unheard),
        "foot": _foot(record, pair, beside),
        "words": {name: first.word(name) for name in TEMPLATE_WORDS},
    }


def edge(pair: Pair, unheard: str | None) -> str:
    """What runs along both edges of every page of a report that was signed while we could not be reached."""
    if unheard is None:
        return ""
    return " / ".join(signed_unheard(tongue, unheard) for tongue in (pair.first, pair.second) if tongue)


def signed_unheard(tongue: Tongue, moment: str) -> str:
    return tongue.word("offline", at=tongue.moment(moment)) if moment else tongue.word("offline_mark")


def _page(tongue: Tongue) -> dict[str, Any]:
    lang, region = LANGUAGE_TAGS[tongue.language]
    faces = list(FACES) if tongue.language != "zh_Hant" else list(reversed(FACES))
    return {"lang": lang, "region": region, "fonts": faces, "chinese": tongue.chinese}


def _block(name: str, rows: list[Row], tongue: Tongue) -> dict[str, Any]:
    return {"name": tongue.word(f"block_{name}"), "rows": rows}


def _head(record: Payload, pair: Pair) -> dict[str, Any]:
    version = record.get("report_version") or 1
    hotline = record.get("provider_hotline")
    title = pair.titled("title")
    return {
        "provider": cell(**pair.label("provider_name"), value=str(record.get("provider_name") or "")),
        "hotline": f"{pair.first.label('provider_hotline')} {one_line(str(hotline))}" if hotline else "",
        "title": title["label"],
        "second": title["second"],
        "annex": [text for text in pair.titled("annex").values() if text],
        "number_label": pair.label("report_no"),
        "number": one_line(str(record.get("report_no") or "")),
        "version": pair.first.word("amended" if int(version) > 1 else "version", n=version),
    }


def _review(review: Review | None, pair: Pair, copy: str | None) -> Row:
    """Empty fields to be filled by hand until there is a review, for nobody may take silence for approval."""
    labels = [pair.label(name) for name in ("review_result", "reviewed_by", "reviewed_at")]
    if not review:
        return [cell(**label, value="", span=4) | {"value": ""} for label in labels]
    result = pair.choice("review_result", review.result)
    note = clean(review.note) if review.note and copy != "customer" else ""
    value = " · ".join(text for text in (*result.values(), note) if text)
    said = ({"value": value}, {"value": clean(review.by)}, {"value": pair.first.moment(review.at)})
    return [_answer(label, answer) for label, answer in zip(labels, said, strict=True)]


def _answer(label: Said, said: Said) -> Cell:
    return cell(**label, **said, span=4)


def _notice(record: Payload, pair: Pair, tables: list[checks.Table], signed: dict[str, Any]) -> str:
    """What the annex holds, for the foot of page one. Texts that were cut and parts say it where they stand."""
    counts = [(one["heading"]["label"], len(one["rows"])) for one in tables]
    counts.append((pair.first.word("photos"), len(record.get("photos") or [])))
    counts.append((pair.first.word("signers"), len(signed["behind"])))
    held = " · ".join(f"{name} {count}" for name, count in counts if count)
    return f"{pair.first.word('annex')}{pair.first.word('colon')}{held}" if held else ""


def _foot(record: Payload, pair: Pair, beside: Beside) -> dict[str, str]:
    """The foot of every page."""
    tongue, hotline, digest = pair.first, record.get("provider_hotline"), beside.content_hash
    return {
        "copy": " ".join(text for text in pair.word(f"copy_{beside.copy}").values() if text) if beside.copy else "",
        "page": tongue.word("page"),
        "hash": f"{tongue.label('content_hash')} SHA-256 {digest[:12]}" if digest else "",
        "chain": f"{tongue.word('chain')} {clean(one_line(beside.chain_head))}" if beside.chain_head else "",
        "privacy": clean(one_line(beside.notice.get(tongue.language) or "")) or tongue.word("privacy"),
        "complaints": f"{tongue.word('complaints')} {one_line(str(hotline))}" if hotline else "",
    }


def _masked(phone: Any) -> str:
    """The number without its middle: enough to recognise it, too little to call."""
    text = str(phone or "")
    return f"{text[:3]}****{text[-4:]}" if len(text) > 7 else text
