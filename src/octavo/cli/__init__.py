"""The command line: one file a command, each parses, calls one room and prints. Exit codes live in `cli/errors.py`."""
