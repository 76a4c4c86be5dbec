"""The tree of settings: every TOML key, environment name, flag and line of `docs/reference/settings.md` is made from it.

A section is one frozen struct; its field's `Meta` has the help text. A key is `section.field`, in the environment
`OCTAVO_SECTION__FIELD`. Rooms receive their own section, never the tree.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all sections."""


class Server(Section, frozen=True):
    ip: Annotated[
        str, Meta(description="Address to listen on. Beyond loopback Octavo speaks TLS, unless a trusted proxy does.")
    ] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="Port to listen on; 0 takes a free one.")] = 8888
    base_url: Annotated[
        str, Meta(description="Path under which everything lives, percent-encoded, as /user/a%40b/.")
    ] = "/"
    open: Annotated[bool, Meta(description="Open a browser at the start, where there is one.")] = True
    hosts: Annotated[
        list[str],
        Meta(description="Names under which the server may be reached, besides loopback and its own address."),
    ] = []
    trusted_proxies: Annotated[
        list[str], Meta(description="Addresses or networks whose X-Forwarded-For and -Proto are believed.")
    ] = []
    max_body: Annotated[int, Meta(ge=1024, description="Largest JSON request body, in bytes.")] = 64 * 1024 * 1024


class Tls(Section, frozen=True):
    mode: Annotated[
        Literal["auto", "off", "self-signed", "files"],
        Meta(
            description="The certificate: none, one that Octavo makes, or yours. auto: yours where tls.certificate names one, none on loopback or"
            " behind a trusted proxy, else one that Octavo makes."
        ),
    ] = "auto"
    domains: Annotated[
        list[str],
        Meta(
            description="Names under which the server is reached; they go into the certificate, and into the address shown."
        ),
    ] = []
    certificate: Annotated[
        str,
        Meta(description="File of your certificate with its whole chain, in PEM form. Taken again when it changes."),
    ] = ""
    key: Annotated[
        str, Meta(description="File of its private key, without a password; empty: in the certificate's file.")
    ] = ""


class Files(Section, frozen=True):
    root: Annotated[str, Meta(description="Folder of the notebooks; empty: the working directory.")] = ""
    hidden: Annotated[bool, Meta(description="Show and serve files whose name begins with a dot.")] = False
    max_upload: Annotated[int, Meta(ge=0, description="Largest upload, in bytes.")] = 4 * 1024**3
    bin_days: Annotated[int, Meta(ge=0, description="Days that a deleted file stays in the bin.")] = 30


class Kernels(Section, frozen=True):
    default: Annotated[str, Meta(description="Kernelspec for new notebooks.")] = "python3"
    on_exit: Annotated[
        Literal["stop", "keep"],
        Meta(description="What Ctrl-C and SIGTERM do with kernels: stop them, or keep them running."),
    ] = "stop"
    orphan_after: Annotated[
        int, Meta(ge=0, description="Seconds after which a host that nobody attached to, and where nothing runs, ends.")
    ] = 7 * 24 * 3600
    cull_after: Annotated[
        int,
        Meta(
            ge=0,
            description="Seconds after which a kernel is stopped in which nothing has run since; 0: never. One that waits for input stays.",
        ),
    ] = 0
    cull_connected: Annotated[
        bool, Meta(description="Stop idle kernels also while a page or a Jupyter client is connected to them.")
    ] = False
    log_memory: Annotated[int, Meta(ge=1024, description="Bytes of unread events held in memory over all kernels.")] = (
        8 * 1024**2
    )
    log_disk: Annotated[
        int,
        Meta(
            ge=0,
            description="Bytes of unread events held on disk over all kernels, once memory is full; never more than a tenth of what is free."
            " 0: none.",
        ),
    ] = 512 * 1024**2
    log_disk_each: Annotated[int, Meta(ge=0, description="Bytes of unread events held on disk for one kernel.")] = (
        64 * 1024**2
    )
    log_directory: Annotated[
        str, Meta(description="Directory of the events that are held on disk; empty: in the profile.")
    ] = ""
    max_message: Annotated[int, Meta(ge=65536, description="Largest output message kept whole, in bytes.")] = (
        16 * 1024**2
    )
    environment: Annotated[
        list[str],
        Meta(
            description="Names (or prefixes ending in *) of environment variables that kernels inherit; empty: all but secrets."
        ),
    ] = []
    host: Annotated[
        Literal["own", "external"],
        Meta(
            description="The kernel host: started when it is needed, or a service of its own (octavo kernel-host) that is waited for."
        ),
    ] = "own"
    run_directory: Annotated[str, Meta(description="Directory of the host's sockets; empty: chosen.")] = ""
    tcp: Annotated[
        list[str],
        Meta(
            description="Kernels that speak TCP only, by name: reached over loopback. octavo kernels check finds out. Deno, Lua and Java are known."
        ),
    ] = []
    gateway: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[^\s@?#]+)?$",
            description="Address of a Jupyter Kernel Gateway or Enterprise Gateway, whose kernels can be chosen too;"
            " its token is no setting: see docs/how-to/gateway.md.",
        ),
    ] = ""
    gateway_patience: Annotated[
        int, Meta(ge=1, description="Seconds that the gateway may be away before its kernels count as lost.")
    ] = 60
    images: Annotated[
        bool, Meta(description="Fork Python kernels from a warm image: one process of each environment that is in use.")
    ] = True
    spare: Annotated[
        bool,
        Meta(
            description="Keep one Python kernel started, for the next one like the last: ready at once, for 16 MB more. Off below 1 GB of memory."
        ),
    ] = False
    preload: Annotated[
        list[str],
        Meta(
            description="Modules that warm images import ahead, such as numpy. It pays only where most kernels use them."
        ),
    ] = []
    memory_limit: Annotated[
        str,
        Meta(
            description="Most memory of one kernel with all that it starts, as 512MB or 2GB; empty: no limit. Warned of at 80 %."
        ),
    ] = ""
    cpu_limit: Annotated[
        str,
        Meta(
            description="Most processors of one kernel, as 1.5; empty: no limit. Holds only where control groups do: see octavo doctor kernels."
        ),
    ] = ""
    new_privileges: Annotated[
        bool, Meta(description="Let kernels gain rights by programs such as sudo, which they otherwise cannot.")
    ] = False


class Documents(Section, frozen=True):
    text_on_disk: Annotated[int, Meta(ge=1024, description="Bytes of one text output that are kept whole on disk.")] = (
        10 * 1024**2
    )
    text_in_file: Annotated[
        int, Meta(ge=1024, description="Bytes of one text output that go whole into the notebook file.")
    ] = 1024**2
    max_notebook: Annotated[
        int, Meta(ge=1024, description="Largest notebook file that opens as a notebook, in bytes.")
    ] = 256 * 1024**2


class Pages(Section, frozen=True):
    home: Annotated[
        Literal["files", "repl"],
        Meta(description="What opens after signing in and at the bare address: the files, or the prompt."),
    ] = "files"


class Access(Section, frozen=True):
    idle_days: Annotated[int, Meta(ge=1, description="Days after which an unused login ends.")] = 14
    absolute_days: Annotated[int, Meta(ge=1, description="Days after which any login ends.")] = 90
    min_password: Annotated[int, Meta(ge=8, le=64, description="Shortest password, in characters.")] = 8


class Log(Section, frozen=True):
    level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="Least severe level that is logged.")
    ] = "info"
    files: Annotated[int, Meta(ge=2, description="Log files kept, the one being written among them.")] = 5
    file_size: Annotated[int, Meta(ge=4096, description="Bytes of one log file.")] = 2 * 1024**2


class Settings(Section, frozen=True):
    server: Server = Server()
    tls: Tls = Tls()
    files: Files = Files()
    kernels: Kernels = Kernels()
    documents: Documents = Documents()
    pages: Pages = Pages()
    access: Access = Access()
    log: Log = Log()
