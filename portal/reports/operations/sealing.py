"""From a composed report to a sealed one: number, document, first signature and the visit's new state in one go."""

from typing import Any

from portal.accounts.secrets import token_hash
from portal.calls.models import Visit
from portal.calls.operations import advance
from portal.calls.repeats import SIGNATURE
from portal.clock import now
from portal.db import db
from portal.errors import Conflict
from portal.i18n import lazy
from portal.numbering import issue_number
from portal.reports.models import Report, ReportSignature, newest_report
from portal.signing import operations as signing
from portal.signing.models import REPORT
from portal.signing.rules import token
from portal.visits.facts import Facts
from portal.visits.models import latest_finding
from portal.visits.operations import link_repeats


def submit(visit: Visit, content: dict[str, Any], evidence: dict[str, Any], *, signed: bool) -> Report:
    """A first report gets its number here, in the transaction that seals it; a later revision keeps it."""
    branch, last = visit.call.branch, newest_report(visit)
    number = last.number if last else issue_number("FW", branch.code, now(), branch.time_zone)
    revision = int(content["report_version"])
    document = signing.seal(REPORT, number, revision, content | {"report_no": number}, evidence)
    report = Report(
        number=number,
        revision=revision,
        visit=visit,
        document_n=document.n,
        document=document,
        signed=signed,
        reason=content["revision_reason"] or "",
        verify_hash=token_hash(verify_token(number, revision)),
        submitted_at=document.sealed_at,
    )
    db.session.add(report)
    db.session.flush()
    advance(visit, "signed" if signed else "unsigned")
    found = latest_finding(visit)
    if found is not None and visit.person is not None:
        link_repeats(visit, found.component, ground=SIGNATURE, person=visit.person)
    return report


def first_signature(report: Report, content: dict[str, Any], method: str, **where: Any) -> ReportSignature:
    """The row for the signature that stands in the report's own document; `where` is `hand_over_id` if there is one."""
    signature = ReportSignature(
        report=report,
        document=report.document,
        method=method,
        signer_role=content["signer_role"] or "",
        proxy=bool(content["signed_for"]),
        signed_at=report.document.sealed_at,
        **where,
    )
    db.session.add(signature)
    db.session.flush()
    return signature


def ensure_kept(report: Report) -> None:
    """Refuses what is about an erased report. Asked under the visit's lock: somebody else may have erased it while we
    waited for that."""
    db.session.refresh(report.document, ["salt"])
    if report.erased:
        raise Conflict(lazy("This report was erased. Nothing of it changes any more."))


def ensure_stands(report: Report) -> None:
    """Nobody signs what is void or erased."""
    ensure_kept(report)
    db.session.refresh(report, ["void"])
    if report.void:
        raise Conflict(lazy("This report was declared void. Nothing is signed."))


def verify_token(number: str, revision: int) -> str:
    """The secret of the address printed on the paper: made from the key, so that a paper can be printed again."""
    return token(signing.signing_key(), "verify", number, revision)


def technicians_marks(facts: Facts) -> list[dict[str, Any]]:
    """The specimens that were confirmed at `finish` or on leaving, one a person, with the moment."""
    marks = {
        event.person.name: {
            "name": event.person.name,
            "strokes": event.specimen.strokes,
            "confirmed_at": event.recorded_at.isoformat(timespec="seconds"),
        }
        for event in facts.events
        if event.kind in ("finish", "leaving") and event.specimen is not None
    }
    return list(marks.values())
