"""The demonstration company: a fictitious service firm with its people, customers, machines, parts, calls and reports.

Always true: what is loaded went through the features' own verbs, told in the order of time with the story's clock, so
the ledger balances and the seals hold; and nobody in it can be mistaken for a real person or firm (domain 6.5).
"""

from portal.demo.cast import PASSWORD, PIN
from portal.demo.cli import init_app
from portal.demo.company import is_empty, load, move_to_today

__all__ = ["PASSWORD", "PIN", "init_app", "is_empty", "load", "move_to_today"]
