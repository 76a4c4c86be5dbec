"""The profile's database: documents, runs, outputs, blobs, kept things. One writer thread; kept, then saved.

Rows in and rows out: what they mean is the business of `document/` and `session/`. Use `journal` (open, put, read), the
statement makers `documents`, `runs`, `outputs`, `keeping`, what is too large for a row (`blobs`, `bases`), and `loading`.
The rest is the room's own: `writer`, `schema`, `pointer`, `files`.
"""
