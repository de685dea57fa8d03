"""What the states and kinds of calls and visits are called on pages."""

from typing import Any

from portal.i18n import lazy

STATES: dict[str, tuple[Any, str]] = {
    "assigned": (lazy("Assigned"), "neutral"),
    "en_route": (lazy("On the way"), "info"),
    "on_site": (lazy("On site"), "info"),
    "working": (lazy("Working"), "accent"),
    "paused": (lazy("Paused"), "warn"),
    "finished": (lazy("Work finished"), "info"),
    "signed": (lazy("Signed"), "good"),
    "unsigned": (lazy("Ended without signature"), "warn"),
    "approved": (lazy("Approved"), "good"),
    "returned": (lazy("Returned to mend"), "bad"),
    "cancelled": (lazy("Cancelled"), "neutral"),
}
CLASSES = {
    "A": lazy("A – paid service"),
    "B": lazy("B – under contract"),
    "C": lazy("C – free of charge"),
    "D": lazy("D – administration"),
}
PRIORITIES = {"routine": lazy("Routine"), "urgent": lazy("Urgent"), "critical": lazy("Critical")}
WORK_TYPES = {
    "repair": lazy("Repair"),
    "install": lazy("Installation"),
    "maintain": lazy("Maintenance"),
    "inspect": lazy("Inspection"),
    "train": lazy("Training"),
    "relocate": lazy("Relocation"),
    "remove": lazy("Removal"),
    "recall": lazy("Recall"),
    "survey": lazy("Site survey"),
}
CHANNELS = {
    "phone": lazy("Phone"),
    "wechat": lazy("WeChat"),
    "web": lazy("Web"),
    "walk_in": lazy("Walk-in"),
    "supervisor": lazy("Supervisor"),
}
CUSTOMER_KINDS = {
    "business": lazy("Business"),
    "consumer": lazy("Consumer"),
    "public_body": lazy("Public body"),
}
UNSOUND_WINDOW = lazy("The time window ends after it starts, within 24 hours.")
NEEDS_PRODUCT = lazy("Choose the product of this serial number.")


def state_word(state: str) -> str:
    return str(STATES[state][0])


def state_kind(state: str) -> str:
    """The colour of the state's tag."""
    return STATES[state][1]


def class_word(code: str) -> str:
    return str(CLASSES[code])


def priority_word(code: str) -> str:
    return str(PRIORITIES[code])


def work_type_word(code: str) -> str:
    return str(WORK_TYPES[code])


def channel_word(code: str) -> str:
    return str(CHANNELS[code])
