"""Patterns of paths for browsing."""

from __future__ import annotations

import pytest

from connectors.sdk.patterns import path_matcher


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/b/c", False),
        ("a/*", "a/b", True),
        ("a/*", "a/b/c", False),
        ("a/*/c", "a/b/c", True),
        ("a/b*", "a/bcd", True),
        ("a/b?", "a/bc", True),
        ("a/b?", "a/b/", False),
        ("a/**", "a/b/c", True),
        ("a/**", "b/c", False),
        ("**", "a/b/c", True),
        ("**/c", "a/b/c", True),
        ("**/c", "c", True),
        ("a/**/d", "a/b/c/d", True),
        ("a/**/d", "a/d", True),
        ("a.b", "axb", False),
        ("/a/", "a", True),
        ("a[0]", "a[0]", True),
    ],
)
def test_a_pattern_matches_paths(pattern: str, path: str, matches: bool) -> None:
    assert path_matcher(pattern)(path) is matches
