"""The template language: ``[...]`` expressions parsed and evaluated, and its functions by theme."""

from sandbox.deployments.language import (  # imported for their functions, which register themselves
    collections,
    copying,
    dates,
    lambdas,
    logic,
    networks,
    numbers,
    objects,
    places,
    strings,
)

__all__ = [
    "collections", "copying", "dates", "lambdas", "logic", "networks", "numbers", "objects", "places", "strings",
]  # fmt: skip
