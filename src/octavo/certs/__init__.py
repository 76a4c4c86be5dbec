"""Certificates: which kind is served, one made at once, the owner's own files, and the swap of a new one into the open listener.

Not here: who may listen without one (`settings.exposure`). Whatever needs `cryptography` runs in a short-lived process (`making`), so that
the web process never pays for it.
"""
