"""Which accepted CSVs a model is trained on besides the one that came: from the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice

from shared.core.artifact import ledger_prefix
from shared.core.errors import ObjectNotFound, StorageUnavailable
from shared.core.ledger import Entry, entry_name
from shared.core.ports import ObjectStore
from shared.core.settings import Settings
from shared.core.source import Source
from shared.core.trigger import RETRAIN_OF_METADATA
from shared.training.inputs import File, Inputs

_AT_ONCE = 16
_SECOND = len("YYYYMMDD_HHMMSS")

Looked = tuple[str, Entry, int | None]


def accepted(
    store: ObjectStore,
    settings: Settings,
    model: str,
    newest: File,
    copied: str,
    count: int | None,
) -> tuple[tuple[File, ...], tuple[str, ...]]:
    """The CSVs to train on in the order of their sources, `newest` last; and those left out, why.

    count: how many at the most, None for all. copied: the source that `newest` is a copy of. A
    file is counted once however often it was copied; one whose generation is gone cannot be read.
    """
    files: list[File] = []
    left_out: list[str] = []
    copies = {copied} if copied else set()
    for second, entry, size in filter(None, _newest_first(store, settings, model)):
        full = count is not None and len(files) >= count - 1
        if full and second < min(_second(file.source) for file in files) if files else full:
            break
        source = Source.from_dict(entry.facts["source"])
        if source.order >= newest.source.order:
            continue
        if source.uri in copies:
            left_out.append(f"{source.uri}: counted as its copy")
        elif size is None:
            left_out.append(_gone(source))
        else:
            files.append(File(source, size))
        copies.add(entry.facts.get(RETRAIN_OF_METADATA, ""))
    files.sort(key=lambda file: file.source.order)
    kept = files if count is None else files[len(files) - min(count - 1, len(files)) :]
    return (*kept, newest), tuple(left_out)


def readable(store: ObjectStore, inputs: Inputs) -> Inputs | None:
    """The same inputs without the older files that are gone by now; None where the drop's own is.

    Raises StorageUnavailable where all of them are there: what was not found once is no end.
    """
    gone = [file for file in inputs.files if _size(store, file.source) is None]
    if not gone:
        raise StorageUnavailable(f"not all that {inputs.source.uri} is trained with was found")
    if any(file.source == inputs.source for file in gone):
        return None
    return replace(
        inputs,
        files=tuple(file for file in inputs.files if file not in gone),
        left_out=(*inputs.left_out, *(_gone(file.source) for file in gone)),
    )


def _gone(source: Source) -> str:
    return f"{source.uri}: overwritten or deleted since"


def _newest_first(store: ObjectStore, settings: Settings, model: str) -> Iterator[Looked | None]:
    """Each accepted drop: the second of its source, its last word, the size of its CSV or None.
    None for a drop that is forgotten meanwhile."""
    prefix, bucket = ledger_prefix(model), settings.state_bucket
    drops = (meta.name[len(prefix) :].partition("/") for meta in store.list(bucket, prefix))
    end = entry_name(model, "", "trained").rpartition("/")[2]
    names = sorted((drop for drop, _, file in drops if file == end), reverse=True)

    def look(drop: str) -> Looked | None:
        name = entry_name(model, drop, "trained")
        try:
            entry = Entry.from_json(name, store.read(bucket, name)[0])
        except ObjectNotFound:
            return None
        source = Source.from_dict(entry.facts["source"])
        return drop[:_SECOND], entry, _size(store, source)

    rest = iter(names)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        while block := list(islice(rest, _AT_ONCE)):
            yield from pool.map(look, block)


def _size(store: ObjectStore, source: Source) -> int | None:
    try:
        return store.stat(source.bucket, source.name, source.generation).size
    except ObjectNotFound:
        return None


def _second(source: Source) -> str:
    return source.stamp[:_SECOND]
