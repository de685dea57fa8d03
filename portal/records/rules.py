"""What a change of a record is."""

from collections.abc import Mapping
from typing import Any


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Fields that are to become something else: (before, after). None and empty text are the same."""
    return {
        name: (before[name], value)
        for name, value in after.items()
        if before[name] != value and (before[name] or value or before[name] == 0 or value == 0)
    }


def before_and_after(changed: Mapping[str, tuple[Any, Any]]) -> dict[str, str]:
    """The change as details of a history entry: `name.before` and `name.after`."""
    return {
        f"{name}.{when}": "" if value is None else str(value)
        for name, pair in changed.items()
        for when, value in zip(("before", "after"), pair, strict=True)
    }


def read_back(details: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(field, before, after) of a history entry, in the order they were written down."""
    names = [key.removesuffix(".after") for key in details if key.endswith(".after")]
    return [(name, str(details.get(f"{name}.before", "")), str(details[f"{name}.after"])) for name in names]
