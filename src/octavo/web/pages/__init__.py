"""The HTML around the frontend: one small document a page; content never enters it as markup, but in `frame`, which is a sandbox.

Functions from values to bytes: no routes, no request. Use `document` (the notebook and the files), `titles` (signing in, errors), `frame`
(outputs with scripts), `words` (which language).
"""
