"""Embedding shards as tasks of a Ray cluster: one task a shard, done again when its node dies.

A task makes the vectors of one shard and nothing else, so it may run twice, anywhere and in any
order. Ray starts it again when its worker or its node is gone, and also when the node died with a
result that nobody had fetched yet.
"""

import importlib.util
import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from index.errors import RecordError
from index.node_encoder import EncoderFiles, NodeError, Recipe
from index.vector_shards import ShardPlan, is_whole, shard_path, write_shard
from index.vector_sources import DTYPES

if TYPE_CHECKING:
    from index.embedding import Embedder

_embedders: dict[str, "Embedder"] = {}
"""Of a worker: what it opened last."""
Rows = npt.NDArray[np.floating[Any]]
KEPT = "what was made is kept, run the same command again to go on"
ENVIRONMENT = {
    # Ray reports its use to its maker unless told not to, and warns of what is as we want it.
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "ORT_DISABLE_TELEMETRY": "1",
}
"""Set unless it is set already, and inherited by the workers of this machine."""
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_ASIDE = 2
"""Tasks that are handed out for each processor, so that none waits for the next one."""
_PATIENCE_S = 60.0
"""How long a cluster may be without a single processor."""


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """Where and how shards are embedded."""

    address: str = "auto"
    """``auto`` for the cluster that this machine is part of, ``local`` for this machine alone, or
    HOST:PORT of the cluster's head."""
    retries: int = 4
    """How often a shard is begun again after its node or its worker died."""
    shared_folder: bool = False
    """Nodes write the files themselves into the folder of the index, which all see at one path."""


@dataclass(frozen=True, slots=True)
class Made:
    """A shard that is done."""

    plan: ShardPlan
    rows: Rows | None
    """``(n, dim)`` in the type of its kind; None when the node wrote the file."""
    node: str


@contextmanager
def cluster(options: ClusterOptions, space: bytes, folder: Path) -> Iterator["RayCluster"]:
    """Join the cluster for a while. ``folder`` is where nodes write with ``shared_folder``.

    Raises RecordError when Ray is not installed or the cluster cannot be reached.
    """
    if importlib.util.find_spec("ray") is None:
        raise RecordError(
            "embedding over machines needs Ray, which is not installed: `pip install -r "
            "requirements/ray.txt` (or the extra `ray`)"
        )
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    if options.address == "local":
        # On the loopback, so that nothing of it can be reached from outside.
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    import ray

    _join(ray, options.address)
    try:
        yield RayCluster(ray, options, space, folder)
    finally:
        ray.shutdown()


def _join(ray: Any, address: str) -> None:
    quiet = {"log_to_driver": False, "logging_level": "ERROR", "configure_logging": True}
    if address == "local":
        ray.init(address="local", include_dashboard=False, **quiet)
        return
    if address != "auto":
        _reach(ray, address)
    try:
        ray.init(address=address, **quiet)
    except Exception as error:
        start = "`ray start --head` on the first machine, `ray start --address=HOST:6379` on others"
        raise RecordError(
            f"the Ray cluster {address!r} cannot be joined ({str(error).splitlines()[0]}): this "
            f"machine must be part of it: {start}; or `--ray local` for this machine alone"
        ) from error


def _reach(ray: Any, address: str) -> None:
    """Ask whether anybody listens: Ray itself waits for a minute and ends the process."""
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdigit() or not 0 < int(port) < 65_536:
        raise RecordError(
            f"--ray {address!r} is neither auto, local nor HOST:PORT, such as 10.0.0.1:6379"
        )
    # As Ray will: by this machine's address among others, not by that of the loopback.
    known = ray.util.get_node_ip_address() if host in LOOPBACK else host.strip("[]")
    try:
        socket.create_connection((known, int(port)), timeout=5).close()
    except OSError as error:
        raise RecordError(
            f"no Ray cluster answers at {address} ({error.strerror or error}): start one there "
            f"with `ray start --head --port={port}`, or let its firewall admit this machine"
        ) from error


class RayCluster:
    """A cluster that was joined."""

    def __init__(self, ray: Any, options: ClusterOptions, space: bytes, folder: Path) -> None:
        self._ray = ray
        self._options = options
        self._target = (str(folder.absolute()), space) if options.shared_folder else None

    def processors(self) -> int:
        """How many tasks can run at once."""
        return int(self._ray.cluster_resources().get("CPU", 0))

    def embed(
        self, plans: Iterator[ShardPlan], recipe: Recipe, files: EncoderFiles | None
    ) -> Iterator[Made]:
        """Embed each of ``plans``, in any order; few are in memory at once.

        Raises NodeError for a node that cannot make these vectors, RecordError when a shard is
        given up or no node is left.
        """
        ray, given = self._ray, self._options
        # Sent once: nodes fetch it from each other, and a worker only when it begins.
        fetched = [] if files is None else [ray.put(files)]
        task = ray.remote(
            num_cpus=1,
            num_gpus=1 if recipe.on_gpu else 0,
            max_retries=given.retries,
            # What a full disk or memory refused may succeed on another try; all else would not.
            retry_exceptions=[OSError, MemoryError],
        )(embed_shard)
        under_way: dict[Any, ShardPlan] = {}
        last = time.monotonic()
        try:
            while True:
                room = max(1, self.processors() * _ASIDE) - len(under_way)
                for plan in _up_to(plans, room):
                    under_way[task.remote(recipe, fetched, plan, self._target)] = plan
                if not under_way:
                    return
                done, _ = ray.wait(list(under_way), num_returns=1, timeout=5.0)
                if done or self.processors():
                    last = time.monotonic()
                elif time.monotonic() - last > _PATIENCE_S:
                    raise RecordError(
                        f"no node of the Ray cluster {given.address!r} has had a processor for "
                        f"{_PATIENCE_S:.0f} s: start nodes with `ray start`; {KEPT}"
                    )
                for one in done:
                    node, rows = self._result(one)
                    plan = under_way.pop(one)
                    self._check(plan, node)
                    yield Made(plan, rows, node)
        finally:
            for one in under_way:
                ray.cancel(one, force=True)

    def _result(self, task: Any) -> tuple[str, Rows | None]:
        errors = self._ray.exceptions
        try:
            node, rows = self._ray.get(task)
        except errors.RayTaskError as error:
            cause = error.cause
            if isinstance(cause, RecordError):
                raise NodeError(f"{cause}; {KEPT}") from None
            if isinstance(cause, ImportError):
                raise NodeError(
                    f"a node cannot load the program ({cause}): install this project there, of "
                    f"this version; {KEPT}"
                ) from error
            raise RecordError(
                f"a shard failed on a node: {type(cause).__name__}: {cause}; {KEPT}"
            ) from error
        except errors.RayError as error:
            reason = str(error).strip().splitlines()[0]
            raise RecordError(
                f"a shard was given up after {self._options.retries} retries ({reason}): look at "
                f"`ray status`, or allow more by --retries; {KEPT}"
            ) from error
        return node, rows

    def _check(self, plan: ShardPlan, node: str) -> None:
        """Raise NodeError when ``node`` wrote a shard that is not to be seen here."""
        if self._target is None:
            return
        folder, space = self._target
        if not is_whole(shard_path(Path(folder), space, plan.keys), space):
            raise NodeError(
                f"node {node} wrote a shard that is not in {folder} here: the folder is not "
                "shared at that path; leave --shared-folder out, vectors then come by network"
            )


def embed_shard(
    recipe: Recipe, files: Sequence[Any], plan: ShardPlan, target: tuple[str, bytes] | None
) -> tuple[str, Rows | None]:
    """Runs on a node: return its name, and the vectors unless it wrote them to ``target``."""
    import ray

    node = f"{ray.util.get_node_ip_address()}/{ray.get_runtime_context().get_node_id()[:8]}"
    if target is not None and is_whole(
        shard_path(Path(target[0]), target[1], plan.keys), target[1]
    ):
        return node, None
    rows = _opened(recipe, files, node).encode(plan.texts).astype(DTYPES[plan.kind])
    if target is None:
        return node, rows
    write_shard(Path(target[0]), target[1], plan.keys, rows)
    return node, None


def _opened(recipe: Recipe, files: Sequence[Any], node: str) -> "Embedder":
    """The embedder of ``recipe`` in this worker, opened for the first of its shards only."""
    import ray

    if recipe.name not in _embedders:
        _embedders.clear()
        _embedders[recipe.name] = recipe.open(lambda: ray.get(files[0]), node)
    return _embedders[recipe.name]


def _up_to(plans: Iterator[ShardPlan], most: int) -> Iterator[ShardPlan]:
    for _ in range(most):
        plan = next(plans, None)
        if plan is None:
            return
        yield plan
