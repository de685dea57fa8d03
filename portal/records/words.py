"""What kinds of papers, changes and fields are called on pages."""

from typing import Any

from portal.i18n import lazy

PAPERS = {"invoice": lazy("Invoice"), "warranty_card": lazy("Warranty card"), "other": lazy("Other paper")}
FAMILIES = {
    "TM": lazy("Treadmills"),
    "BK": lazy("Bikes"),
    "EL": lazy("Ellipticals"),
    "ST": lazy("Strength machines"),
    "OD": lazy("Outdoor equipment"),
}
DATUMS = {"wgs84": lazy("WGS-84 (GPS)"), "gcj02": lazy("GCJ-02 (Chinese maps)")}
TIMELINE = {
    "all": lazy("Everything"),
    "visits": lazy("Calls and visits"),
    "reports": lazy("Reports"),
    "parts": lazy("Parts"),
    "repeats": lazy("Repeats"),
    "readings": lazy("Readings"),
    "surveys": lazy("Surveys"),
    "cases": lazy("Cases"),
    "papers": lazy("Papers"),
    "changes": lazy("Changes"),
}
VERBS = {
    "add_customer": lazy("Customer entered"),
    "add_site": lazy("Site entered"),
    "add_contact": lazy("Contact entered"),
    "add_equipment": lazy("Unit entered"),
    "change_customer": lazy("Customer changed"),
    "change_site": lazy("Site changed"),
    "change_contact": lazy("Contact changed"),
    "change_equipment": lazy("Plate data changed"),
    "move_equipment": lazy("Moved to another site"),
    "merge": lazy("Merged"),
    "undo_merge": lazy("Merge undone"),
    "stop_use": lazy("Must not be used"),
    "release_use": lazy("May be used again"),
}
FIELDS = {
    "name": lazy("Name of the entry"),
    "kind": lazy("Kind of customer"),
    "locale": lazy("Language"),
    "address": lazy("Address"),
    "district": lazy("District"),
    "time_zone": lazy("Time zone"),
    "access_note": lazy("Access"),
    "hazards": lazy("Hazards"),
    "latitude": lazy("Latitude"),
    "longitude": lazy("Longitude"),
    "datum": lazy("Coordinates as in"),
    "phone": lazy("Phone"),
    "email": lazy("E-mail"),
    "role": lazy("Relation to the customer"),
    "product": lazy("Product"),
    "serial_no": lazy("Serial number"),
    "asset_tag": lazy("Asset tag"),
    "location": lazy("Location on site"),
    "manufactured_on": lazy("Made on"),
    "purchased_on": lazy("Bought on"),
    "installed_on": lazy("Installed on"),
    "invoice_no": lazy("Invoice number"),
    "customer": lazy("Customer"),
    "site": lazy("Site"),
}
MOVED = {
    "site": lazy("Sites"),
    "call": lazy("Calls, with their visits and reports"),
    "paper": lazy("Papers"),
    "outside_number": lazy("Outside number"),
}
LISTINGS = {
    "customers": lazy("Customers"),
    "equipment": lazy("Equipment"),
    "calls": lazy("Calls"),
    "visits": lazy("Visits"),
    "reports": lazy("Reports"),
    "cases": lazy("Cases"),
    "stock": lazy("Stock"),
    "movements": lazy("Movements"),
    "tools": lazy("Tools"),
}
ROLES = {
    "dispatcher": lazy("Dispatchers"),
    "supervisor": lazy("Supervisors"),
    "manager": lazy("Managers"),
    "accountant": lazy("Accountants"),
    "storekeeper": lazy("Storekeepers"),
}


def word(table: dict[str, Any], key: str) -> str:
    return str(table.get(key, key))
