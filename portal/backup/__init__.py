"""Backup and restore of the whole instance: every row, every file, the keys, and where the chain of seals ended.

Always true: a backup holds one moment of the database and every file which that moment names; a restore is complete or
is not served; and neither hides that a sealed document was removed. How: `archive.py` (the file and its proof),
`rows.py` (tables in a form that both databases take), `chain.py` (the head), `operations.py` (the two verbs).
"""

from portal.backup.cli import init_app

__all__ = ["init_app"]
