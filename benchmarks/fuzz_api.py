"""The predict API under Schemathesis, and the body parser under bytes made by chance.

    ./run bench fuzz-api [--cases 5000] [--bodies 1000000] [--seed N]

Schemathesis comes into an environment of its own, made and thrown away by the command. What counts
is what the function itself logged of every request, and what Schemathesis found.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.cloud import ROOT, Cloud, local_cloud
from shared.core.errors import InstancesRejected
from shared.core.instances import accept
from shared.core.schema import Feature, Schema
from shared.web import body, problem
from shared.web.refusal import Refusal

VERSION = "4.32.5"
DOCUMENTS = 3
CSV = "size,colour,paid,day,label\n" + "".join(
    f"{n % 17}.5,{('red', 'blue', 'green')[n % 3]},{('yes', 'no')[n % 2]},"
    f"2026-{n % 12 + 1:02}-{n % 28 + 1:02},{('cheap', 'dear')[n % 17 > 8]}\n"
    for n in range(240)
)
TOML = b'[columns]\npaid = "boolean"\nday = "date"\n'
ALL_MODELS = ("positive_data_acceptance", "negative_data_rejection")
"""Not asked of the document of all models: an instance may be anything there, so a right one may be
refused; and a header or parameter too many, which Schemathesis calls wrong data, is let pass."""


def schemathesis(folder: Path) -> Path:
    """The command, in an environment below `folder`."""
    python = folder / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    install = [python, "-m", "pip", "install", "-q", f"schemathesis=={VERSION}"]
    subprocess.run(install, check=True)
    return folder / "bin" / "schemathesis"


def attack(command: Path, cloud: Cloud, path: str, cases: int, seed: int, *without: str) -> int:
    """Run it on one document; its exit code."""
    url = cloud.configuration.url("predict")
    bearer = f"Authorization: Bearer {cloud.token()}"
    name, words = command.parent.parent / "openapi.json", ["--exclude-checks", ",".join(without)]
    status, document = cloud.call("predict", "GET", path, Authorization=bearer.partition(": ")[2])
    if status != 200:
        raise SystemExit(f"{path}: HTTP {status}")
    name.write_text(json.dumps(told(json.loads(document), headers=bool(without))))
    options = ["--max-examples", str(cases), "--seed", str(seed), "--phases", "coverage,fuzzing"]
    checks = words if without else []
    done = subprocess.run(
        [command, "run", name, "--url", url, "-H", bearer, "--no-color", "--continue-on-failure",
         "--warnings", "off", *options, *checks],
        check=False, cwd=name.parent, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        print(done.stdout[-6000:], done.stderr[-2000:])
    return done.returncode


def told(document: Any, *, headers: bool) -> Any:
    """The document, without its parameters where headers are not to be tried: see
    ALL_MODELS. Nor strict, which refuses what is right and only odd, nor an
    X-Request-Timeout that is spent before any answer (504)."""
    document["components"]["parameters"]["timeout"]["schema"]["minimum"] = 5
    if not headers:
        document["components"]["schemas"]["Parameters"]["properties"]["strict"] = {"const": False}
    for path in document["paths"].values():
        for operation in path.values():
            if not headers:
                operation["parameters"] = []
    return document


def logged(cloud: Cloud) -> list[dict[str, Any]]:
    """What the function logged of each request."""
    log = (cloud.state / "logs" / "predict.log").read_text(encoding="utf-8")
    lines = re.findall(r'\{"severity".*\}', log)
    return [line for line in map(json.loads, lines) if "httpRequest" in line]


def campaign(cases: int, seed: int) -> int:
    """Schemathesis on every document; how much went wrong."""
    iris = (ROOT / "examples" / "iris.csv").read_bytes()
    with tempfile.TemporaryDirectory() as place, local_cloud(Path(place) / "cloud") as cloud:
        command = schemathesis(Path(place) / "schemathesis")
        cloud.drop("data/mixed/model.toml", TOML)
        for model, data in (("iris", iris), ("mixed", CSV.encode())):
            story = cloud.settled(model, cloud.drop(f"data/{model}/x.csv", data))
            if not story["settled"]:
                raise SystemExit(f"{model} was not released: {story}")
        models = f"/v1/projects/{cloud.configuration.project}/models"
        failed = attack(command, cloud, "/openapi.json", cases // 12, seed, *ALL_MODELS)
        for model in ("iris", "mixed"):
            path = f"{models}/{model}/openapi.json"
            failed += attack(command, cloud, path, cases // DOCUMENTS, seed)
        counted = Counter(line["status"] for line in logged(cloud))
    broken = sum(count for status, count in counted.items() if status >= 500)
    print(f"Schemathesis {VERSION}: {sum(counted.values())} requests answered, {broken} of 5xx, "
          f"{failed} of {DOCUMENTS} documents with findings; "
          f"{dict(sorted(counted.items()))}")  # fmt: skip
    return broken + failed + (sum(counted.values()) < cases)


SCHEMA = Schema(
    (Feature("size"), Feature("colour", "categorical"), Feature("paid", "boolean")), "y", None
)
SEEDS = (
    b'{"instances": [[1, "red", true], [2.5e3, "blue", 0]]}',
    b'{"instances": [{"size": -1, "colour": "r\\u00e9d", "paid": false}]}',
    b'{"parameters": {"strict": true, "probabilities": false}, "instances": [[0, "", 1]]}',
    b'{"instances": [[1, "a:b", true]], "signature_name": "x"}',
    b'{"instances": [[[]], {"a": {"b": [null, 1e999, NaN]}}]}',
)
PIECES = (
    b"", b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u", b"\\ud800", b"null", b"NaN",
    b"-", b"1e999", b"9" * 400, b"0" * 30, b"\x00", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf",
    b'"instances":', b'"size":1,', b'"parameters":{}', b"[" * 600, b'{"a":' * 600, b"\r\n", b"1.",
)  # fmt: skip


def mutated(chance: random.Random) -> bytes:
    """A body near a right one."""
    data = chance.choice(SEEDS)
    for _ in range(chance.randrange(4)):
        start = chance.randrange(len(data) + 1)
        end = start + chance.choice((0, 0, 1, 1, 3, 17))
        data = data[:start] + chance.choice(PIECES) + data[end:]
    return data


def bodies(count: int, seed: int) -> int:
    """Read, check and judge so many bodies; how many ended in anything but a 4xx or rows."""
    chance, outcomes, broken = random.Random(seed), Counter[str](), 0
    for _ in range(count):
        data = mutated(chance)
        try:
            parsed = body.parse(data)
            accept(parsed.instances, SCHEMA, parsed.faults)
            outcomes["accepted"] += 1
        except (Refusal, InstancesRejected) as error:
            told = problem.answer(error)
            outcomes[problem.code(error)] += 1
            broken += told.status != 400 or told.media_type != problem.MEDIA_TYPE
        except Exception as error:
            broken += 1
            print(f"{error!r} at {data[:300]!r}")
    print(f"body parser: {count} bodies, {broken} not told properly; {dict(outcomes)}")
    return broken


def main() -> int:
    """Both; 1 where anything is not as it must be."""
    parser = argparse.ArgumentParser(prog="./run bench fuzz-api")
    parser.add_argument("--cases", type=int, default=5_000)
    parser.add_argument("--bodies", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    began = time.monotonic()
    broken = bodies(options.bodies, options.seed)
    if options.cases:
        broken += campaign(options.cases, options.seed)
    print(f"{time.monotonic() - began:.0f} s")
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
