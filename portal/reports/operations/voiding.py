"""A report that does not count: void, by a supervisor and with a reason. What was sealed stays as it is; the void is
one more document of the chain."""

from portal import history
from portal.accounts.models import Person
from portal.calls.operations import ask_to_mend, lock, withdraw
from portal.calls.rules import TO_MEND
from portal.db import db
from portal.errors import Conflict
from portal.i18n import lazy
from portal.reports.models import Report, ReportVoid, newest_report
from portal.reports.operations.sealing import ensure_kept
from portal.signing import operations as signing
from portal.signing.models import VOID


def void_report(report: Report, *, reason: str, again: bool, person: Person) -> ReportVoid:
    """A supervisor says that this revision does not count. `again`: the technician has it signed anew as the next
    revision; otherwise the visit ends here. An older revision that is void changes nothing at the visit."""
    visit = report.visit
    lock(visit)
    db.session.refresh(report, ["void"])
    if report.void is not None:
        raise Conflict(lazy("This revision is void already."))
    ensure_kept(report)
    if report.was_worked_on_by(person):
        raise Conflict(lazy("Nobody reviews their own work."))
    content = {
        "report_no": report.number,
        "report_version": report.revision,
        "content_digest": report.document.content_digest,
        "reason": reason,
    }
    document = signing.seal(VOID, report.number, report.revision, content, {"ordered_by": str(person.id)})
    void = ReportVoid(
        report=report, document=document, person_id=person.id, reason=reason, recorded_at=document.sealed_at
    )
    db.session.add(void)
    db.session.flush()
    if newest_report(visit) is report:
        if again:
            ask_to_mend(visit, TO_MEND, reason)
        else:
            withdraw(visit, reason)
    history.record("void_report", report, person_id=person.id, number=report.number, revision=report.revision)
    return void
