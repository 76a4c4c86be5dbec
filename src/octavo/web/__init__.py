"""The doors: `app` lists every route, `security` is the one gate before them, `errors` knows HTTP status.

`jupyter/` translates Jupyter's API onto the rooms, `api/` is what Jupyter has no word for, `live/` the notebook's socket,
`pages/` the HTML around the frontend.
"""
