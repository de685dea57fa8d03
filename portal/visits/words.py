"""What outcomes, causes, kinds of time and the like are called on pages."""

from typing import Any

from portal.i18n import _, lazy

OUTCOMES = {
    "fixed": lazy("Fixed"),
    "temporary_fix": lazy("Temporary fix"),
    "awaiting_parts": lazy("Waits for parts"),
    "taken_to_workshop": lazy("Taken to the workshop"),
    "no_fault_found": lazy("No fault found"),
    "not_repairable": lazy("Cannot be repaired"),
    "customer_declined": lazy("Customer declined"),
    "no_access": lazy("No access"),
}
OLD_PARTS = {
    "returned": lazy("Goes back to us"),
    "handed_over": lazy("Handed to the customer"),
    "waived": lazy("Customer does not want it"),
    "not_recoverable": lazy("Cannot be recovered"),
    "none": lazy("There is no old part"),
}
TIME_KINDS = {"travel": lazy("Travel"), "work": lazy("Work"), "wait": lazy("Wait"), "break": lazy("Break")}
CAUSES = {
    "parts": lazy("Waiting for a part"),
    "customer": lazy("Waiting for the customer"),
    "transport": lazy("Waiting for transport"),
    "force_majeure": lazy("Weather, power cut or the like"),
    "break": lazy("Break"),
}
PHOTO_LABELS = {
    "before": lazy("Before"),
    "after": lazy("After"),
    "nameplate": lazy("Nameplate"),
    "damage": lazy("Damage"),
    "meter": lazy("Meter"),
    "other": lazy("Other"),
}
EVENTS = {
    "departure": lazy("Set out"),
    "arrival": lazy("Arrived"),
    "start": lazy("Work started"),
    "pause": lazy("Work paused"),
    "finish": lazy("Work finished"),
    "leaving": lazy("Left"),
    "no_parts": lazy("No parts used"),
}
QUANTITIES = {
    "voltage": lazy("Voltage"),
    "current": lazy("Current"),
    "resistance": lazy("Resistance"),
    "insulation": lazy("Insulation resistance"),
    "belt_tension": lazy("Belt tension"),
    "speed": lazy("Speed"),
    "temperature": lazy("Temperature"),
    "other": lazy("Other"),
}
ROWS = {
    "findings": lazy("Diagnosis"),
    "parts": lazy("Parts"),
    "time": lazy("Time"),
    "photos": lazy("Photos"),
}
GAPS = {
    "findings.none": lazy("Record the diagnosis."),
    "findings.symptom": lazy("Choose the symptom."),
    "findings.component": lazy("Choose the component."),
    "findings.cause": lazy("Choose the cause."),
    "findings.remedy": lazy("Choose what was done."),
    "findings.outcome": lazy("Choose the outcome."),
    "findings.test_result": lazy("Write the result of the test."),
    "findings.outstanding": lazy("Say what is left to do, or that nothing is."),
    "parts.none": lazy("Log the parts, or say that none were used."),
    "time.arrival": lazy("Record your arrival."),
    "time.work": lazy("Record when you worked."),
    "time.finish": lazy("Finish the work."),
    "time.running": lazy("Somebody's clock still runs. Have it stopped."),
    "time.order": lazy("Put the times in order: arrival, start, end."),
    "photos.declined": lazy("Take a photo: the customer declined the work."),
    "photos.nameplate": lazy("Take a photo of the nameplate that cannot be read."),
    "photos.old_part": lazy("Take a photo of the part that cannot be recovered."),
}


def word(table: dict[str, Any], value: str | None) -> str:
    return str(table.get(value or "", value or ""))


def choices(table: dict[str, Any], blank: bool = False) -> list[tuple[str, Any]]:
    """(value, label) pairs for a form field; with `blank`, nothing can be chosen too."""
    return ([("", "–")] if blank else []) + list(table.items())


def old_part_word(value: str | None) -> str:
    """What became of the old part, where nothing else says what went: beside a part that was fitted."""
    said = word(OLD_PARTS, value)
    return said if not said or value == "none" else _("%(a)s: %(b)s", a=_("The old part"), b=said)
