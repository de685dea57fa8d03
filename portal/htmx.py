"""The one place that reads HX-* headers. A fragment is a block of the page it belongs to: block = id = target."""

from typing import TYPE_CHECKING, Any

from flask import Flask, Response, current_app, make_response, render_template, request
from jinja2_fragments.flask import render_block

from portal import receipts

if TYPE_CHECKING:
    from portal.forms import EntryForm


def init_app(app: Flask) -> None:
    app.after_request(vary)


def page(template: str, status: int | None = None, *, form: "EntryForm | None" = None, **context: Any) -> Response:
    """The page, or the block of it that htmx asked for. A form that was refused sets the status and, for the
    outbox, becomes the JSON of contract 5."""
    status = status or (form.status if form is not None else 200)
    if status >= 400 and form is not None and receipts.from_outbox():
        return form.outbox_refusal()
    block = wanted_block(template)
    if block:
        body = render_block(template, block, form=form, **context)
    else:
        body = render_template(template, form=form, **context)
    return make_response(body, status)


def wants_fragment() -> bool:
    return request.headers.get("HX-Request") == "true"


def wanted_block(template: str) -> str | None:
    target = request.headers.get("HX-Target", "")
    if not wants_fragment() or not target:
        return None
    blocks = current_app.jinja_env.get_template(template).blocks
    name = target.replace("-", "_")
    return name if name in blocks and name not in ("main", "page", "title", "head") else None


def whole_page(location: str) -> Response:
    """Sends the browser to `location` as a whole page, also from inside a fragment (sign-in, hand-over)."""
    response = make_response("", 204)
    response.headers["HX-Redirect"] = location
    return response


def vary(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.vary.add("HX-Request")
    return response
