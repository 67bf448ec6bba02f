"""Who is live and why, what waits, what was refused or ignored; and where the page of it is."""

from __future__ import annotations

import argparse
import json
from typing import Any

from cli.failure import Failure
from cli.person import Ports, aftermath, complain, ports
from cli.target import resolve, target_arguments
from shared.core.artifact import status_name
from shared.core.errors import ObjectNotFound
from shared.core.page.facts import Facts
from shared.core.suggestion import suggestion
from shared.core.text import moment, shown
from shared.status import link, word

MOST = 5


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `status` takes."""
    target_arguments(parser)
    parser.add_argument("model", metavar="MODEL", nargs="?", default="", help="default: all")
    parser.add_argument("--json", action="store_true", help="print the status data of MODEL")


def run(options: argparse.Namespace) -> int:
    """Bring the pages up to date and print what they say."""
    with ports(resolve(options)) as at:
        after = aftermath(at)
        known = after.models()
        if options.model and options.model not in known:
            raise unknown(options.model, known)
        for model in [options.model] if options.model else known:
            complain(after.page(model))
            print("\n".join(told(at, model, options)))
        if not options.json:
            print(f"page: {address(at, options.model)}")
    return 0


def told(at: Ports, model: str, options: argparse.Namespace) -> list[str]:
    """One model: as JSON, in a few lines, or among others in one."""
    status = read(at, model)
    if options.json:
        return [json.dumps(status, ensure_ascii=False, indent=1)]
    return lines(status) if options.model else lines(status)[:1]


def lines(status: dict[str, Any]) -> list[str]:
    """A model for people, the live version first."""
    facts = Facts(status)
    live = facts.part("live")
    version = live.text("version")
    first = f"{version}, {word.why_live(live)}" if version else "nothing is live"
    found = [f"{facts.text('model')}: {first}"]
    drops = facts.objects("drops")
    for drop in drops[:MOST]:
        at = moment(max(drop.part("times").strings(), default=""))
        name = drop.text("version") or drop.part("source").text("name") or drop.text("drop")
        found.append(
            f"  {at}  {word.state(drop, version)[1]:<10} {shown(name, 200)}{because(drop)}"
        )
    for one in facts.objects("ignored")[:MOST]:
        found.append(f"  ignored: {shown(one.text('name'), 200)}: {one.text('reason')}")
    return found


def because(drop: Facts) -> str:
    """Why a drop was refused, in a few words."""
    findings = drop.objects("findings")
    if findings:
        line = findings[0].number("line")
        place = f" in line {line:g}" if line is not None else ""
        more = f" and {len(findings) - 1} more" if len(findings) > 1 else ""
        return f"  ({findings[0].text('code')}{place}{more})"
    reason = drop.text("reason") if drop.text("state") in ("failed", "exhausted") else ""
    return f"  ({shown(reason, 200)})" if reason else ""


def read(at: Ports, model: str) -> dict[str, Any]:
    """The status data of a model."""
    try:
        name = status_name(model, "json")
        value: dict[str, Any] = json.loads(at.store.read(at.settings.state_bucket, name)[0])
    except ObjectNotFound:
        return {"model": model}
    return value


def address(at: Ports, model: str) -> str:
    """Where a browser finds the page."""
    return link.address(at.settings.pages_url, at.settings.state_bucket, status_name(model))


def unknown(model: str, known: list[str]) -> Failure:
    """Names the nearest model."""
    return Failure(f"nothing was ever dropped for a model {model!r}; {suggestion(model, known)}")
