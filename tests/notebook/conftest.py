"""Hypothesis without a deadline: no test measures time."""

from hypothesis import settings

settings.register_profile("octavo", deadline=None)
settings.load_profile("octavo")
