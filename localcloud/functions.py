"""Google's service that runs functions: each staged as it will be deployed, in its own process.

Started as the buildpack does, by the console script `functions-framework`, with the staged folder
as its whole world: the checkout is not on its path.
"""

from __future__ import annotations

import sys
from pathlib import Path

from deploy.stage import stage
from localcloud.configuration import Configuration
from localcloud.part import Part, base_environment
from shared.core import roles


def account(function: str) -> str:
    """The service account that a function runs as; account names hold hyphens."""
    return function.replace("_", "-")


def function_part(name: str, configuration: Configuration, sockets: Path) -> Part:
    """Stage one function and describe its process."""
    state = Path(configuration.state)
    folder = state / "staged" / name
    stage(name, folder, bytecode=True)
    (sockets / name).mkdir(exist_ok=True)
    port = configuration.ports[name]
    script = Path(sys.executable).parent / "functions-framework"
    command = [str(script), "--target", name, "--source", str(folder / "main.py")]
    return Part(
        name=name,
        command=[*command, "--host", "127.0.0.1", "--port", str(port)],
        environment={
            **base_environment(state),
            **configuration.settings(),
            **configuration.account_environment(account(name)),
            "FUNCTION_TARGET": name,
            "K_SERVICE": account(name),
            "XDG_RUNTIME_DIR": str(sockets / name),
        },
        folder=folder,
        log=state / "logs" / f"{name}.log",
        port=port,
        ready="/robots.txt",  # the framework's own answer: no function is called
    )


def serving_part(configuration: Configuration) -> Part:
    """Stage the prediction service, which is ours and answers for AI Platform, and describe it."""
    state = Path(configuration.state)
    folder = state / "staged" / "serving"
    stage("serving", folder, bytecode=True)
    port = configuration.ports["serving"]
    return Part(
        name="serving",
        command=[sys.executable, "-m", "serving"],
        environment={
            **base_environment(state),
            **configuration.settings(),
            **configuration.account_environment("serving"),
            "PORT": str(port),
            "SERVING_CONTROL_ACCOUNT": configuration.email(roles.SERVING_CONTROL),
            "K_SERVICE": "serving",
        },
        folder=folder,
        log=state / "logs" / "serving.log",
        port=port,
        ready="/healthz",
    )


def parts(configuration: Configuration, sockets: Path) -> list[Part]:
    """Every deployed thing as a process, the one that takes longest to start first."""
    return [
        *(function_part(name, configuration, sockets) for name in configuration.functions),
        serving_part(configuration),
    ]
