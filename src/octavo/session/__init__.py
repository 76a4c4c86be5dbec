"""One live notebook: its queue, runs, results, prompts and file; binds document, kernels, files and journal.

`state` decides (pure), `running` performs, `taking` applies the kernel's events, `edits` a page's, `saving` writes the file; `session` joins
them, `sessions` keeps those that are open, `messages` is what crosses the live socket.
"""
