"""Whether a new version would break those who call the live one: a rule over two schemas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from shared.core.schema import Feature, Schema

_SHOWN = 10


def breaks(live: Schema, new: Schema) -> list[str]:
    """What callers of the live version would stumble over, a sentence each; [] for nothing.

    An instance carries every feature, in one order: so a feature more, a feature less, another
    kind, a gap that is no longer taken and another order all break calls that work today.
    """
    return [*_features(live, new), *_answers(live, new)]


def _features(live: Schema, new: Schema) -> Iterator[str]:
    before = {feature.name: feature for feature in live.features}
    after = {feature.name: feature for feature in new.features}
    if added := [name for name in after if name not in before]:
        yield f"requires {_listed(added)}, which callers do not send"
    if dropped := [name for name in before if name not in after]:
        yield f"no longer takes {_listed(dropped)}, which callers send"
    both = [name for name in new.names if name in before]
    for name in both:
        yield from _feature(before[name], after[name])
    if both != [name for name in live.names if name in after]:
        yield "takes its features in another order"


def _feature(live: Feature, new: Feature) -> Iterator[str]:
    if live.kind != new.kind:
        yield f"takes {_listed([new.name])} as {new.kind}, not as {live.kind}"
    elif live.nullable and not new.nullable:
        yield f"no longer takes gaps in {_listed([new.name])}"


def _answers(live: Schema, new: Schema) -> Iterator[str]:
    if live.target != new.target:
        yield f"predicts {_listed([new.target])}, not {_listed([live.target])}"
    if live.classes is None or new.classes is None:
        if live.classes != new.classes:
            yield "answers with " + ("numbers" if new.classes is None else "classes")
        return
    if added := [name for name in new.classes if name not in live.classes]:
        yield f"answers with classes that callers do not know: {_listed(added)}"
    if gone := [name for name in live.classes if name not in new.classes]:
        yield f"never answers {_listed(gone)} any more"


def _listed(names: Sequence[str] | Iterable[str]) -> str:
    names = [repr(str(name)[:80]) for name in names]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
