"""The warm image: one process per Python environment that has imported what a kernel needs, and forks kernels from itself.

Its program is `__main__`, run by its file's path with that environment's own Python (3.9 or later), where nothing of Octavo is installed:
standard library alone. `host/forking.py` starts it and asks it for kernels. Nothing here is for use by other rooms.
"""
