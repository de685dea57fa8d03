"""What `signing check` asks of the reports' own rows: each says what its sealed document says, none is missing.

Pages and lists read these rows, so a row that was changed by hand would lie although the seal holds. What an erasure
has emptied cannot be compared; what is left of it is.
"""

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from portal.accounts.secrets import token_hash
from portal.calls.models import Call, Visit
from portal.db import db
from portal.reports import sealed_texts
from portal.reports.erasures import what_stays
from portal.reports.models import KeptPaper, Report, ReportSignature, ReportVoid, Survey
from portal.reports.operations.sealing import verify_token
from portal.reports.printing import is_ours
from portal.signing import rows
from portal.signing.checks import register
from portal.signing.models import ERASURE, REPORT, SIGNATURE, SURVEY, VOID, ErasedDocument, SealedDocument
from portal.signing.operations import content_of, evidence_of
from portal.signing.rows import Break

Whys = Iterator[str]
OF_REPORT = aliased(SealedDocument)  # the document of the report that a signature or a void belongs to


def compare(query: Any, key: Any, whys: Callable[..., Whys]) -> Iterator[Break]:
    """What is wrong in each row; `query` selects the sealed document first, then what `whys` compares with it."""
    for row in rows.read(query, key):
        if isinstance(row, Break):
            yield row
            continue
        try:
            found = list(whys(*row))
        except rows.UNREADABLE:
            found = ["what it says cannot be compared"]
        yield from (Break(row[0].n, row[0].number, why) for why in found)


@register
def reports() -> Iterator[Break]:
    own = select(func.count()).where(ReportSignature.report_id == Report.id).scalar_subquery()
    first = exists().where(ReportSignature.document_n == Report.document_n)
    query = (
        select(SealedDocument, Report, Call.number, Visit.seq, own, first)
        .join(Report, Report.document_n == SealedDocument.n)
        .outerjoin(Visit, Visit.id == Report.visit_id)
        .outerjoin(Call, Call.id == Visit.call_id)
    )
    stays = what_stays()

    def whys(document: Any, report: Any, call: Any, seq: Any, signatures: int, has_first: bool) -> Whys:
        if document.kind != REPORT:
            yield "the report stands for a document of another kind"
        if (report.number, report.revision) != (document.number, document.revision):
            yield "the report's number or revision was changed"
        if report.submitted_at != document.sealed_at:
            yield "the report's time was changed"
        if report.verify_hash != token_hash(verify_token(document.number, document.revision)):
            yield "the report's public address was changed"
        if document.erased:
            if report.signed != (document.n in stays.signed) or has_first != (document.n in stays.signatures):
                yield "the report says that it is signed, and is not, or the other way round"
            return
        content, method = content_of(document), evidence_of(document)["method"]
        without_rows = content["form"] == "FSR-1" and method != "none"
        if report.signed != (bool(signatures) or without_rows):
            yield "the report says that it is signed, and is not, or the other way round"
        if has_first != (method != "none") and not without_rows:
            yield "the row of its own signature is missing or does not belong here"
        if report.reason != (content.get("revision_reason") or ""):
            yield "the report's reason was changed"
        if (call, seq) != (content["work_order_no"], content["visit_seq"]):
            yield "the report belongs to another visit"

    return compare(query, Report.document_n, whys)


@register
def revisions() -> Iterator[Break]:
    """The revisions of a number are sealed one after the other, none left out."""
    order = select(Report.number, Report.revision, Report.document_n).order_by(Report.number, Report.revision)
    for number, found in groupby(db.session.execute(order), key=lambda row: row.number):
        of_number = list(found)
        places = [row.document_n for row in of_number]
        if [row.revision for row in of_number] != list(range(1, len(of_number) + 1)) or places != sorted(places):
            yield Break(places[-1], str(number), "its revisions are not in order")


@register
def signatures() -> Iterator[Break]:
    query = (
        select(SealedDocument, ReportSignature, Report, OF_REPORT.content_digest)
        .join(ReportSignature, ReportSignature.document_n == SealedDocument.n)
        .outerjoin(Report, Report.id == ReportSignature.report_id)
        .outerjoin(OF_REPORT, OF_REPORT.n == Report.document_n)
    )

    stays = what_stays()

    def whys(document: Any, signature: Any, report: Any, digest: Any) -> Whys:
        if report is None or (document.number, document.revision) != (report.number, report.revision):
            yield "the signature belongs to another report"
            return
        if signature.signed_at != document.sealed_at:
            yield "the signature's time was changed"
        further = document.n != report.document_n
        if document.kind != (SIGNATURE if further else REPORT) or document.n < report.document_n:
            yield "the signature stands for a document of another kind"
        row = [signature.method, signature.signer_role, signature.proxy]
        if document.erased:
            if row != stays.signatures.get(document.n):
                yield "the signature's method, role or representation was changed"
            return
        content, evidence = content_of(document), evidence_of(document)
        if further and content["content_digest"] != digest:
            yield "the signature names another text than the report's"
        if row != [evidence["method"], content["signer_role"] or "", bool(content["signed_for"])]:
            yield "the signature's method, role or representation was changed"
        if not names(evidence, hand_over_id=signature.hand_over_id, link_id=signature.link_id):
            yield "the signature came in another way"

    return compare(query, ReportSignature.document_n, whys)


def names(evidence: dict[str, Any], **ids: Any) -> bool:
    return all(evidence.get(name) == (str(value) if value else None) for name, value in ids.items())


@register
def voids() -> Iterator[Break]:
    query = (
        select(SealedDocument, ReportVoid, Report, OF_REPORT.content_digest)
        .join(ReportVoid, ReportVoid.document_n == SealedDocument.n)
        .outerjoin(Report, Report.id == ReportVoid.report_id)
        .outerjoin(OF_REPORT, OF_REPORT.n == Report.document_n)
    )

    def whys(document: Any, void: Any, report: Any, digest: Any) -> Whys:
        if report is None or (document.number, document.revision) != (report.number, report.revision):
            yield "the void belongs to another report"
            return
        if document.kind != VOID or document.n < report.document_n:
            yield "the void stands for a document of another kind"
        if void.recorded_at != document.sealed_at:
            yield "the void's time was changed"
        if document.erased:
            return
        content = content_of(document)
        if content["content_digest"] != digest:
            yield "the void names another text than the report's"
        if void.reason != content["reason"] or not names(evidence_of(document), ordered_by=void.person_id):
            yield "the void's reason or person was changed"

    return compare(query, ReportVoid.document_n, whys)


@register
def surveys() -> Iterator[Break]:
    query = (
        select(SealedDocument, Survey, Call.number, Visit.seq)
        .join(Survey, Survey.document_n == SealedDocument.n)
        .outerjoin(Visit, Visit.id == Survey.visit_id)
        .outerjoin(Call, Call.id == Visit.call_id)
    )

    def whys(document: Any, survey: Any, call: Any, seq: Any) -> Whys:
        if document.kind != SURVEY or document.number != f"{call}/{seq}":
            yield "the survey belongs to another visit"
        if survey.recorded_at != document.sealed_at:
            yield "the survey's time was changed"
        if document.erased:
            if survey.answers != {}:
                yield "the survey was erased and has answers"
            return
        content = content_of(document)
        says = [content["version"], content["state"], content["locale"], content["assisted"]]
        if [survey.version, survey.state, survey.locale, survey.assisted] != says:
            yield "the survey's version, state or language was changed"
        if not sealed_texts.same(survey.answers, content["answers"]):
            yield "the survey's answers were changed"
        if not names(evidence_of(document), hand_over_id=survey.hand_over_id, link_id=survey.link_id):
            yield "the survey came in another way"

    return compare(query, Survey.document_n, whys)


@register
def unsealed_surveys() -> Iterator[Break]:
    """Surveys without a document are older than the first one that has one: since then all are sealed."""
    sealed = aliased(Survey)
    since = select(func.min(sealed.recorded_at)).where(sealed.document_n.is_not(None)).scalar_subquery()
    query = (
        select(Call.number, Visit.seq)
        .join(Visit, Visit.call_id == Call.id)
        .join(Survey, Survey.visit_id == Visit.id)
        .where(Survey.document_n.is_(None), Survey.recorded_at >= since)
    )
    for number, seq in db.session.execute(query):
        yield Break(0, f"{number}/{seq}", "the survey has no sealed document")


@register
def missing_rows() -> Iterator[Break]:
    """A sealed document without the row that shows it to people."""
    shown = {
        REPORT: Report.document_n,
        SIGNATURE: ReportSignature.document_n,
        VOID: ReportVoid.document_n,
        SURVEY: Survey.document_n,
        ERASURE: ErasedDocument.erasure_n,
    }
    for kind, column in shown.items():
        query = select(SealedDocument.n, SealedDocument.number).where(
            SealedDocument.kind == kind, ~exists().where(column == SealedDocument.n)
        )
        for n, number in db.session.execute(query):
            yield Break(n, number, f"the row of its {kind} is missing")


@register
def erasures() -> Iterator[Break]:
    """Whatever an erasure names is emptied, and nothing else leans on it."""
    erased: dict[int, set[int]] = {}
    for n, erasure in db.session.execute(select(ErasedDocument.n, ErasedDocument.erasure_n)):
        erased.setdefault(erasure, set()).add(n)
    emptied = set(db.session.scalars(select(SealedDocument.n).where(SealedDocument.salt == "")))

    def whys(document: Any) -> Whys:
        found = erased.get(document.n, set())
        if document.kind != ERASURE:
            if found:
                yield "documents were erased in the name of one that is no erasure"
            return
        named = set(content_of(document)["documents"])
        if found != named:
            yield "the list of what it erased was changed"
        if not named <= emptied or any(n >= document.n for n in named):
            yield "what it erased is not empty"

    wanted = (SealedDocument.kind == ERASURE) | SealedDocument.n.in_(erased)
    return compare(select(SealedDocument).where(wanted), SealedDocument.n, whys)


@register
def papers() -> Iterator[Break]:
    """A kept paper was registered by whoever holds the key."""
    query = select(SealedDocument, KeptPaper).join(Report, Report.document_n == SealedDocument.n)

    def whys(_document: Any, kept: Any) -> Whys:
        if not is_ours(kept):
            yield "a paper was put among those that we made"

    return compare(query.join(KeptPaper, KeptPaper.report_id == Report.id), Report.document_n, whys)


@register
def texts() -> Iterator[Break]:
    """What stands in the sealed texts: known statements, real ink, photos that are there, and the survey before."""
    surveys = set(db.session.scalars(select(SealedDocument.n).where(SealedDocument.kind == SURVEY)))
    photos = sealed_texts.Photos()

    def whys(document: Any) -> Whys:
        if document.erased:
            return
        content, evidence = content_of(document), evidence_of(document)
        yield from sealed_texts.statement_problems(content, evidence)
        yield from sealed_texts.ink_problems(evidence)
        yield from photos.problems(content, evidence)
        before = evidence.get("survey")
        if before is not None and (before not in surveys or before >= document.n):
            yield "the survey was not sealed before the signature"

    query = select(SealedDocument).where(SealedDocument.kind.in_([REPORT, SIGNATURE]))
    return compare(query, SealedDocument.n, whys)
