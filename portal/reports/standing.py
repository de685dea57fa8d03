"""What a public page may say of a sealed report: how it stands, who signed it and how, with names hidden.

Nothing here tells a stranger anything that does not stand on the paper in their hand.
"""

from dataclasses import dataclass
from datetime import datetime

from portal.reports.models import Report, ReportSignature, newest_report
from portal.signing import operations as signing

SHOWN_OF_A_PERSON = 1
SHOWN_OF_A_PLACE = 2
DIGITS_SHOWN = 12


@dataclass(frozen=True)
class SignedBy:
    """One signature: the masked name, how (a method, or `link`), when."""

    name: str
    method: str
    at: datetime
    offline: bool = False


@dataclass(frozen=True)
class Standing:
    """`state`: broken, erased, void, superseded, unsigned or authentic; the first that is true. `since`: when it became
    void; `newest`: the revision that counts instead."""

    state: str
    customer: str = ""
    site: str = ""
    signatures: tuple[SignedBy, ...] = ()
    since: datetime | None = None
    newest: Report | None = None
    compared: bool = False  # signed without a connection, and the office still compares it with its record


def standing(report: Report) -> Standing:
    if not signing.stands(report.document):
        return Standing("broken")
    if report.erased:
        return Standing("erased")
    content = signing.content_of(report.document)
    shown = (masked(content["customer_name"], SHOWN_OF_A_PLACE), masked(content["site_address"], SHOWN_OF_A_PLACE))
    if content["customer_kind"] != "business":
        shown = (masked(content["customer_name"]), shown[1])
    signatures = tuple(signed_by(one) for one in report.signatures)
    newest = newest_report(report.visit)
    if report.void is not None:
        return Standing("void", *shown, signatures, since=report.void.recorded_at)
    if newest is not None and newest.revision != report.revision:
        return Standing("superseded", *shown, signatures, newest=newest)
    return Standing("authentic" if report.signed else "unsigned", *shown, signatures, compared=report.differs)


def signed_by(signature: ReportSignature) -> SignedBy:
    name = signing.content_of(signature.document).get("signer_name") or ""
    offline = bool(signing.evidence_of(signature.document).get("offline"))
    return SignedBy(masked(name), "link" if signature.link_id else signature.method, signature.signed_at, offline)


def masked(text: str | None, shown: int = SHOWN_OF_A_PERSON) -> str:
    """The first letters and two stars: 王**. A text no longer than that shows one letter less, or nothing."""
    text = (text or "").strip()
    return text[: min(shown, max(len(text) - 1, 0))] + "**" if text else ""
