"""Who is this, and may they: password, one-time links, logins, tokens, throttling. Its own database.

HTTP is not known here; the gate in `web/security.py` asks `access.Access`. Use `access`.
"""
