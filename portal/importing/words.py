"""What kinds, outcomes and reasons are called on pages, in files of refused rows, and by the command."""

from typing import Any

from portal.i18n import _, lazy

KINDS: dict[str, Any] = {
    "customers": lazy("Customers"),
    "equipment": lazy("Equipment"),
    "products": lazy("Products"),
    "parts": lazy("Parts"),
    "tools": lazy("Tools"),
}
STATES: dict[str, Any] = {
    "reading": lazy("Being read"),
    "columns": lazy("Columns to be checked"),
    "running": lazy("Running"),
    "done": lazy("Done"),
    "unreadable": lazy("Could not be read"),
}
STATE_TAGS = {"reading": "info", "columns": "warn", "running": "info", "done": "good", "unreadable": "bad"}
OUTCOMES: dict[str, Any] = {
    "new": lazy("New"),
    "changed": lazy("Changed"),
    "same": lazy("Same as before"),
    "refused": lazy("Refused"),
}
OUTCOME_TAGS = {"new": "good", "changed": "info", "same": "neutral", "refused": "bad"}
REASONS: dict[str, Any] = {
    "missing": lazy("Fill this in."),
    "too_long": lazy("Too long: %(n)s characters, at most %(limit)s."),
    "spaces_in_code": lazy("A number or code has no spaces."),
    "spreadsheet_error": lazy("The spreadsheet could not compute this cell: %(cell)s."),
    "no_phone": lazy("This is no phone number."),
    "no_email": lazy("This is no e-mail address."),
    "no_date": lazy("Write a date, for example 2026-11-23."),
    "ambiguous_date": lazy("Day and month can be mistaken for each other. Write a date such as 2026-11-23."),
    "date_out_of_range": lazy("%(date)s is not between 1950 and 2100."),
    "no_number": lazy("Write a number, for example 1 or 2.5."),
    "no_whole_number": lazy("Write a whole number from %(least)s to %(most)s."),
    "no_price": lazy("Write a price with at most two places, not below zero."),
    "no_choice": lazy("Write one of: %(allowed)s."),
    "no_yes_no": lazy("Write yes or no."),
    "no_time_zone": lazy("Write a time zone, for example Asia/Shanghai."),
    "contradiction": lazy("Row %(row)s of this file says otherwise about the same record."),
    "several_customers": lazy("Several customers have this name and phone number. Write the outside number."),
    "name_with_phone": lazy("A customer of this name is known with a phone number. Write the phone number as well."),
    "no_site_address": lazy("The site is new: write its address."),
    "which_site": lazy("This customer has several sites. Write the site's name or its address."),
    "no_customer": lazy("No such customer is known. Bring in the customers first."),
    "several_named": lazy("Several customers have this name. Write the phone number or the outside number."),
    "no_site": lazy("This customer has no such site."),
    "whose_unit": lazy("The unit is new: write its customer."),
    "no_product": lazy("No product has this code. Bring in the products first."),
    "several_units": lazy("Several units bear this number already. Mend that first."),
    "new_needs_name": lazy("It is new: write its name."),
    "new_needs_family": lazy("The product is new: write its family."),
    "is_a_tool": lazy("This is the number of a tool, not of a part."),
    "is_a_part": lazy("This is the number of a part, not of a tool."),
    "no_interval": lazy("Write after how many months it is calibrated again."),
    "number_taken": lazy("This number is taken."),
    "no_store": lazy("There is no store yet. Ask the administrator for one."),
    "not_stored": lazy("The database did not take this row. Look for something unusual in its cells."),
}


def reason(kind: Any, found: list[Any]) -> str:
    """A kept reason in the reader's language: [field, name, values]."""
    field, name, values = found
    words = str(REASONS[name]) % values if name in REASONS else name
    column = kind.column(field) if field else None
    return _("%(a)s: %(b)s", a=column.words, b=words) if column else words


def reasons(kind: Any, found: list[Any]) -> str:
    return " ".join(reason(kind, one) for one in found)
