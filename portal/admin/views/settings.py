"""What the office decides: each key with what holds, what will hold, and what held."""

from typing import Any

from flask import abort, flash, redirect, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal import settings as kept
from portal.accounts.models import Person
from portal.admin import operations
from portal.admin.forms import SettingForm, standing_setting
from portal.admin.queries import everybody
from portal.admin.views.base import bp, zone
from portal.admin.words import SETTINGS
from portal.changing import fingerprint
from portal.htmx import page
from portal.i18n import _
from portal.permissions import Permission, requires

HERE = [one for one in kept.DEFINITIONS.values() if one.kind in (kept.TEXT, kept.DAYS)]  # the others: the company page


@bp.get("/admin/settings")
@requires(Permission.SETTING_VIEW)
def settings() -> BaseResponse:
    present = {one.key: kept.value(one.key) for one in HERE}
    return page("admin/settings.html", definitions=HERE, present=present, words=SETTINGS)


@bp.route("/admin/settings/<key>", methods=["GET", "POST"])
@requires(Permission.SETTING_VIEW)
def setting(key: str) -> BaseResponse:
    definition = next((one for one in HERE if one.key == key), None) or abort(404)
    form, person = SettingForm(definition, kept.value(key)), current_user._get_current_object()
    if form.accepted():
        with form.refusals():
            changed = operations.decide(
                key,
                form.value,
                person=person,
                reason=form.reason.data,
                day=form.effective_from.data,
                version=form.seen,
            )
            flash(_("Saved.") if changed else _("Nothing was changed."))
            return redirect(url_for("admin.setting", key=key), 303)
    present = fingerprint(operations.decided(key))
    if form.is_stale:
        form.compare(standing_setting(kept.value(key)), present, operations.last_decision(key))
    elif not form.version.data:
        form.version.data = present
    return setting_page(definition, form, person)


def setting_page(definition: kept.Definition, form: SettingForm, person: Person) -> BaseResponse:
    names: dict[Any, str] = {one.id: one.name for one in everybody()}
    return page(
        "admin/setting.html",
        form=form,
        definition=definition,
        title=SETTINGS[definition.key][0],
        explanation=SETTINGS[definition.key][1],
        versions=kept.versions(definition.key),
        names=names,
        as_text=operations.as_text,
        allowed=operations.may_decide(person, definition),
        zone=zone(),
    )
