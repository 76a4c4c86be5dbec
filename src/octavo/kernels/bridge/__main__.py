"""The bridge's command line. Secrets are in the environment, never here.

gateway --url URL --kernel NAME --patience SECONDS -f CONNECTION_FILE     be that kernel
provisioner --folder FOLDER -f CONNECTION_FILE                            be the kernel of that kernelspec
list --url URL                                                            the gateway's kernelspecs, as JSON
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any, Final

from octavo.kernels.bridge.ends import Lost
from octavo.kernels.bridge.http import Gateway, Gone, Refused, Unreachable
from octavo.kernels.remote import TOKEN

LISTING: Final = 5.0
"""Seconds for a gateway to say what it has."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="octavo.kernels.bridge", allow_abbrev=False)
    parser.add_argument("kind", choices=("gateway", "provisioner", "list"))
    parser.add_argument("--url", default="")
    parser.add_argument("--kernel", default="")
    parser.add_argument("--folder", default="")
    parser.add_argument("--patience", type=float, default=60)
    parser.add_argument("-f", dest="file", default="")
    options = parser.parse_args()
    token = os.environ.pop(TOKEN, "")  # not for what a provisioner starts
    if options.kind == "list":
        sys.stdout.write(json.dumps(listing(Gateway(options.url, token))))
        return 0
    from octavo.kernels.bridge import bridging  # noqa: PLC0415  (a listing needs no ZeroMQ)

    if options.kind == "gateway":
        gateway = Gateway(options.url, token)
        return bridging.to_gateway(Path(options.file), gateway, options.kernel, options.patience)
    return bridging.to_provisioner(Path(options.file), Path(options.folder))


def listing(gateway: Gateway) -> dict[str, Any]:
    """`kernelspecs`, or `problem` with its word and a sentence."""
    try:
        return {"kernelspecs": gateway.ask("GET", "/api/kernelspecs", patience=LISTING)["kernelspecs"]}
    except Unreachable as error:
        return {"problem": "unreachable", "message": str(error)}
    except Refused as error:
        return {"problem": "refused", "message": str(error)}
    except (Gone, Lost) as error:
        return {"problem": "stranger", "message": str(error)}
    except (KeyError, TypeError):
        return {"problem": "stranger", "message": f"{gateway.url} does not answer as a Jupyter gateway."}


if __name__ == "__main__":
    sys.exit(main())
