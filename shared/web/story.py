"""What became of a model's drops, for its callers: what happened, not who did it.

People's addresses, buckets and the names of ledger entries stay on the status pages, which are
read with the rights of whoever runs the service.
"""

from __future__ import annotations

from typing import Any

from shared.core.page.facts import Facts

Json = dict[str, Any]

_DROP = ("drop", "state", "version", "code", "reason", "held", "metrics", "collected")
_FINDING = ("code", "message", "line", "column")


def models(names: list[str], project: str) -> Json:
    """The models that have a story."""
    return {"models": [{"name": f"projects/{project}/models/{name}"} for name in names]}


def story(model: str, status: Json, project: str) -> Json:
    """A model's story from its status object."""
    facts = Facts(status)
    live = facts.part("live")
    return {
        "name": f"projects/{project}/models/{model}",
        "live": {"version": live.text("version"), "why": live.text("why")} if live else None,
        "drops": [_drop(drop) for drop in facts.objects("drops")],
        "total": facts.number("total") or 0,
        "ignored": [_kept(one, ("name", "reason", "at")) for one in facts.objects("ignored")],
    }


def _drop(drop: Facts) -> Json:
    counted = sum(drop.part("counts").amounts().values())
    findings = [_kept(one, _FINDING) for one in drop.objects("findings")]
    return {
        **_kept(drop, _DROP),
        **({"state": "live"} if _was_live(drop) else {}),
        "file": drop.part("source").text("name"),
        "createTime": drop.part("source").text("time_created"),
        "updateTime": max(drop.part("times").strings(), default=""),
        "findings": findings,
        "findingCount": int(max(counted, len(findings))),
        "warnings": [_kept(one, _FINDING) for one in drop.objects("warnings")],
        "hasReport": bool(drop.text("card") and drop.text("version")),
    }


def _was_live(drop: Facts) -> bool:
    """Whether it waited first and a person, or the end of a pin, made it live."""
    return drop.text("state") == "ready" and bool(drop.part("chosen"))


def _kept(facts: Facts, names: tuple[str, ...]) -> Json:
    return {name: facts.raw(name) for name in names if facts.raw(name) is not None}
