"""The list of sources: what it may say, what is refused and by which words, and that no credential is ever repeated."""

from __future__ import annotations

from datetime import date

import pytest

from russell_pipeline.sources.model import Source, read_sources, shown


def test_a_list_gives_sources_with_their_facts() -> None:
    listed = read_sources(
        b"- address: https://example.org/a.pdf\n"
        b"- {address: 'http://example.org/b.txt', allow_http: true, status: final, published_on: 2023-06-23}\n",
        "sources.yaml",
    )
    first, second = listed.sources
    assert not listed.problems
    assert (first.address, first.allow_http, first.sidecar()) == ("https://example.org/a.pdf", False, {})
    assert list(second.sidecar().items()) == [("published_on", date(2023, 6, 23)), ("status", "final")]


@pytest.mark.parametrize("text", [b"", b"# nothing yet\n", b"[]"])
def test_an_empty_list_is_no_problem(text: bytes) -> None:
    listed = read_sources(text, "sources.yaml")
    assert (list(listed.sources), list(listed.problems)) == ([], [])


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("{}", "source 2 of sources.yaml is refused: the key 'address' is missing"),
        ("https://u:hunter2@example.org/a.pdf", "source 2 of sources.yaml is refused: it must hold keys and values"),
        ("{address: [hunter2]}", "address: is not an address such as https://example.org/list.pdf"),
        ("{address: 'file:///etc/hunter2'}", "address: is not an address such as"),
        ("{address: 'https:///hunter2.pdf'}", "address: is not an address such as"),
        ("{address: 'https://hunter2.org:99999/'}", "address: is not an address such as"),
        ("{address: 'https://example.org\\@hunter2.org/'}", "address: is not an address such as"),
        ('{address: "https://example.org/\\r\\nX: hunter2"}', "address: is not an address such as"),
        ("{address: 'http://u:hunter2@example.org/'}", "address: is not https; `allow_http: true` beside it"),
        ("{address: 'https://example.org/', allow_htp: hunter2}", "the key 'allow_htp' is not one of index, change,"),
        ("{address: 'https://example.org/', status: finl}", "status: 'finl' is not preliminary, updated or final"),
        ("{address: 'https://example.org/', allow_http: 1}", "allow_http: '1' is not true or false"),
        ("{address: 'https://example.org/first?t=hunter2'}", "source 2 of sources.yaml is listed before: "),
    ],
)
def test_a_wrong_source_is_refused_by_its_key_and_costs_no_other(entry: str, says: str) -> None:
    text = f"- address: https://example.org/first?t=hunter2\n- {entry}\n- address: https://example.org/last\n"
    listed = read_sources(text.encode(), "sources.yaml")
    assert [source.shown for source in listed.sources] == [
        "https://example.org/first?t=***",
        "https://example.org/last",
    ]
    [problem] = listed.problems
    assert says in problem
    assert "hunter2" not in problem
    assert "\n" not in problem


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"address: https://example.org/", "sources.yaml must hold a list"),
        (b"- !!python/object/apply:os.system ['true']", "sources.yaml is not YAML: could not determine a constructor"),
        (b"- {", "sources.yaml is not YAML: "),
        (b"\xff\xfe\xff", "sources.yaml is not UTF-8 text"),
        (b"[" * 100_000, "sources.yaml is not YAML: "),
    ],
)
def test_a_list_that_is_none_is_refused_in_a_sentence(text: bytes, says: str) -> None:
    listed = read_sources(text, "sources.yaml")
    [problem] = listed.problems
    assert not listed.sources
    assert problem.startswith(says)


def test_aliases_that_multiply_are_refused_at_once() -> None:
    levels = "".join(f"- &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30))
    listed = read_sources(f"- &a0 [x]\n{levels}- {{address: *a29, status: *a29}}\n".encode(), "sources.yaml")
    assert listed.problems == [
        "sources.yaml is not read: names for parts (& and *) are not read: write each part out, line 1"
    ]


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        ("https://user:pass@example.org:8443/a/b.pdf", "https://example.org:8443/a/b.pdf"),
        ("https://us@er:pa@ss@example.org/", "https://example.org/"),
        ("https://example.org/a?year=2023&token=abc#frag", "https://example.org/a?year=***&token=***"),
        ("https://example.org/a?abc", "https://example.org/a?***"),
        ("https://example.org/a;jsessionid=abc/b;c", "https://example.org/a/b"),
        ("https://u:p@[2001:db8::1]:443/a", "https://[2001:db8::1]:443/a"),
        ("https://[bad/", "an address that is none"),
    ],
)
def test_an_address_is_shown_without_credentials(address: str, seen: str) -> None:
    assert shown(address) == seen


def test_sources_are_told_apart_by_their_queries_and_not_by_their_passwords() -> None:
    first, rotated, other = (
        Source(address=f"https://{user}@example.org/list?year={year}")
        for user, year in (("u:hunter2", 2023), ("u:hunter3", 2023), ("u:hunter2", 2024))
    )
    assert first.source_id == rotated.source_id != other.source_id
    assert first.shown == other.shown
    assert "hunter" not in repr(first)
