"""Stores of files: an interface that an object store can fill, and the local one; safe paths, atomic saves, the bin.

Not here: what a notebook means (`notebook/`), Jupyter's JSON (`web/jupyter/`), who looks at open files (`session/`). Use
`store`, `local`, `bin`, `ports` (what this room and its doors ask of others), `paths`, `naming`, `copying`.
"""
