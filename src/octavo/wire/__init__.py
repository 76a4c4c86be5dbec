"""Bytes that other programs define: Jupyter messages, WebSocket framings, ZMTP. Pure, sans-I/O.

`zmtp` is also the kernel host's and stays standard library alone; `messages` and `websocket` are the web process's.
"""
