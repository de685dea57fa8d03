"""The verbs of a visit: the only writers of its rows.

`waited` says that an entry waited in the phone for a connection; then an old time is no sign of a wrong clock.
`decided`: a supervisor lets a part stand that somebody sent who was taken off the visit since.
"""

from portal.visits.operations.clocks import arrive, depart, finish, leave_site, pause, start, stop_clock_of
from portal.visits.operations.findings import save_findings
from portal.visits.operations.parts import log_part_use, reverse_part_use, state_no_parts
from portal.visits.operations.photos import add_photo, remove_photo
from portal.visits.operations.readings import log_reading, remove_reading
from portal.visits.operations.repeats import link_repeats
from portal.visits.operations.times import Overlap, drop_time, log_time

__all__ = [
    "Overlap",
    "add_photo",
    "arrive",
    "depart",
    "drop_time",
    "finish",
    "leave_site",
    "link_repeats",
    "log_part_use",
    "log_reading",
    "log_time",
    "pause",
    "remove_photo",
    "remove_reading",
    "reverse_part_use",
    "save_findings",
    "start",
    "state_no_parts",
    "stop_clock_of",
]
