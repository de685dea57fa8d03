"""`/search`: one box. Enter with a whole number goes straight to the record; typing shows results as they come."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal.forms import Filters, Line, whole_number
from portal.htmx import page, wants_fragment
from portal.i18n import lazy
from portal.permissions import Permission, requires
from portal.search import queries, rules
from portal.search.folding import folded
from portal.search.links import address_of
from portal.search.scope import reach_of

bp = Blueprint("search", __name__)
LARGEST = 999_999_999


class SearchForm(Filters):
    """What is searched."""

    q = Line(lazy("Search"), limit=rules.LONGEST_QUESTION)


@bp.get("/search")
@requires(Permission.SEARCH)
def index() -> BaseResponse:
    form = SearchForm(request.args)
    reach, person_id = reach_of(current_user), current_user.id
    question = form.q.data or ""
    if not form.validate():
        return answer(form, 422)
    if not question:
        return answer(form, groups=queries.recent(reach, person_id))
    terms = rules.terms(folded(question))
    kind = request.args.get("kind", "")
    if kind in reach and terms:
        before = whole_number(request.args.get("before", ""), 0, LARGEST)  # its place within the kind
        hits, following = queries.page_of(kind, terms, reach, person_id, before or None)
        older = url_for("search.index", q=question, kind=kind, before=following) if following else None
        newest = url_for("search.index", q=question, kind=kind) if before else None
        return answer(form, kind=kind, hits=hits, older=older, newest=newest, terms=terms)
    exact, groups = queries.overview(question, terms, reach, person_id)
    if len(exact) == 1 and not wants_fragment():
        there = address_of(exact[0])
        if there:
            return redirect(there, 303)
    return answer(form, exact=exact, groups=groups, terms=terms)


def answer(form: SearchForm, status: int = 200, **found: Any) -> BaseResponse:
    empty: dict[str, Any] = {
        "exact": [],
        "groups": [],
        "hits": [],
        "kind": "",
        "older": None,
        "newest": None,
        "terms": [],
    }
    return page("search/index.html", status, **{**empty, **found, "box": form, "zone": current_user.branch.time_zone})
