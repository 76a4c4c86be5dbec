"""The profile's database: documents, runs, outputs, blobs, kept things. One writer thread; kept, then saved.

Rows in and rows out: what they mean is the business of `document/` and `session/`. Use `journal` (open, put, read) and the
statement makers `documents`, `runs`, `blobs`, `keeping`.
"""
