"""Packages of a kernel's environment: `names` checks what a person asks for and knows which package has which module, `progress` reads what
pip and uv say, `installer.py` is the program that the environment's own Python runs. Pure but for that program. Not here: starting it
(`session/installing.py`)."""
