"""The page: whole, equal for equal cards, bounded, and deaf to what stands in names."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.training.reporting.report import SECTIONS, render
from tests.training.reporting.cards import HOSTILE, full

NAMES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
CLASSES = ["setosa", "versicolor", "virginica"]
VOID = {"meta"}


class Page(HTMLParser):
    """A page taken apart; refuses elements that are closed wrongly or stand twice under one id."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.style = ""
        self._open: list[str] = []
        self.feed(data.decode())
        assert not self._open
        ids = [fields["id"] for _, fields in self.tags if "id" in fields]
        assert len(ids) == len(set(ids))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs)
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "style":
            self.style += data
        else:
            self.text.append(data)

    @property
    def names(self) -> set[str]:
        return {tag for tag, _ in self.tags}

    @property
    def words(self) -> str:
        return " ".join("".join(self.text).split())


def page(card: dict[str, Any]) -> Page:
    return Page(render(card))


def test_a_card_with_every_fact_gets_every_section() -> None:
    shown = page(full(NAMES, CLASSES))
    assert [f["id"] for tag, f in shown.tags if tag == "section"] == [a for a, *_ in SECTIONS]
    for fact in ("0.96", "97", "v20261122_130000_1a2b3c4d", "0.95", "SVC was chosen"):
        assert fact in shown.words


def test_a_regression_shows_residuals_and_no_confusion() -> None:
    shown = page(full(NAMES, ["152.5"], task="regression"))
    assert "Truth minus answer" in shown.words
    assert "Confusion" not in shown.words
    assert "54.2" in shown.words


def test_equal_cards_give_equal_bytes() -> None:
    card = full(NAMES, CLASSES[::-1])
    assert render(card) == render(json.loads(json.dumps(card, sort_keys=True)))


@pytest.mark.parametrize("fact", ["decision", "importance", "profile", "drift", "selection"])
def test_a_fact_that_is_not_there_is_left_out(fact: str) -> None:
    card = full(NAMES, CLASSES)
    del card["facts"][fact]
    shown = {f["id"] for tag, f in page(card).tags if tag == "section"}
    still = {"profile": "schema", "selection": "selection"}  # told by other facts too
    assert (fact in shown) == (fact == "selection")
    assert still.get(fact, "call") in shown


def test_an_empty_card_gives_a_page() -> None:
    assert page({}).names >= {"html", "main", "h1"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_value_in_place_of_any_fact_gives_a_page(data: st.DataObject) -> None:
    task = data.draw(st.sampled_from(["classification", "regression"]))
    card = json.loads(json.dumps(full(NAMES, CLASSES, task=task)))
    spot: Any = card
    while True:
        key = data.draw(st.sampled_from(sorted(spot) if isinstance(spot, dict) else [0]))
        inner = spot[key]
        if not inner or not isinstance(inner, dict | list) or data.draw(st.booleans()):
            break
        spot = inner
    spot[key] = data.draw(json_values)
    page(card)


def test_the_policy_allows_the_one_style_sheet_and_nothing_else() -> None:
    shown = page(full(NAMES, CLASSES))
    [policy] = [f["content"] for _, f in shown.tags if f.get("http-equiv")]
    digest = base64.b64encode(hashlib.sha256(shown.style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert [tag for tag, _ in shown.tags].count("style") == 1
    assert not any("style" in fields for _, fields in shown.tags)


def test_nothing_on_the_page_asks_the_network() -> None:
    shown = page(full(NAMES, CLASSES))
    links = [f[key] for _, f in shown.tags for key in ("href", "src", "srcset") if key in f]
    assert links
    assert all(link and link.startswith("#") for link in links)
    assert "url(" not in shown.style
    assert "@import" not in shown.style


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_hostile_name_adds_no_element_and_no_attribute(name: str, task: str) -> None:
    tame = page(full(["a", "b", "c", "d"], ["e", "f"], task=task))
    wild = page(full([name, name + "2", "c", name], [name + "3", name], task=task))
    assert wild.names <= tame.names
    assert {k for _, f in wild.tags for k in f} <= {k for _, f in tame.tags for k in f}
    assert not any(
        letter in "".join(wild.text) for letter in "\u202e\u2066\x00\x1b\x07\ufeff\u200b"
    )


def test_what_is_invisible_is_told_by_its_number() -> None:
    words = page(full(["price\u202egnp"], CLASSES)).words
    assert "price[U+202E]gnp" in words


def test_persian_and_emoji_keep_their_joiners() -> None:
    words = page(full(["می\u200cشود", "👩\u200d👩\u200d👧"], CLASSES)).words
    assert "می\u200cشود" in words
    assert "👩\u200d👩\u200d👧" in words


def test_a_thousand_features_and_a_hundred_classes_stay_a_page() -> None:
    names = [f"feature_{i}_" + "y" * 100 for i in range(1_000)]
    data = render(full(names, [f"class_{i}_" + "z" * 100 for i in range(100)]))
    assert len(data) < 200_000
    assert "And 970 more features" in Page(data).words


def test_a_shell_reads_the_curl_line_as_one_command_whatever_the_values_are() -> None:
    program = 'curl() { printf "%s\\0" "$@"; }\n'
    for name in HOSTILE[:-2]:
        card = full(["a", "b"], CLASSES)
        card["golden"]["instances"] = [[name, 1.5]]
        [line] = re.findall(r'curl -H.*?:predict"', "".join(page(card).text), re.DOTALL)
        told = subprocess.run(
            ["/bin/sh", "-c", program + line],
            env={"PREDICT_TOKEN": "t", "PREDICT_URL": "http://h", "GOOGLE_CLOUD_PROJECT": "p"},
            capture_output=True,
            text=True,
            check=True,
        )
        *given, end = told.stdout.split("\0")
        assert given[:3] == ["-H", "Authorization: Bearer t", "-d"]
        assert json.loads(given[3]) == {"instances": [{"a": name, "b": 1.5}]}
        assert given[4].startswith("http://h/v1/projects/p/models/sample/versions/v2026")
        assert (len(given), end, told.stderr) == (5, "", "")


def test_the_answer_that_is_shown_has_the_members_of_a_real_one() -> None:
    [answer] = re.findall(
        r'\{"predictions".*?\}', "".join(page(full(["a"], ["x", "y"])).text), re.S
    )
    told = json.loads(answer)
    assert list(told) == ["predictions", "model_version", "kind"]
    assert told["kind"] == "label"


def test_a_name_that_a_shell_would_run_gets_no_curl_line() -> None:
    card = full(NAMES, CLASSES)
    card["model"] = "$(touch owned)"
    assert "curl -H" not in page(card).words


def test_a_long_instance_is_whole_or_not_there() -> None:
    for size in (100, 300, 1_000):
        names = [f"feature_{i}" for i in range(size)]
        card = full(names, CLASSES)
        card["golden"]["instances"] = [[1.25] * size]
        text = "".join(page(card).text)
        assert ("curl -H" in text) == (size < 1_000)
        assert text.count("1.25") == (size if size < 1_000 else 0)


def test_every_chart_has_a_title_or_is_hidden_beside_its_figure() -> None:
    data = render(full(NAMES, CLASSES)).decode()
    charts = re.findall(r"<svg.*?</svg>", data, re.S)
    assert len(charts) > 10
    for chart in charts:
        assert 'aria-hidden="true"' in chart or re.search(r'role="img"><title>[^<]+</title>', chart)


def test_headings_go_down_one_step_at_a_time() -> None:
    levels = [int(t[1]) for t, _ in page(full(NAMES, CLASSES)).tags if re.fullmatch(r"h\d", t)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_a_refusal_is_told_with_its_reason() -> None:
    card = full(NAMES, CLASSES)
    card["facts"]["decision"] |= {"accepted": False, "code": "gate_worse", "reason": "it is worse"}
    words = page(card).words
    assert "Refused: worse than the live version" in words
    assert "It is worse" in words


def test_a_live_version_that_could_not_be_asked_is_not_called_absent() -> None:
    card = full(NAMES, CLASSES)
    card["facts"]["decision"]["comparison"] = None
    card["facts"]["champion"]["lacking"] = "its card is of a stranger"
    words = page(card).words
    assert "could not be asked: its card is of a stranger" in words
    assert "no live version" not in words
