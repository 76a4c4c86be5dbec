"""The bridge: a program that the host starts as if it were a kernel, and that passes everything on to a kernel elsewhere.

`gateway`: a kernel on a Jupyter Kernel Gateway or Enterprise Gateway. `provisioner`: one that a kernel provisioner of jupyter_client starts.
A process of its own for each kernel: neither the web process nor the host imports anything of it. Not here: what is remote (`kernels/remote.py`).
"""
