"""How the house looks, and its branches."""

import re

from flask import Response, abort, flash, make_response, redirect, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal import files, i18n, settings
from portal.accounts.models import Branch
from portal.accounts.operations import change_branch, facts_of, first_branch, last_change
from portal.admin import operations, queries
from portal.admin.forms import BranchForm, LooksForm, called, standing_branch
from portal.admin.views.base import bp, zone
from portal.changing import fingerprint
from portal.htmx import page
from portal.i18n import _
from portal.permissions import Permission, public, requires


@bp.route("/admin/company", methods=["GET", "POST"])
@requires(Permission.SETTING_CHANGE)
def company() -> BaseResponse:
    spoken = i18n.offered()
    present = {**called(settings.value("company_name")), "languages": spoken, "first_language": spoken[0]}
    form = LooksForm(data=present)
    if form.accepted():
        with form.refusals():
            operations.change_look(
                name=form.names,
                languages=form.spoken,
                logo=form.logo.data,
                without_logo=form.without_logo.data,
                person=current_user,
                version=form.seen,
            )
            flash(_("Saved."))
            return redirect(url_for("admin.company"), 303)
    standing = fingerprint(operations.decided(*operations.LOOKS))
    if form.is_stale:
        form.compare(present, standing, operations.last_decision(*operations.LOOKS))
    elif not form.version.data:
        form.version.data = standing
    return page("admin/company.html", form=form, zone=zone())


@bp.get("/logo/<digest>")
@public
def logo(digest: str) -> BaseResponse:
    """The present logo; pages ask for it by its digest, so that it is fetched once."""
    if not re.fullmatch(r"[0-9a-f]{64}", digest) or digest != settings.value("logo"):
        abort(404)
    try:
        response: Response = make_response(files.read(digest))
    except OSError:
        abort(404)
    response.mimetype = "image/png"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@bp.get("/admin/branches")
@requires(Permission.SETTING_VIEW)
def branches() -> BaseResponse:
    return page("admin/branches.html", branches=queries.branches())


@bp.route("/admin/branches/new", methods=["GET", "POST"])
@requires(Permission.SETTING_CHANGE)
def new_branch() -> BaseResponse:
    form = BranchForm()
    if form.accepted():
        with form.refusals():
            operations.open_branch(str(form.code.data), form.names, form.hotline.data or "", str(form.time_zone.data))
            flash(_("Saved."))
            return redirect(url_for("admin.branches"), 303)
    return branch_page(form, None)


@bp.route("/admin/branches/<code>", methods=["GET", "POST"])
@requires(Permission.SETTING_CHANGE)
def branch(code: str) -> BaseResponse:
    found = (first_branch(code) if re.fullmatch(r"[A-Za-z0-9]{1,4}", code) else None) or abort(404)
    form = BranchForm(found)
    if form.accepted():
        with form.refusals():
            time_zone = str(form.time_zone.data)
            hotline = form.hotline.data or ""
            change_branch(found, labels=form.names, hotline=hotline, time_zone=time_zone, version=form.seen)
            flash(_("Saved."))
            return redirect(url_for("admin.branches"), 303)
    if form.is_stale:
        form.compare(standing_branch(found), fingerprint(facts_of(found)), last_change(found))
    return branch_page(form, found)


def branch_page(form: BranchForm, found: Branch | None) -> Response:
    if found is not None and not form.version.data:
        form.version.data = fingerprint(facts_of(found))
    return page("admin/branch.html", form=form, branch=found, zone=zone())
