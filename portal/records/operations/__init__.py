"""The verbs of files: enter and change, move, papers, merge, saved views, and many rows at once."""
