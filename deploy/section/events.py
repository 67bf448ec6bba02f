"""Events: who may wake whom, how long an event is tried again, where it ends if that fails."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.binding import Resource, bind, member_of, of_job, of_service
from deploy.configuration import SCHEDULE, TRIGGER, Configuration
from deploy.section.accounts import accounts
from deploy.section.agents import PUBSUB, PUBSUB_AGENT
from deploy.section.closed import EVERYBODY, INVOKER
from deploy.section.running import TRAIN, TRIGGERS, jobs, trigger_name
from deploy.step import FOUNDATION, Step
from deploy.wording import JSON, joined, labels, owner, project, region
from shared.core import roles

ACK_SECONDS = 600
"""Longer than a function's 540 s, so that no event comes again while it is worked on."""
DELIVERIES = 100
"""Pub/Sub's most: with pauses of 10 to 600 s they last 16 hours."""
RUN_WITH_ARGUMENTS = "roles/run.jobsExecutorWithOverrides"


def dead_letter_steps(made: Configuration) -> Iterator[Step]:
    """The topic that given-up events go to, and what keeps them there for a month."""
    name = made.named("dead-letters")
    path = f"projects/{made.project}"
    carried = f"--labels={joined(labels(made))}"
    yield Step(
        name="dead letters: topic",
        phase=FOUNDATION,
        read=("pubsub", "topics", "list", project(made), JSON),
        find={"name": f"{path}/topics/{name}"},
        owned={"labels": labels(made)},
        create=("pubsub", "topics", "create", name, carried, project(made)),
        remove=("pubsub", "topics", "delete", name, project(made), "--quiet"),
    )
    yield Step(
        name="dead letters: subscription",
        phase=FOUNDATION,
        read=("pubsub", "subscriptions", "list", project(made), JSON),
        find={"name": f"{path}/subscriptions/{name}"},
        owned={"labels": labels(made)},
        create=(
            *("pubsub", "subscriptions", "create", name, f"--topic={name}"),
            *("--message-retention-duration=31d", "--expiration-period=never", carried),
            project(made),
        ),
        remove=("pubsub", "subscriptions", "delete", name, project(made), "--quiet"),
    )
    topic = Resource(("pubsub", "topics"), name, (project(made),))
    agent = f"serviceAccount:{PUBSUB_AGENT}"
    yield bind(topic, PUBSUB, agent, "roles/pubsub.publisher")


def call_steps(made: Configuration) -> Iterator[Step]:
    """Who may call which service: the table in shared.core.roles, triggers, and listed callers."""
    here = accounts(made)
    for call in roles.CALLS:
        if call.caller in here and call.service in here:
            yield may_call(made, call.caller, member_of(made, call.caller), call.service)
    for function in TRIGGERS:
        yield may_call(made, TRIGGER, member_of(made, TRIGGER), function)
    for member in made.callers:
        yield may_call(made, member, member, roles.PREDICT)
    if made.public:
        yield may_call(made, "everybody", EVERYBODY, roles.PREDICT)
    for account in sorted(roles.JOB_STARTERS) if TRAIN in jobs(made) else ():
        member = member_of(made, account)
        yield bind(of_job(made, TRAIN), account, member, RUN_WITH_ARGUMENTS, after=f"job {TRAIN}")
    for account in sorted(roles.BATCH_STARTERS):
        member = member_of(made, account)
        yield bind(of_job(made, "batch"), account, member, RUN_WITH_ARGUMENTS, after="job batch")
    schedule = member_of(made, SCHEDULE)
    yield bind(of_job(made, "reconcile"), SCHEDULE, schedule, INVOKER, after="job reconcile")


def may_call(made: Configuration, who: str, member: str, service: str) -> Step:
    """Let a member call a service or a function, which must be there."""
    kind = "service" if service.startswith("serving") else "function"
    return bind(of_service(made, service), who, member, INVOKER, after=f"{kind} {service}")


def subscription_steps(made: Configuration) -> Iterator[Step]:
    """The subscriptions that Eventarc made for the functions' triggers, set up as they must be."""
    topic = f"projects/{made.project}/topics/{made.named('dead-letters')}"
    for function in TRIGGERS:
        name = f"SUBSCRIPTION_{function.replace('-', '_').upper()}"
        after = f"function {function}"
        yield Step(
            name=f"trigger of {function}",
            phase=FOUNDATION,
            read=(
                *("eventarc", "triggers", "describe", trigger_name(function)),
                *(f"--location={made.place}", project(made), JSON),
            ),
            tells={name: "transport.pubsub.subscription"},
            lacking=f"the function {function} has lost its trigger, which only comes with a new "
            f"function; type: gcloud functions delete {made.named(function)} --gen2 {region(made)} "
            f"{project(made)}",
            after=after,
        )
        resource = Resource(("pubsub", "subscriptions"), name, (project(made),))
        agent = f"serviceAccount:{PUBSUB_AGENT}"
        yield bind(resource, PUBSUB, agent, "roles/pubsub.subscriber", after=after)
        yield Step(
            name=f"deliveries to {function}",
            phase=FOUNDATION,
            read=("pubsub", "subscriptions", "describe", name, project(made), JSON),
            wanted={
                "ackDeadlineSeconds": ACK_SECONDS,
                "deadLetterPolicy": {"deadLetterTopic": topic, "maxDeliveryAttempts": DELIVERIES},
                "retryPolicy": {"minimumBackoff": "10s", "maximumBackoff": "600s"},
            },
            update=(
                *("pubsub", "subscriptions", "update", name, f"--ack-deadline={ACK_SECONDS}"),
                *(f"--dead-letter-topic={topic}", f"--max-delivery-attempts={DELIVERIES}"),
                *("--min-retry-delay=10s", "--max-retry-delay=600s", project(made)),
            ),
            after=after,
        )


def schedule_step(made: Configuration) -> Step:
    """What starts reconcile."""
    name = made.named("reconcile")
    place = (f"--location={made.region}", project(made))
    job = f"projects/{made.project}/locations/{made.region}/jobs/{name}"
    uri = f"https://run.googleapis.com/v2/{job}:run"
    words = (
        name,
        f"--schedule={made.schedule}",
        f"--uri={uri}",
        "--http-method=POST",
        f"--oauth-service-account-email={made.email(SCHEDULE)}",
        "--time-zone=Etc/UTC",
        f"--description={owner(made)}",
        *place,
    )
    group = ("scheduler", "jobs")
    return Step(
        name="schedule of reconcile",
        phase=FOUNDATION,
        read=(*group, "list", *place, JSON),
        find={"name": job},
        owned={"description": owner(made)},
        wanted={"schedule": made.schedule, "httpTarget": {"uri": uri, "httpMethod": "POST"}},
        create=(*group, "create", "http", *words),
        update=(*group, "update", "http", *words),
        remove=(*group, "delete", name, *place, "--quiet"),
        after="job reconcile",
    )
