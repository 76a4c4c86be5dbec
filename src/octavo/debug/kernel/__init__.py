"""What runs inside a Python kernel that is debugged or looked at: sent there as text (`octavo.debug.helper`), never imported by the server.

Standard library only, and Python 3.9 or later. `attach` lets pydevd dial the kernel host; `look` shows values, of stops, errors and the namespace.
"""
