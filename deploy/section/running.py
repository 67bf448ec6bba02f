"""What runs: images, services, functions, jobs. All of it is a release."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.configuration import BUILD, TRIGGER, Configuration
from deploy.environment import environment
from deploy.section.building import Sources, image, image_step
from deploy.section.closed import closed_step
from deploy.section.secrets import secret_flags, without_secrets
from deploy.step import RELEASE, Step, Words
from deploy.wording import (
    DIGEST,
    JSON,
    joined,
    labels,
    project,
    region,
    staged,
    with_digest,
)
from shared.core import roles
from shared.core.event import FINALIZED

TRIGGERS = {
    roles.RETRAIN: "data",
    roles.BATCH_PREDICT: "data",
    roles.DEPLOY_VERSION: "models",
}
"""Function -> the bucket whose new objects wake it."""
FUNCTIONS = (roles.DEPLOY_VERSION, roles.PREDICT, roles.BATCH_PREDICT, roles.RETRAIN)
PLANES = (roles.SERVING_DATA, roles.SERVING_CONTROL)
JOBS = {
    "train": ("retrain", "shared.job", roles.RETRAIN, 3),
    "batch": ("batch_predict", "shared.batch_job", roles.BATCH_PREDICT, 3),
    "reconcile": ("deploy_version", "shared.reconcile", roles.RECONCILE, 0),
}
"""Job -> the staged folder that it runs, the module, the account, how often it is tried again."""

CLOSED = ("--no-allow-unauthenticated",)
"""For what is new, so that gcloud does not ask. With one that is there it would write the service's
IAM policy, which whoever releases need not be able to do; `closed_step` looks after those."""
TRAIN = "train"


def jobs(made: Configuration) -> tuple[str, ...]:
    """The Cloud Run jobs. On Vertex AI training is a custom job, made anew for each drop."""
    return tuple(job for job in JOBS if job != TRAIN or made.platform != "vertex-ai")


def images(made: Configuration) -> tuple[str, ...]:
    """The staged things that run from an image of ours."""
    planes = ("serving",) if made.platform == "cloud-run" else ()
    return (*planes, *dict.fromkeys(folder for folder, *_ in JOBS.values()))


def running_steps(made: Configuration, sources: Sources) -> Iterator[Step]:
    """Images first, then whoever is called before whoever calls."""
    yield _foundation(made)
    for thing in images(made):
        yield image_step(made, thing, sources)
    if made.platform == "cloud-run":
        for plane in PLANES:
            yield closed_step(made, plane)
            yield _plane(made, plane, sources)
    for job in jobs(made):
        yield _job(made, job, sources)
    for function in FUNCTIONS:
        if not (made.public and function == roles.PREDICT):
            yield closed_step(made, function)
        yield _function(made, function, sources)


def _foundation(made: Configuration) -> Step:
    bucket = f"gs://{made.bucket('state')}"
    return Step(
        name="foundation",
        phase=RELEASE,
        read=("storage", "buckets", "describe", bucket, "--raw", project(made), JSON),
        lacking=f"{bucket} is not there; first type: ./deploy.sh --phase foundation {made.project}",
    )


def _plane(made: Configuration, plane: str, sources: Sources) -> Step:
    size = made.size(plane)
    words = (
        "run",
        "deploy",
        made.named(plane),
        f"--image={image(made, 'serving', sources)}",
        f"--service-account={made.email(plane)}",
        "--port=8080",
        f"--memory={size['memory']}",
        f"--cpu={size['cpu']}",
        f"--timeout={size['timeout']}",
        f"--concurrency={size['concurrency']}",
        f"--min-instances={size['min']}",
        f"--max-instances={size['max']}",
        f"--set-env-vars={joined(without_secrets(made, plane, environment(made, plane)))}",
        *_private(made, "--key", "--vpc-connector"),
        "--ingress=all",
        region(made),
        project(made),
    )
    return _run_step(made, "service", plane, words, ("run", "services"), CLOSED)


def _job(made: Configuration, job: str, sources: Sources) -> Step:
    folder, module, account, retries = JOBS[job]
    size = made.size(job)
    words = (
        "run",
        "jobs",
        "deploy",
        made.named(job),
        f"--image={image(made, folder, sources)}",
        f"--command=python,-m,{module}",
        f"--service-account={made.email(account)}",
        f"--memory={size['memory']}",
        f"--cpu={size['cpu']}",
        f"--task-timeout={size['timeout']}s",
        f"--max-retries={retries}",
        f"--set-env-vars={joined(without_secrets(made, job, environment(made, job)))}",
        *secret_flags(made, job),
        *_private(made, "--key", "--vpc-connector"),
        region(made),
        project(made),
    )
    return _run_step(made, "job", job, words, ("run", "jobs"))


def _run_step(
    made: Configuration, kind: str, thing: str, words: Words, group: Words, new: Words = ()
) -> Step:
    deploy, value = with_digest(words, "--labels", made)
    place = (region(made), project(made))
    return Step(
        name=f"{kind} {thing}",
        phase=RELEASE,
        read=(*group, "list", *place, JSON),
        find={"metadata": {"name": made.named(thing)}},
        owned={"metadata": {"labels": labels(made)}},
        wanted={"metadata": {"labels": {DIGEST: value}}, "status": {"conditions": [_READY]}},
        create=(*deploy, *new),
        update=deploy,
        remove=(*group, "delete", made.named(thing), *place, "--quiet"),
    )


_READY = {"type": "Ready", "status": "True"}


def _function(made: Configuration, function: str, sources: Sources) -> Step:
    folder = function.replace("-", "_")
    size = made.size(function)
    build_account = f"projects/{made.project}/serviceAccounts/{made.email(BUILD)}"
    repository = f"projects/{made.project}/locations/{made.region}/repositories/{made.name}"
    told = {**environment(made, function), **_trainer(made, function, sources)}
    told = without_secrets(made, function, told)
    words = (
        "functions",
        "deploy",
        made.named(function),
        f"--runtime={made.runtime}",
        f"--source={staged(made, folder)}",
        f"--entry-point={folder}",
        *_trigger(made, function),
        f"--run-service-account={made.email(function)}",
        f"--build-service-account={build_account}",
        f"--docker-repository={repository}",
        f"--memory={size['memory']}",
        f"--cpu={size['cpu']}",
        f"--timeout={size['timeout']}s",
        f"--concurrency={size['concurrency']}",
        f"--min-instances={size['min']}",
        f"--max-instances={size['max']}",
        f"--set-env-vars={joined(told)}",
        *secret_flags(made, function),
        *_private(made, "--kms-key", "--vpc-connector"),
        "--ingress-settings=all",
        "--serve-all-traffic-latest-revision",
        "--gen2",
        region(made),
        project(made),
    )
    deploy, value = with_digest(words, "--update-labels", made, sources[folder])
    place = f"projects/{made.project}/locations/{made.region}/functions/{made.named(function)}"
    read = ("functions", "list", "--v2", f"--regions={made.region}", project(made), JSON)
    remove = ("functions", "delete", made.named(function), "--gen2", region(made), project(made))
    return Step(
        name=f"function {function}",
        phase=RELEASE,
        read=read,
        find={"name": place},
        owned={"labels": labels(made)},
        wanted={"labels": {DIGEST: value}, "state": "ACTIVE"},
        create=(*deploy, *CLOSED),
        update=deploy,
        remove=(*remove, "--quiet"),
        tells={trigger_name(function): "eventTrigger.trigger"} if function in TRIGGERS else {},
    )


def _trainer(made: Configuration, function: str, sources: Sources) -> dict[str, str]:
    """What retrain is told of the custom job: the same image that a Cloud Run job would have."""
    if made.platform != "vertex-ai" or function != roles.RETRAIN:
        return {}
    size = made.size(TRAIN)
    return {
        "VERTEX_JOB_IMAGE": image(made, JOBS[TRAIN][0], sources),
        "VERTEX_JOB_MACHINE_TYPE": str(size["machine"]),
        "VERTEX_JOB_SECONDS": str(size["timeout"]),
        **({"VERTEX_JOB_KEY": made.key} if made.key else {}),
    }


def trigger_name(function: str) -> str:
    """The placeholder of the trigger that comes with a function."""
    return f"TRIGGER_{function.replace('-', '_').upper()}"


def _trigger(made: Configuration, function: str) -> Words:
    if function not in TRIGGERS:
        return ("--trigger-http",)
    bucket = made.bucket(TRIGGERS[function])
    return (
        f"--trigger-event-filters=type={FINALIZED},bucket={bucket}",
        f"--trigger-location={made.place}",
        f"--trigger-service-account={made.email(TRIGGER)}",
        "--retry",
    )


def _private(made: Configuration, key: str, connector: str) -> Words:
    """The existing key and network, where the settings name them."""
    return (
        *((f"{key}={made.key}",) if made.key else ()),
        *((f"{connector}={made.connector}",) if made.connector else ()),
    )
