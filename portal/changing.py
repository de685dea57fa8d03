"""A form over a record that exists. It carries which values it was opened on; when somebody else saved others
meanwhile, the second one is told (409), sees both states beside the form, and keeps what was typed. Saving again is
then a decision, not an accident."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import wtforms

from portal.errors import Conflict
from portal.forms import EntryForm, Typed, plain
from portal.i18n import lazy

VERSION_LIMIT = 16


class ChangedMeanwhile(Conflict):
    """The record is not any more what the form was opened on."""

    def __init__(self) -> None:
        super().__init__(lazy("Somebody else changed this meanwhile. Compare both, then save what is to hold."))


def fingerprint(values: Mapping[str, Any]) -> str:
    """The same for the same values: a form that was opened on others is told so."""
    text = "\n".join(f"{name}={'' if values[name] is None else values[name]}" for name in sorted(values))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:VERSION_LIMIT]


def ensure_seen(version: str, standing: Mapping[str, Any]) -> None:
    """Raises ChangedMeanwhile when the record says something else than the form was opened on. To be called with the
    row locked. A form without a version was not opened here, and is taken."""
    if version and version != fingerprint(standing):
        raise ChangedMeanwhile


@dataclass(frozen=True)
class Difference:
    name: str
    standing: str
    typed: str


@dataclass(frozen=True)
class Meanwhile:
    """What stands now where the form says something else, who saved it last, and when."""

    differences: list[Difference]
    who: str
    at: datetime | None


class ChangeForm(EntryForm):
    """`version` says which values the form was opened on."""

    version = wtforms.HiddenField(filters=[plain])
    meanwhile: Meanwhile | None = None

    @property
    def seen(self) -> str:
        return str(self.version.data or "")[: VERSION_LIMIT + 1]

    @property
    def is_stale(self) -> bool:
        """The verb was refused because of a change meanwhile."""
        return isinstance(self.refusal, ChangedMeanwhile)

    def compare(self, standing: Mapping[str, Any], version: str, last: tuple[str, datetime] | None) -> None:
        """What stands is shown beside what was typed, and the next try is over what stands. `standing` goes by the
        names of fields; `last`: who saved it, when."""
        self.version.data = version
        pairs = ((self[name], shown(self[name], value)) for name, value in standing.items() if name in self)
        found = [Difference(str(field.label.text), now, typed(field)) for field, now in pairs if now != typed(field)]
        who, at = last or ("", None)
        self.meanwhile = Meanwhile(found, who, at)


def typed(field: Any) -> str:
    return field._value() if isinstance(field, Typed) else shown(field, field.data)


def shown(field: Any, value: Any) -> str:
    """A value as the field would show it."""
    if value in (None, "", []):
        return ""
    if getattr(field, "choices", None):
        chosen = [str(one) for one in value] if isinstance(value, list) else [str(value)]
        return " · ".join(str(words) for key, words in field.choices if str(key) in chosen)
    return field.show(value) if isinstance(field, Typed) else str(value)
