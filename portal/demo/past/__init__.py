"""A long past beside the demonstration company: many visits with sealed reports, many movements, quickly.

A past visit is a copy of one that the company's own verbs have made: its rows with new ids, another unit, another
technician and another day, its sealed texts filled in anew and sealed onto the chain. So a past has the shape of the
real thing, and the checks of ledger and chain hold for it. No photos: nothing is put into the files store.
"""

from portal.demo.past.loading import Past, write_past
from portal.demo.past.writing import straight_into_the_file

__all__ = ["Past", "straight_into_the_file", "write_past"]
