"""Find, start, talk to and stop kernels, through the host process that owns them (`kernels/host/`).

Not here: what a run is (`session/`). Use `specs` (kernelspecs), `connection` (the host's one reader), `events`.
"""
