"""The image of the jobs: one for Cloud Run jobs and for custom jobs, of the locked staged tree."""

from __future__ import annotations

import re
from typing import Any

import pytest

from deploy.environment import environment
from deploy.image import dockerfile
from deploy.plan import Plan
from deploy.section.running import JOBS, TRAIN
from deploy.step import Step
from localcloud import customjob
from shared.core.settings import Settings
from shared.gcp.vertex.job import COMMAND
from tests.deploy.conftest import Workshop
from tests.deploy.fake_gcloud import pairs, split


def step(plan: Plan, name: str) -> Step:
    return next(each for each in plan.steps if each.name == name)


def flags(plan: Plan, name: str) -> dict[str, Any]:
    return split(step(plan, name).create)[1]


def test_both_kinds_of_training_job_start_from_one_image_by_one_command(
    workshop: Workshop,
) -> None:
    job = flags(workshop.prepare()[1], "job train")
    made, plan = workshop.prepare(
        platform="vertex-ai", sizes={"train": {"machine": "n2-highmem-8"}}
    )
    told = pairs(flags(plan, "function retrain")["set-env-vars"])
    settings = Settings.from_environment(told)
    assert settings.vertex_job_image == job["image"]
    assert settings.vertex_job_machine_type == "n2-highmem-8"
    assert settings.vertex_job_seconds == made.size(TRAIN)["timeout"]
    assert settings.training_job == settings.vertex_job_key == ""
    assert list(COMMAND) == job["command"].split(",") == customjob.COMMAND
    assert settings.email("retrain") == job["service-account"]
    assert "job train" not in [each.name for each in plan.steps]


def test_the_image_is_built_before_anything_that_starts_from_it(workshop: Workshop) -> None:
    for platform in ("cloud-run", "vertex-ai"):
        _, plan = workshop.prepare(platform=platform)
        names = [each.name for each in plan.steps]
        using = [n for n in ("job train", "function retrain") if n in names]
        assert names.index("image retrain") < min(names.index(name) for name in using)
        submit = step(plan, "image retrain").create
        assert submit[:2] == ("builds", "submit")


@pytest.mark.parametrize("thing", sorted({folder for folder, *_ in JOBS.values()} | {"serving"}))
def test_an_image_has_locked_requirements_only_and_no_root(thing: str) -> None:
    recipe = dockerfile("python312", thing)
    (install,) = re.findall(r"^RUN pip install (.*)$", recipe, re.M)
    assert {"--no-deps", "--require-hashes", "--only-binary=:all:"} <= set(install.split())
    assert recipe.index("COPY requirements.txt") < recipe.index("COPY . .")
    assert re.search(r"^USER [1-9]\d+$", recipe, re.M)
    assert recipe.startswith("FROM python:3.12-slim\n")


def test_a_job_is_told_what_the_function_is_told(workshop: Workshop) -> None:
    made, _ = workshop.prepare()
    function, job = environment(made, "retrain"), environment(made, TRAIN)
    own = {"FUNCTION_MEMORY_BYTES", "FUNCTION_SECONDS"}
    assert {name: value for name, value in function.items() if name not in own} == job
