"""What the host says that its processes cost, and what this process does itself. Bytes, seconds, seconds since 1970."""

import time

import msgspec

from octavo.ids import Incarnation
from octavo.kernels.host import costs


class TreeCost(msgspec.Struct, frozen=True):
    """A process and all below it. `memory`: its share (PSS); `private`: what ending it gives back; `cpu`: used since it began."""

    memory: int
    private: int
    swap: int
    cpu: float
    processes: int
    since: float


class OwnCost(msgspec.Struct, frozen=True):
    memory: int
    cpu: float


class Machine(msgspec.Struct, frozen=True):
    """`limited`: a control group's limit is tighter than the machine's memory, and is meant."""

    total: int
    available: int
    swap: int = 0
    swap_free: int = 0
    limited: bool = False


class Costs(msgspec.Struct, frozen=True):
    """One measurement. `own`: the host's. Trees are named by incarnation, `image:<pid>` or `spare`."""

    at: float
    trees: dict[str, TreeCost]
    own: OwnCost
    machine: Machine

    def of(self, incarnation: Incarnation) -> TreeCost | None:
        return self.trees.get(incarnation)

    def of_image(self, pid: int) -> TreeCost | None:
        return self.trees.get(f"image:{pid}")

    @property
    def of_spare(self) -> TreeCost | None:
        return self.trees.get("spare")


def own_cost() -> OwnCost:
    """This process's."""
    memory = costs.read_memory("self")
    return OwnCost(memory.share if memory is not None else 0, time.process_time())
