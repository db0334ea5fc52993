"""Embedding a large record over several machines, for a build that then embeds nothing.

What is missing is found as a build finds it, cut into shards, and embedded by the tasks of a
cluster. Each shard is a file as soon as it is done, so a run that is stopped or killed goes on
where it was; in the end the journal of the build takes the files over.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from index import encoders, generations, ray_cluster
from index.build import (
    BuildOptions,
    EmbedderFactory,
    encoder_of,
    write_record,
)
from index.encoders import Encoder
from index.errors import CorpusError, RecordError
from index.loaders import Skipped
from index.models import ModelFiles, find_model
from index.node_encoder import EncoderFiles, Recipe
from index.progress import Progress, Silent
from index.ray_cluster import KEPT, ClusterOptions
from index.reading import Reading
from index.record_store import RecordStore
from index.vector_shards import SHARDS, plan, write_shard
from index.vector_sources import Keys, newest_made_alike, newest_of_model
from index.vectors import CACHE, VectorMaker, count, of_all_kinds, published_vectors

SHARD_SIZE = 2_048
"""Texts of a shard: some seconds of work, and what the death of a node costs at most for each of
its processors."""


@dataclass(frozen=True, slots=True)
class EmbedReport:
    """What became of the texts of a record."""

    embedded: int
    """Different texts that were embedded now."""
    shards: int
    nodes: Mapping[str, int]
    """Texts by the node that embedded them."""
    taken: int
    """Vectors that are now in the journal from files, those of an earlier run included."""
    problems: tuple[CorpusError, ...]
    skipped: tuple[Skipped, ...]


def embed(
    corpora: Sequence[Path],
    output: Path,
    options: BuildOptions = BuildOptions(),
    cluster: ClusterOptions = ClusterOptions(),
    shard_size: int = SHARD_SIZE,
    progress: Progress | None = None,
    embedder_factory: EmbedderFactory | None = None,
) -> EmbedReport:
    """Make the vectors that a build of ``corpora`` with ``options`` at ``output`` would lack.

    ``embedder_factory``, for tests, stands for the model; nodes must be able to import it.

    Raises CorpusError and ModelError as ``build_index`` does; RecordError when Ray is missing,
    the cluster cannot be reached, or a node cannot make the vectors. What was made is kept then.
    """
    progress = progress or Silent()
    reading = Reading(corpora, options.limits, options.strict)
    model = find_model(options.model)
    with generations.building(output) as folder:
        cache = output / CACHE
        previous = newest_of_model(output, model.sha256)
        progress.stage("encoder", model.name)
        encoder = encoder_of(embedder_factory, model, folder, cache, previous)
        write_record(reading.documents(), options, folder, progress)
        recipe, files = _recipe(encoder, model, folder, cache, embedder_factory)
        keys = Keys(model.sha256, encoder.facts)
        alike = newest_made_alike(output, model.sha256, encoder.facts)
        published = published_vectors(alike, keys)
        shards = cache / SHARDS
        nodes, made = Counter[str](), 0
        store = RecordStore(folder / "record.sqlite")
        try:
            with VectorMaker(encoder, keys, published, cache / "journal") as maker:
                total, taken = count(maker.missing(of_all_kinds(store))), maker.taken
                if total:
                    progress.stage("cluster", cluster.address)
                    with (
                        ray_cluster.cluster(cluster, keys.space, shards) as joined,
                        progress.task("embed", total) as advance,
                    ):
                        plans = plan(maker.missing(of_all_kinds(store)), shard_size)
                        for one in joined.embed(plans, recipe, files):
                            if one.rows is not None:
                                write_shard(shards, keys.space, one.plan.keys, one.rows)
                            nodes[one.node] += len(one.plan.keys)
                            made += 1
                            advance(len(one.plan.keys))
                    taken += maker.take_over()
                    if left := count(maker.missing(of_all_kinds(store))):
                        raise RecordError(
                            f"{left} of {total} texts have no vector: a file in {shards} was "
                            f"damaged meanwhile; {KEPT}"
                        )
        finally:
            store.close()
    return EmbedReport(
        nodes.total(), made, nodes, taken, tuple(reading.problems), tuple(reading.skipped)
    )


def _recipe(
    encoder: Encoder,
    model: ModelFiles,
    folder: Path,
    cache: Path,
    factory: EmbedderFactory | None,
) -> tuple[Recipe, EncoderFiles | None]:
    """What a node is told, and what it is sent."""
    recipe = Recipe(encoder.facts, model, factory=factory)
    if factory is not None:
        return recipe, None
    weights = encoders.weights_of(encoder.facts, folder, cache)
    if weights is None or encoder.export is None:
        return recipe, None
    tokenizer = (folder / encoders.TOKENIZER).read_bytes()
    files = EncoderFiles(weights, tokenizer, encoder.export["max_tokens"])
    return replace(recipe, files_sha256=files.sha256), files
