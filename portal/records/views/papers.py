"""Papers of a file: sent, taken away to read, taken out."""

import uuid

from flask import Response, abort, flash, make_response
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal import files
from portal.customers.models import Customer, Equipment
from portal.db import db
from portal.htmx import page
from portal.i18n import _
from portal.permissions import Permission, requires
from portal.records import queries
from portal.records.forms import PaperForm, ReasonForm
from portal.records.models import Paper
from portal.records.operations import papers
from portal.records.views.base import address_of, bp, find_customer, find_unit, to_file

ENDINGS = {papers.PDF: "pdf", papers.JPEG: "jpg"}
ONLY_BYTES = "default-src 'none'; sandbox"  # whatever a browser makes of it, it may do nothing


@bp.route("/customers/<uuid:customer_id>/papers", methods=["GET", "POST"])
@requires(Permission.FILE_EDIT)
def customer_papers(customer_id: uuid.UUID) -> BaseResponse:
    return new_paper(find_customer(customer_id))


@bp.route("/equipment/<uuid:unit_id>/papers", methods=["GET", "POST"])
@requires(Permission.FILE_EDIT)
def unit_papers(unit_id: uuid.UUID) -> BaseResponse:
    return new_paper(find_unit(unit_id))


def new_paper(owner: Customer | Equipment) -> BaseResponse:
    form = PaperForm(data={"kind": "invoice"})
    if form.accepted():
        with form.refusals():
            title = form.title.data or ""
            papers.add_paper(owner, kind=str(form.kind.data), title=title, file=form.file.data, person=current_user)
            flash(_("The paper is in the file."))
            return to_file(owner)
    return page("records/new_paper.html", form=form, owner=owner, back=address_of(owner))


def find_paper(paper_id: uuid.UUID) -> tuple[Paper, Customer | Equipment]:
    """The paper with the file it is in, for whoever may see both."""
    paper = db.session.get(Paper, paper_id) or abort(404)
    owner = find_customer(paper.customer_id) if paper.customer_id else find_unit(paper.equipment_id or paper.id)
    if paper.id not in {one.id for one in queries.papers_of(owner, current_user)}:
        abort(404)
    return paper, owner


@bp.get("/papers/<uuid:paper_id>")
@requires(Permission.FILE_VIEW)
def paper(paper_id: uuid.UUID) -> Response:
    found, _owner = find_paper(paper_id)
    try:
        response = make_response(files.read(found.digest))
    except OSError:
        abort(404)
    response.headers["Content-Type"] = found.content_type
    name = f"{found.kind}-{found.recorded_at:%Y%m%d}-{found.digest[:8]}.{ENDINGS[found.content_type]}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Content-Security-Policy"] = ONLY_BYTES
    response.headers["Cache-Control"] = "private, no-store"
    return response


@bp.route("/papers/<uuid:paper_id>/removal", methods=["GET", "POST"])
@requires(Permission.FILE_EDIT)
def paper_removal(paper_id: uuid.UUID) -> BaseResponse:
    found, owner = find_paper(paper_id)
    form = ReasonForm()
    if form.accepted():
        with form.refusals():
            papers.remove_paper(owner, found, form.reason.data, person=current_user)
            flash(_("The paper was taken out. It stays in the file as a marked line."))
            return to_file(owner)
    return page("records/paper_removal.html", form=form, paper=found, owner=owner, back=address_of(owner))
