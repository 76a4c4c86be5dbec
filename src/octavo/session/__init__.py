"""One live notebook: its queue, runs, results, prompts and file; binds document, kernels, files and journal.

`state` decides (pure), `session` performs, `sessions` keeps those that are open, `messages` is what crosses the live socket.
"""
