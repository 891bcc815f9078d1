"""The examples in the documentation of the public functions do what they show."""

from __future__ import annotations

import doctest

import pytest

import mandel_core


@pytest.mark.parametrize("name", ["inspect", "sweep"])
def test_the_example_does_what_it_shows(name: str) -> None:
    function = getattr(mandel_core, name)
    (example,) = doctest.DocTestFinder(recurse=False).find(function, name)
    assert example.examples
    assert doctest.DocTestRunner().run(example).failed == 0
