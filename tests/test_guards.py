"""`./run bench guards` removes what stands there: every guard's text, and the test that misses it.

That the test does miss it is shown by the benchmark, which takes minutes.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.guarded import Guard, Moved
from benchmarks.guards import GUARDS, ROOT


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.what)
def test_a_guard_stands_where_it_is_said_to_and_names_a_test(guard: Guard) -> None:
    compile(guard.removed(ROOT), guard.file, "exec")
    file, _, name = guard.test.partition("::")
    assert re.search(rf"^(async )?def {name or 'test_'}", (ROOT / file).read_text(), re.MULTILINE)


def test_a_guard_that_moved_is_told(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("if a:\n    pass\n")
    with pytest.raises(Moved, match=r"one\.py"):
        Guard("a promise", "one.py", "if b:", "if False:", "tests/x.py").removed(tmp_path)
