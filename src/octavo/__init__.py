"""Octavo: your own notebook on the public web, on the smallest server you can rent.

Nothing is imported here: an import at this place would cost the kernel host its budget.
The map of the rooms is `docs/map.md`.
"""

__version__ = "0.1.0"
