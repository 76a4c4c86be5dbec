"""What a notebook is: cells and outputs, the .ipynb codec, output folding, merging an outside change. Pure.

Not here: the shared document (`document/`), files, kernels. Use `model`, `codec`, `outputs`, `large`, `merge`; `jsontext` and `output_json`
where a door speaks the file's JSON.
"""
