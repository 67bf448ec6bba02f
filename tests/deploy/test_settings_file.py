"""A settings file that cannot be meant is told whole, before gcloud is asked anything."""

from __future__ import annotations

import tomllib

import pytest

from deploy.configuration import Configuration, configure
from deploy.environment import environment
from deploy.failure import DeployFailure
from deploy.setting import SAID_ELSEWHERE
from deploy.size import SIZES, size_problems
from shared.core.settings import SETTINGS

KEY = "projects/k/locations/us-central1/keyRings/r/cryptoKeys/c"
WRONG = {
    'buckets = "x"': r"buckets: a table, which begins with the line \[buckets\]",
    "sizes = 3": "sizes: tables",
    "[sizes]\npredict = 3": "sizes.predict: a table",
    '[sizes.predict]\nmemory = "lots"': "'lots' is no amount of memory",
    '[sizes.predict]\nmemroy = "1Gi"': "sizes.predict.memroy is unknown; there are: memory",
    "[sizes.train]\nmin = 1": "sizes.train.min is unknown",
    '[sizes.predict]\nmachine = "x"': "sizes.predict.machine is unknown",
    '[sizes.predict]\nmin = "one"': "sizes.predict.min 'one': a whole number",
    "[sizes.predict]\nmin = 30": "min 30 is more than max 20",
    "[sizes.predict]\nmin = -1": "sizes.predict.min -1: a whole number from 0",
    "[sizes.predict]\nmax = true": "sizes.predict.max True",
    '[sizes.predict]\ntimeout = "60s"': "sizes.predict.timeout '60s'",
    "[sizes.predict]\ntimeout = 3601": "from 1 to 3600",
    "[sizes.retrain]\ntimeout = 600": "from 1 to 540",
    "[sizes.predict]\ncpu = 3": "sizes.predict.cpu 3: 1, 2, 4, 6 or 8",
    '[sizes.predict]\ncpu = "0.5"': "less than 1 with concurrency 1",
    '[sizes.predict]\nmemory = "8Gi"': "at most 4Gi for each cpu",
    '[sizes.train]\ncpu = 8\nmemory = "2Gi"': "at least 4Gi with cpu 8",
    '[settings]\nMAX_MODELS = "many"': "settings.MAX_MODELS 'many'",
    "[settings]\nSAMPLE_SHARE = 2": "settings.SAMPLE_SHARE '2': must be from 0 to 1",
    '[settings]\nSAMPLE_DAYS = "x"': "settings.SAMPLE_DAYS",
    '[settings]\nPREDICT_AUTH = "nobody"': "settings.PREDICT_AUTH",
    '[settings]\nPLATFORM = "vertex-ai"': "settings.PLATFORM: a deploy tells it; say platform",
    '[settings]\nTRAINING_JOB = "x"': "settings.TRAINING_JOB: a deploy tells it; leave it out",
    "[settings]\nTARGET_NAMES = [1]": "settings.TARGET_NAMES: a text, a number",
    'callers = "group:team@example.com"': "callers: a list of texts",
    "operators = [1]": "operators: a list of texts",
    'public = "yes"': "public: true or false, without quotes",
    'schedule = "every hour"': "schedule 'every hour': five fields of cron",
    'schedule = ""': "schedule ''",
    'key = "mine"': "key 'mine'",
    f'key = "{KEY}"\nlocation = "us"': "both need their key in their own place",
    f'key = "{KEY}"\nregion = "europe-west1"': "both need their key",
    'connector = "x"': "connector 'x'",
    'connector = "projects/p/locations/eu-west1/connectors/c"': "it must lie in us-central1",
    "runtime = 312": "runtime: a text in quotes",
    "name = 7": "name: a text in quotes",
    'keep_overwritten_days = "x"': "keep_overwritten_days: a whole number",
    "keep_overwritten_days = -1": "keep_overwritten_days: 0 or more",
    "soft_delete_days = 3": "soft_delete_days 3: 0, or from 7 to 90",
    "soft_delete_days = true": "soft_delete_days: a whole number",
    'runbook = "javascript:alert(1)"': "runbook",
    'notify = ["a@b.cc"]': "notify: a text in quotes",
    '[accounts]\nretrain = "me@example.com"': "accounts.retrain 'me@example.com'",
    "[accounts]\nretrain = 1": "accounts.retrain: a text in quotes",
}


def configured(text: str) -> Configuration:
    return configure({"project": "my-project", **tomllib.loads(text)})


@pytest.mark.parametrize("text", WRONG, ids=lambda text: text.replace("\n", " "))
def test_what_cannot_be_meant_is_told(text: str) -> None:
    with pytest.raises(DeployFailure, match=WRONG[text]) as told:
        configured(text)
    assert told.value.exit_code == 2


def test_a_project_that_is_a_number_is_told() -> None:
    with pytest.raises(DeployFailure, match="project: a text in quotes"):
        configure({"project": 5})


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(DeployFailure) as told:
        configured('schedule = "x"\n[sizes.predict]\nmin = 30\n[settings]\nMAX_MODELS = 0')
    assert len(str(told.value).splitlines()) == 3


RIGHT = (
    f'key = "{KEY}"',
    "soft_delete_days = 0",
    'runbook = "https://example.com/runbook"',
    '[sizes.deploy-version]\ncpu = "0.5"\nmemory = "256Mi"',
    "[sizes.predict]\nmin = 1\nmax = 1\ncpu = 2",
    '[sizes.train]\ncpu = 8\nmemory = "32Gi"\ntimeout = 604800',
)


@pytest.mark.parametrize("text", RIGHT, ids=lambda text: text.replace("\n", " "))
def test_what_can_be_meant_is_taken(text: str) -> None:
    configured(text)


@pytest.mark.parametrize("thing", SIZES)
def test_the_sizes_that_a_deploy_begins_with_are_taken(thing: str) -> None:
    assert list(size_problems(thing, {})) == []


def test_settings_may_be_numbers_switches_and_lists() -> None:
    made = configured('[settings]\nMAX_MODELS = 1000\nTARGET_NAMES = ["y", "kind"]\nPIN_DAYS = 7')
    told = environment(made, "serving-control")
    assert told["MAX_MODELS"] == "1000"
    assert told["TARGET_NAMES"] == "y,kind"
    assert told["PIN_DAYS"] == "7"


def test_what_is_said_elsewhere_is_a_setting() -> None:
    assert set(SAID_ELSEWHERE) <= {setting.name for setting in SETTINGS}


def test_audiences_and_callers_of_the_settings_stand_beside_those_that_follow() -> None:
    made = configured(
        'public = true\ncallers = ["user:a@example.com"]\n[settings]\nPREDICT_AUTH = "id_token"\n'
        'AUDIENCE = "1.apps.googleusercontent.com"\nALLOWED_CALLERS = "@example.org"'
    )
    told = environment(made, "predict")
    assert told["AUDIENCE"] == f"{made.url('predict')},1.apps.googleusercontent.com"
    assert told["ALLOWED_CALLERS"] == "a@example.com,@example.org"


def test_allowed_callers_narrow_what_iam_lets_through() -> None:
    made = configured(
        'callers = ["user:a@example.com"]\n[settings]\nALLOWED_CALLERS = "@example.org"'
    )
    assert environment(made, "predict")["ALLOWED_CALLERS"] == "@example.org"
