"""Jupyter's REST and WebSocket API, translated onto the rooms. No room knows its URLs or JSON."""
