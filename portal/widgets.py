"""Inputs as WTForms draws them, byte for byte, made for forms with long lists: its own take half of such a page."""

from functools import cache
from typing import Any

from markupsafe import Markup
from wtforms import widgets
from wtforms.widgets.core import clean_key

from portal.pagecode import shown


def attributes(**given: Any) -> Markup:
    """Attributes of an element by name: True stands alone, False is left out."""
    parts = []
    for key, value in sorted(given.items()):
        name = attribute_name(key)
        if value is True:
            parts.append(name)
        elif value is not False:
            parts.append(f'{name}="{str(shown(value)).replace(chr(34), "&quot;")}"')
    return Markup(" ".join(parts))


@cache
def attribute_name(key: str) -> str:
    return str(clean_key(key))


class Text(widgets.TextInput):
    html_params = staticmethod(attributes)


class TextArea(widgets.TextArea):
    def __call__(self, field: Any, **given: Any) -> Markup:
        given = {"id": field.id, "required": bool(field.flags.required)} | given
        text = shown(field._value())
        return Markup(f"<textarea {attributes(name=field.name, **given)}>\r\n{text}</textarea>")


class Options(widgets.Select):
    """A list of plain options: no groups, and no attributes of a single option."""

    def __call__(self, field: Any, **given: Any) -> Markup:
        given = {"id": field.id, "required": bool(field.flags.required)} | given
        options = (
            f'<option{" selected" if selected else ""} value="{shown(value)}">{shown(text)}</option>'
            for value, text, selected, _own in field.iter_choices()
        )
        return Markup(f"<select {attributes(name=field.name, **given)}>{''.join(options)}</select>")


def field_kind(field: Any) -> str:
    """What the kit draws for a field: "tick", "ticks", "choice", else the type of its input."""
    kind = (field.render_kw or {}).get("type") or getattr(field.widget, "input_type", None) or ""
    if kind == "checkbox" and not hasattr(field, "iter_choices"):
        return "tick"
    if kind != "hidden" and getattr(field.widget, "multiple", False):
        return "ticks"
    return "choice" if kind == "radio" or field.type == "RadioField" else str(kind)


AS_TEXT = ("text", "search", "number", "tel", "email")


def own_attributes(field: Any, kind: str, hint: Any, given: dict[str, Any]) -> dict[str, Any]:
    """The kit's attributes for an input of this kind; the field's own go before them, `given` ones before all."""
    described_by = (f"{field.id}-hint" if hint else "", f"{field.id}-error" if field.errors else "")
    own: dict[str, Any] = {
        "class": "input",
        "aria-describedby": " ".join(filter(None, described_by)) or False,
        "aria-invalid": "true" if field.errors else False,
    }
    if kind in AS_TEXT:
        own |= {"autocomplete": "off", "enterkeyhint": "done"}
    if kind == "number":
        own |= {"type": "text", "inputmode": "decimal"}
    if kind == "password":
        own |= {"autocomplete": "current-password"}
    if kind == "file":
        own |= {"accept": "image/*", "data_photo": ""}
    return own | (field.render_kw or {}) | given


def is_optional(field: Any) -> bool:
    """Whether the label says so."""
    flags = field.flags
    unmarked = flags.unmarked or getattr(field.meta, "unmarked", False)
    return (flags.optional or getattr(field, "required_words", None) is False) and not unmarked
