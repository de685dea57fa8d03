"""The customer's surface on a phone without signal: one page for all visits, which the phone keeps and scripts fill."""

from flask import Response, render_template
from markupsafe import Markup

from portal.htmx import page
from portal.i18n import LOCALES, speaking
from portal.permissions import during_handover, signed_in
from portal.reports.forms import ReleaseForm, SignatureForm, survey_form
from portal.reports.offline import paper_words
from portal.reports.statement import statement
from portal.reports.views.base import bp
from portal.reports.views.steps import Steps, questions_of

ALL = {"service_class": "A", "parts": [{"charge": "paid"}]}  # every question: scripts leave out what does not fit
HERE = "/h/offline"


@bp.get(HERE)
@signed_in
@during_handover
def offline() -> Response:
    tongues = {locale: steps_in(locale) for locale in LOCALES}
    return page("handover/offline.html", tongues=tongues, paper_words=paper_words())


def steps_in(locale: str) -> Markup:
    with speaking(locale):
        form = survey_form(locale, ALL)
        drawn = render_template(
            "handover/_offline_steps.html",
            locale=locale,
            form=form,
            steps=Steps(HERE, HERE, HERE, HERE, str),
            signature_form=SignatureForm(),
            release_form=ReleaseForm(),
            statement=statement(locale),
            **questions_of(ALL, form),
        )
        return Markup(drawn)
