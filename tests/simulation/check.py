"""What must hold when a schedule is over, whatever happened in it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from shared.core import artifact, ledger
from shared.core.compatibility import breaks
from shared.core.default import Default
from shared.core.errors import ObjectNotFound
from tests.simulation import quick
from tests.simulation.fault import DEATHS
from tests.simulation.platform import BY
from tests.simulation.play import DATA, MODEL, MODELS, STATE, Play

PEOPLE = {"rollback", "promote", "unpin", "freeze", "unfreeze", "forget"}
GOES_ON = ("live", "ready", "failed", "refused", "superseded", "exhausted", "forgotten")


def stories(play: Play) -> dict[str, dict[str, Any]]:
    """Drop -> its folded ledger."""
    found: dict[str, list[ledger.Entry]] = {}
    for name in play.store.names(STATE):
        if name.startswith(artifact.LEDGER_PREFIX):
            entry = ledger.Entry.from_json(name, play.store.live(STATE, name)[0])
            found.setdefault(entry.drop, []).append(entry)
    return {drop: ledger.fold(entries) for drop, entries in found.items()}


def violations(play: Play) -> list[str]:
    """Everything that does not hold."""
    told = stories(play)
    return [
        *play.wrong,
        *nothing_lost(play, told),
        *with_reason(play, told),
        *one_of_each(play, told),
        *legal_moves(play),
        *nobody_lies(play, told),
        *right_default(play, told),
        *collected(play, told),
        *forgotten(play, told),
        *(pages(play, told) if play.publishes else []),
    ]


def nothing_lost(play: Play, told: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Every source that is there is settled; so is every story that ever began."""
    for event in play.sources:
        drop = artifact.drop_id(event.source)
        there = is_there(play, drop)
        if drop not in told and (there or (play.drop_share == 0 and event.source.bucket == DATA)):
            yield f"{event.source.uri} is lost"
    for drop, story in told.items():
        if not story["settled"] or story["state"] not in GOES_ON:
            yield f"drop {drop} is left as {story['state']}"


def with_reason(play: Play, told: dict[str, dict[str, Any]]) -> Iterator[str]:
    """A drop ends badly for what it is, or for what became of it, and for nothing else."""
    deaths = sum(play.faults.struck[kind] for kind in DEATHS)
    for drop, story in told.items():
        state, kind = story["state"], play.kinds.get(drop)
        if state == "superseded" and is_there(play, drop):
            yield f"drop {drop} is superseded, and its file is there"
        if state == "refused" and kind != quick.BAD:
            yield f"drop {drop} is refused: {story['findings']}"
        if state == "failed" and kind != quick.LIAR and story["code"] != "superseded":
            yield f"drop {drop} failed: {story['reason']}"
        if state == "exhausted" and not (play.hands_over and deaths >= play.settings.max_attempts):
            yield f"drop {drop} is exhausted after {deaths} deaths"


def is_there(play: Play, drop: str) -> bool:
    """Whether the source of a drop is the live generation of its object."""
    (source,) = (e.source for e in play.sources if artifact.drop_id(e.source) == drop)
    try:
        return play.store.live(source.bucket, source.name)[1].generation == source.generation
    except ObjectNotFound:
        return False


def one_of_each(play: Play, told: dict[str, dict[str, Any]]) -> Iterator[str]:
    """One source, one model directory, one version; and none from nowhere."""
    sources = {artifact.drop_id(event.source) for event in play.sources}
    versions = Counter(info.version for info in play.versions())
    for version, count in versions.items():
        drop = artifact.drop_of_version(version)
        if count > 1 or drop not in sources:
            yield f"{count} versions {version} of {drop}"
    for drop, story in told.items():
        made = versions[f"v{drop}"]
        if story["state"] in ("live", "ready") and not made and not is_collected(story):
            yield f"drop {drop} is {story['state']} without a version"
        if story["state"] in ("refused", "superseded") and made:
            yield f"drop {drop} is {story['state']} and has a version"
    models = [n for n in play.store.names(MODELS) if n.endswith(f"/{artifact.MODEL_FILE}")]
    for name in models:
        version = artifact.version_of_directory(name.rpartition("/")[0])
        if version and artifact.drop_of_version(version) not in sources:
            yield f"{name} comes from nowhere"


def is_collected(story: dict[str, Any]) -> bool:
    """Whether its version was deleted for being old."""
    return any(step["step"] == "collected" for step in story["steps"])


def collected(play: Play, told: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Only what is old goes, and goes whole; few stay. What was the newest may be forgotten."""
    gone = {drop for drop, story in told.items() if is_collected(story)}
    good = {d for d, story in told.items() if story["state"] in ("live", "ready")}
    there = {v.version[1:] for v in play.versions()}
    if good and not play.forgets and max(good, key=lambda drop: order_of(play, f"v{drop}")) in gone:
        yield "the newest good version was collected"
    for drop in gone & there:
        yield f"v{drop} was collected and is there"
    files = {name.split("/")[2][len("model_") :] for name in heavy(play)}
    for drop in gone & files:
        yield f"v{drop} was collected and its files are there"
    default = current(play)
    spared = {default.version[1:], default.previous[1:]} if default else set()
    many = len((there & good) - spared) > play.settings.versions_ceiling
    if default and many:
        yield f"{len(there)} versions are kept"


def heavy(play: Play) -> list[str]:
    """Files that go with a version."""
    return [name for name in play.store.names(MODELS) if artifact.is_heavy(name)]


def forgotten(play: Play, told: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Of what is forgotten only the tombstone is left."""
    gone = {drop for drop, story in told.items() if story["state"] == "forgotten"}
    sources = {artifact.drop_id(e.source): e.source for e in play.sources}
    for drop in gone:
        place = artifact.ledger_prefix(MODEL, drop)
        tombstone = {f"{place}10_received.json", f"{place}90_forgotten.json"}
        left = {n for b in (MODELS, STATE) for n in play.store.names(b) if drop in n} - tombstone
        yield from (f"{name} of a forgotten drop is left" for name in sorted(left))
        if f"v{drop}" in {v.version for v in play.versions()}:
            yield f"v{drop} was forgotten and is there"
        if is_there(play, drop):
            yield f"{sources[drop].uri} was forgotten and is there"
    default = current(play)
    if default and default.version[1:] in gone:
        yield f"the default {default.version} was forgotten"
    for dead in play.dead:
        if dead.previous or dead.version[1:] not in gone:  # else nobody was served before either
            yield f"the default named {dead.version}, which did not serve"


def pages(play: Play, told: dict[str, dict[str, Any]]) -> Iterator[str]:
    """What many wrote at once, and some half, says what the ledger says once one more has come."""
    play.faults.left = 0
    play.publish()
    name = artifact.status_name(MODEL, "json")
    if name not in play.store.names(STATE):
        if any(story["state"] != "forgotten" for story in told.values()):
            yield "there is no status"
        return
    status, default = json.loads(play.store.live(STATE, name)[0]), current(play)
    shown = {drop["drop"]: drop["state"] for drop in status["drops"]}
    if shown != {drop: story["state"] for drop, story in told.items()}:
        yield f"the status tells {shown}"
    if (status["live"] or {}).get("version") != (default.version if default else None):
        yield f"the status calls {status['live']} live"


def legal_moves(play: Play) -> Iterator[str]:
    """A function moves the default only forward, and never over a pin or a freeze."""
    gone = {drop for drop, story in stories(play).items() if story["state"] == "forgotten"}
    for (_, before), (who, after) in pairwise(play.defaults):
        if who in PEOPLE or before.version == after.version or before.version[1:] in gone:
            continue
        if before.pinned_by or before.frozen_by:
            yield f"{who} moved a pinned or frozen default to {after.version}"
        if breaking(play, before.version, after.version):
            yield f"{who} moved the default to {after.version}, which breaks callers"
        if after.pinned_by == BY:
            yield f"{who} set the default of a platform that answers from STATE"
        if (after.order or ("", 0, "")) <= (before.order or ("", 0, "")):
            yield f"{who} moved the default back from {before.version} to {after.version}"


def nobody_lies(play: Play, told: dict[str, dict[str, Any]]) -> Iterator[str]:
    """A model that answers otherwise than it did when it was trained never serves anybody."""
    liars = {drop for drop, kind in play.kinds.items() if kind == quick.LIAR}
    for drop in liars & set(told):
        if told[drop]["state"] in ("live", "ready"):
            yield f"drop {drop} answers wrongly and is {told[drop]['state']}"
    for who, default in play.defaults:
        if artifact.drop_of_version(default.version) in liars:
            yield f"{who} made {default.version} the default, which answers wrongly"


def right_default(play: Play, told: dict[str, dict[str, Any]]) -> Iterator[str]:
    """The newest serves, unless a person or a schema keeps it; the platform says the same."""
    default = current(play)
    ready = {v.version for v in play.versions() if v.state == "READY"}
    good = {
        f"v{drop}"
        for drop, story in told.items()
        if story["state"] in ("live", "ready") and not is_collected(story)
    }
    if default is None:
        if good:
            yield "nothing is the default"
        return
    if play.platform.default(MODEL) != default.version:
        yield f"the platform answers by {play.platform.default(MODEL)}, not {default.version}"
    if default.version not in ready & good:
        yield f"the default {default.version} does not serve"
    if default.pinned_by or default.frozen_by:
        return
    for version in good:
        if order_of(play, version) > (default.order or ("", 0, "")):
            reason = told[version[1:]].get("reason")
            if not (play.mixed and (reason == "held" or breaking(play, default.version, version))):
                yield f"{version} is newer than the default {default.version}: {reason}"


def breaking(play: Play, live: str, new: str) -> list[str]:
    """What of one version would break callers of the other."""
    schemas = [quick.SCHEMAS.get(play.kinds[version[1:]]) for version in (live, new)]
    return breaks(schemas[0], schemas[1]) if schemas[0] and schemas[1] else []


def current(play: Play) -> Default | None:
    """The desired default."""
    if artifact.default_name(MODEL) not in play.store.names(STATE):
        return None
    return Default.from_json(play.store.live(STATE, artifact.default_name(MODEL))[0])


def order_of(play: Play, version: str) -> tuple[str, int, str]:
    """The order of the source that a version comes from."""
    (source,) = (e.source for e in play.sources if artifact.version_name(e.source) == version)
    return source.order
