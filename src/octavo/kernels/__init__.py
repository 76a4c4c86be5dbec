"""Find, start, talk to and stop kernels, through the host process that owns them (`kernels/host/`).

Not here: what a run is (`session/`). Use `specs` (kernelspecs), `launching` (from a spec to what the host starts), `run_directory`
(where the host is found), `connection` (the host's one reader), `events`. `launcher` runs inside kernels, never here.
"""
