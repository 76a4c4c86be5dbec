"""One typed, frozen tree of settings: defaults < profile file < environment < flags. Read once.

Use `schema` (the tree), `load` (reading, origins), `profiles` (directories). Rooms get their own section, never the tree.
"""
