"""Repeat visits (SR-08): the verbs, and what pages show of them."""





BEEN_THERE = ("on_site", "working", "paused", "finished", "signed", "unsigned", "approved", "returned")
