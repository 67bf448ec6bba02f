"""kill -9 of any process, or of all, at random moments, while CSVs keep being dropped.

Afterwards every accepted drop is a version, once; the newest is the default; nothing is half
served; no process is left. `./run bench chaos [--kills N] [--seed S]`; a seed gives the same
sequence of victims and pauses again.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.cloud import ROOT, Cloud, Unreachable, kill, local_cloud
from localcloud.orphan import orphans
from shared.core.artifact import drop_id, version_name
from shared.core.source import Source

MODELS = ("iris", "flowers")
KILLS_A_DROP_BEARS = 2
VICTIMS = ("one", "one", "one", "one", "supervisor", "all")


@dataclass
class Record:
    """What was accepted, and how often something died while a drop was being trained."""

    drops: list[tuple[str, Source]] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)


def variant(dice: random.Random) -> bytes:
    """Iris with its rows shuffled, so that no two drops are alike."""
    header, *rows = (ROOT / "examples" / "iris.csv").read_text(encoding="utf-8").splitlines()
    dice.shuffle(rows)
    return ("\n".join([header, *rows]) + "\n").encode()


def keep_dropping(cloud: Cloud, record: Record, dice: random.Random) -> None:
    """Drop again and again; only what the store answered for counts as accepted."""
    for number in itertools.count():
        if record.over.is_set():
            return
        model = dice.choice(MODELS)
        name = f"data/{model}/{number}.csv"
        try:
            source = cloud.drop(name, variant(dice))
        except Unreachable:
            time.sleep(0.05)
            continue
        with record.lock:
            record.drops.append((model, source))
        record.over.wait(dice.uniform(0.2, 1.0))


def untrained(cloud: Cloud, record: Record) -> list[str]:
    """Drops whose training has not ended."""
    with record.lock:
        recent = record.drops[-12:]
    return [
        drop_id(source)
        for model, source in recent
        if not any("/30_" in n for n in cloud.names("state", f"ledger/{model}/{drop_id(source)}/"))
    ]


def strike(cloud: Cloud, record: Record, dice: random.Random) -> str:
    """Kill something; what it was. Spares every drop that bore its two kills already."""
    try:
        training = untrained(cloud, record)
    except Unreachable:
        training = []
    if any(record.kills[drop] >= KILLS_A_DROP_BEARS for drop in training):
        return "nobody"
    record.kills.update(training)
    victim = dice.choice(VICTIMS)
    everyone = cloud.processes()
    if victim == "one" and everyone:
        kill(dice.choice(everyone))
    elif victim == "supervisor":
        kill(cloud.supervisor)
    else:
        kill(cloud.supervisor, *everyone)
    return victim


def run(state: Path, kills: int, seed: int, **overrides: object) -> list[str]:
    """One campaign; the list of violations, empty when all held."""
    dice = random.Random(seed)
    record = Record()
    struck: Counter[str] = Counter()
    with local_cloud(state, **overrides) as cloud:
        dropping = threading.Thread(
            target=keep_dropping, args=(cloud, record, random.Random(seed + 1))
        )
        dropping.start()
        try:
            while sum(struck.values()) - struck["nobody"] < kills:
                time.sleep(dice.uniform(0.0, 1.5))
                struck[strike(cloud, record, dice)] += 1
                time.sleep(0.05)
                if cloud.died():
                    cloud.start()
        finally:
            record.over.set()
            dropping.join()
        violations = check(cloud, record)
    left = orphans(state)
    if left:
        violations.append(f"processes left behind: {left}")
    print(f"seed {seed}: {len(record.drops)} drops, killed {dict(struck)}", flush=True)
    return violations


def check(cloud: Cloud, record: Record) -> list[str]:
    """Everything that does not hold once it is quiet."""
    cloud.recover()
    wrong: list[str] = []
    stored = [(model, source) for model in MODELS for source in cloud.sources(model)]
    wrong += [f"{source.uri} was accepted and is lost" for _, source in {*record.drops} - {*stored}]
    for model, source in stored:
        story = cloud.settled(model, source, timeout=120)
        if story["state"] not in ("live", "ready"):
            wrong.append(f"{model} {drop_id(source)} ended as {story['state']}: {story}")
    for model in MODELS:
        wrong += check_model(cloud, model, [s for m, s in stored if m == model])
    return wrong


def check_model(cloud: Cloud, model: str, sources: list[Source]) -> list[str]:
    """One version per source but those collected, all ready, the newest the default, and it
    answers."""
    if not sources:
        return []
    wrong: list[str] = []
    told = cloud.names("state", f"ledger/{model}/")
    gone = {f"v{name.split('/')[2]}" for name in told if name.endswith("/80_collected.json")}
    expected = Counter({version_name(source) for source in sources} - gone)
    listed = cloud.versions(model)
    served = Counter(version["name"].rsplit("/", 1)[-1] for version in listed)
    if served != expected:
        wrong.append(f"{model} serves {served - expected} too many, {expected - served} too few")
    wrong += [f"{v['name']} is {v['state']}" for v in listed if v["state"] != "READY"]
    newest = version_name(max(sources, key=lambda source: source.order))
    default = cloud.default(model)
    if default is None or default.version != newest:
        wrong.append(f"{model}: the default is {default}, the newest is {newest}")
    body = json.dumps({"instances": [[6.8, 2.8, 4.8, 1.4]]}).encode()
    bearer = f"Bearer {cloud.token()}"
    status, answer = cloud.call(
        "predict", "POST", cloud.predict_path(model), body, Authorization=bearer
    )
    told = json.loads(answer)
    if status != 200 or told["model_version"] != newest or told["predictions"] != ["versicolor"]:
        wrong.append(f"{model}: predict answers {status} {told}")
    return wrong


def main() -> int:
    """Run the campaign; 1 where anything does not hold."""
    parser = argparse.ArgumentParser(prog="./run bench chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        violations = run(Path(folder), options.kills, options.seed)
    for violation in violations:
        print(violation)
    print(f"{options.kills} kills, {len(violations)} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    raise SystemExit(main())
