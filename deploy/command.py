"""Takes the command line apart: a deploy (check, stage, plan, apply), or another verb."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from deploy import cost, doctor
from deploy.apply import Apply
from deploy.cloud import Cloud
from deploy.configuration import (
    PLATFORMS,
    Configuration,
    configure,
    read_file,
    refuse_overrides,
)
from deploy.drift import drift
from deploy.failure import DeployFailure, usage
from deploy.gcloud import Gcloud, Runner, line
from deploy.plan import plan
from deploy.prepare import prepared, sources
from deploy.right import who_deploys, who_tears_down
from deploy.section.agents import reason
from deploy.stage import ROOT
from deploy.step import FOUNDATION, RELEASE, Phase
from deploy.teardown import teardown
from shared.core.suggestion import nearest


@dataclass(frozen=True)
class Person:
    """Whoever types: what they are told (note: beside what a program may read), what they answer,
    in which checkout they are."""

    say: Callable[[str], None]
    ask: Callable[[str], str]
    root: Path = ROOT
    note: Callable[[str], None] = lambda text: print(text, file=sys.stderr)


def parser(verb: str) -> argparse.ArgumentParser:
    """What `./deploy.sh` and its verbs take."""
    made = argparse.ArgumentParser(
        prog=f"./deploy.sh {verb}".rstrip(),
        description=VERBS[verb].__doc__,
        epilog="Verbs: doctor, cost, teardown. Settings may stand in deploy.ENV.toml: "
        "docs/31-quickstart-cloud.md.",
        allow_abbrev=False,
    )
    made.add_argument("project", metavar="PROJECT", nargs="?", help="the project's ID")
    made.add_argument("--env", metavar="ENV", help="read deploy.ENV.toml; flags count more")
    made.add_argument("--name", help="what every resource's name begins with (dropserve)")
    made.add_argument("--region", help="us-central1")
    made.add_argument("--platform", metavar="|".join(PLATFORMS), help="what serves (cloud-run)")
    made.add_argument("--endpoint", metavar="URL", help="who answers ml v1 (ai-platform only)")
    made.add_argument("--notify", metavar="EMAIL", help="whom alerts are sent to")
    if verb in ("", "doctor"):
        made.add_argument(
            "--phase",
            choices=(FOUNDATION, RELEASE),
            help="foundation: APIs, accounts, rights, buckets, alerts; release: what runs",
        )
    if verb == "doctor":
        made.add_argument(
            "--deployed",
            action="store_true",
            help="compare what is there with the plan, too; takes a minute or two",
        )
    if verb in ("", "teardown"):
        made.add_argument("--dry-run", action="store_true", help="print the commands, run none")
    if verb == "teardown":
        made.add_argument(
            "--delete-data", action="store_true", help="the buckets too; asks for the name"
        )
    if verb == "cost":
        made.add_argument("--drops", type=int, default=0, metavar="N", help="CSVs a month")
        made.add_argument("--gb", type=float, default=0.0, metavar="G", help="their size together")
        made.add_argument(
            "--rps", type=float, default=0.0, metavar="R", help="predictions a second"
        )
    return made


def configuration(options: argparse.Namespace, root: Path) -> Configuration:
    """From the settings file and the flags. Raises DeployFailure."""
    values: dict[str, Any] = read_file(root / f"deploy.{options.env}.toml") if options.env else {}
    for key in ("project", "name", "region", "platform", "endpoint", "notify"):
        if getattr(options, key) is not None:
            values[key] = getattr(options, key)
    return configure(values)


def deploy(options: argparse.Namespace, runner: Runner, person: Person) -> int:
    """Bring dropserve to Google Cloud. A second run changes nothing that is right."""
    made = configuration(options, person.root)
    wanted = prepared(made, person.root)
    steps = wanted.of(options.phase)
    if options.dry_run:
        for step in steps:
            if step.command:
                person.say(line(step.command))
        for step in steps:
            if why := reason(step):
                person.note(f"# {step.name}: {why}")
        return 0
    done = Apply(Cloud(runner), person.say).run(steps, wanted.steps)
    for name in done.waiting:
        person.say(f"not yet: {name}")
    if done.waiting:
        person.say("After the first release, run --phase foundation once more.")
    person.say(f"{len(done.changed)} changes; {made.name} is as planned in {made.project}")
    return 0


def take_away(options: argparse.Namespace, runner: Runner, person: Person) -> int:
    """Remove what a deploy made and nothing else. Data and models only with --delete-data."""
    made = configuration(options, person.root)
    steps = prepared(made, person.root).steps
    if options.dry_run:
        for step in reversed(steps):
            if step.remove and (options.delete_data or not step.data):
                person.say(line(step.remove))
        return 0
    if options.delete_data:
        buckets = ", ".join(made.bucket(kind) for kind in ("data", "models", "state"))
        asked = f"This deletes {buckets} with all they hold. Type the name {made.name} to go on: "
        if person.ask(asked).strip() != made.name:
            raise DeployFailure("nothing was removed: that was not the name")
    taken = teardown(steps, Cloud(runner), person.say, delete_data=options.delete_data)
    for kept in taken.kept:
        person.say(f"kept: {kept}")
    if not taken.removed and not taken.kept:
        person.say(f"nothing of {made.name} is in {made.project}: is that the name?")
    person.say(f"{len(taken.removed)} things removed; the APIs of {made.project} stay on")
    return 0


def examine_project(options: argparse.Namespace, runner: Runner, person: Person) -> int:
    """Say what keeps a deploy from working, each with the command that mends it. Exit code 1 then.

    Changes nothing. With --phase it also tells which rights that phase takes, and no more.
    """
    made = configuration(options, person.root)
    findings = doctor.examine(made, runner, options.phase)
    if options.deployed:
        findings = chain(findings, as_planned(options, made, runner, person))
    wrong = 0
    for finding in findings:
        person.say(f"{'ok   ' if finding.fine else 'WRONG'} {finding.what}")
        if not finding.fine:
            wrong += 1
            person.say(f"      {finding.fix}")
    person.say(f"{wrong} things to mend" if wrong else "nothing keeps a deploy from working")
    if wrong or options.phase:
        tell_rights(made, options.phase, person)
    return int(bool(wrong))


def as_planned(
    options: argparse.Namespace, made: Configuration, runner: Runner, person: Person
) -> Iterator[doctor.Finding]:
    """What was deployed, compared with the plan."""
    wanted = plan(made, sources(made, person.root))
    fine = True
    for name, why in drift(wanted, Cloud(runner)):
        fine = False
        yield doctor.Finding(False, f"{name}: {why}", again(options))
    if fine:
        yield doctor.Finding(True, f"all {len(wanted.steps)} things of the plan are as planned")


def again(options: argparse.Namespace) -> str:
    """The deploy that these options are about, as it is typed."""
    flags = ("env", "name", "region", "platform", "endpoint", "notify")
    given = [f"--{flag}={getattr(options, flag)}" for flag in flags if getattr(options, flag)]
    return shlex.join(["./deploy.sh", *given, *([options.project] if options.project else [])])


def tell_rights(made: Configuration, phase: Phase | None, person: Person) -> None:
    """Which commands give whoever deploys what they need."""
    wanted = plan(made, sources(made, person.root))
    person.say(f"What whoever does {phase or 'a deploy'} needs, given by an owner:")
    for command in who_deploys(made, wanted, phase):
        person.say(f"      {command}")
    if phase is None:
        person.say("and for a teardown besides:")
        for command in who_tears_down(made, wanted):
            person.say(f"      {command}")


def tell_cost(options: argparse.Namespace, _: Runner, person: Person) -> int:
    """Say what it costs: idle, for a thousand predictions, for a month of the load given."""
    made = configuration(options, person.root)
    prices = cost.Prices()
    load = cost.Load(options.drops, options.gb, options.rps)
    if min(load.drops, load.gb, load.rps) < 0 or (load.gb and not load.drops):
        raise usage("--drops, --gb, --rps: 0 or more, and --gb is the size of --drops together")
    person.say(f"From {prices.stated}, without free tiers (deploy/prices.toml).")
    for title, items in (
        ("A deploy", cost.deploying(made, prices)),
        ("A month in which nobody asks", cost.idle(made, prices)),
        ("A thousand predictions", cost.thousand_predictions(made, prices)),
        (
            f"A month with {load.drops} drops of {load.gb:g} GB together, {load.rps:g} predictions "
            "a second",
            cost.month(made, prices, load),
        ),
    ):
        for text in cost.table(title, items):
            person.say(text)
    person.say(f"Not compared with their page: {', '.join(prices.unseen)}.")
    return 0


VERBS: dict[str, Callable[[argparse.Namespace, Runner, Person], int]] = {
    "": deploy,
    "doctor": examine_project,
    "cost": tell_cost,
    "teardown": take_away,
}


def misunderstood(verb: str, project: str | None, more: list[str]) -> str:
    """What was typed besides what is understood, and what may have been meant."""
    said = f"{' '.join(more)!r} is not understood by ./deploy.sh {verb}".rstrip()
    meant = nearest(project or "", [name for name in VERBS if name]) if not verb else None
    return (
        f"{said}; did you mean ./deploy.sh {meant}?" if meant else f"{said}; --help tells what is"
    )


def _say(text: str) -> None:
    print(text, flush=True)


def main(
    words: list[str],
    environment: Mapping[str, str] = os.environ,
    runner: Runner | None = None,
    person: Person | None = None,
) -> int:
    """The exit code of one command line."""
    verb, rest = (words[0], words[1:]) if words and words[0] in VERBS else ("", words)
    try:
        refuse_overrides(environment)
        options, more = parser(verb).parse_known_args(rest)
        if more:
            raise usage(misunderstood(verb, options.project, more))
        person = person or Person(_say, input)
        return VERBS[verb](options, runner or Gcloud(person.root), person)
    except DeployFailure as failure:
        print(f"error: {failure}", file=sys.stderr)
        return failure.exit_code
    except (KeyboardInterrupt, EOFError):
        return 130
