"""The kernel host: a program of its own that outlives the web process and owns the kernels' sockets and event logs.

Standard library and `wire.zmtp` alone; `protocol` is the one module that the web process shares.
"""
