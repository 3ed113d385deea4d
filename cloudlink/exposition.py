"""Figures of a process in Prometheus' text format (version 0.0.4): one family after the other, each with its meaning.

They carry ids at most, never a name, a number or an address.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """One number. ``suffix`` is what a histogram's parts have behind the family's name."""

    value: float
    labels: Labels = ()
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """``name`` without the prefix that all of a process share; ``text`` says what it means, in a line."""

    name: str
    kind: str
    text: str
    samples: Sequence[Sample]


def gauge(name: str, text: str, value: float, **labels: str) -> Family:
    """What goes up and down. A bool is a number too."""
    return Family(name, "gauge", text, [Sample(value, tuple(labels.items()))])


def counter(name: str, text: str, value: float, **labels: str) -> Family:
    """What only grows, for as long as the process lives; ``name`` ends with ``_total``."""
    return Family(name, "counter", text, [Sample(value, tuple(labels.items()))])


def by_label(name: str, kind: str, text: str, label: str, values: Mapping[str, float]) -> Family:
    """A number for each value of a label."""
    return Family(name, kind, text, [Sample(value, ((label, key),)) for key, value in values.items()])


def histogram_samples(
    bounds: Sequence[float], counts: Sequence[int], total: float, labels: Labels = ()
) -> list[Sample]:
    """Of how many in each part, where the last one has no bound, and of their sum."""
    ends = [*map(_number, bounds), "+Inf"]
    sums = [*accumulate(counts)]
    buckets = [Sample(number, (*labels, ("le", end)), "_bucket") for end, number in zip(ends, sums, strict=True)]
    return [*buckets, Sample(total, labels, "_sum"), Sample(sums[-1], labels, "_count")]


def exposition(prefix: str, families: Iterable[Family]) -> str:
    """The text. A family without samples is left out."""
    return "".join(_text(f"{prefix}_{family.name}", family) for family in families if family.samples)


def _text(name: str, family: Family) -> str:
    samples = "".join(
        f"{name}{sample.suffix}{_labels(sample.labels)} {_number(sample.value)}\n" for sample in family.samples
    )
    return f"# HELP {name} {family.text}\n# TYPE {name} {family.kind}\n{samples}"


def _labels(labels: Labels) -> str:
    named = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels)
    return f"{{{named}}}" if named else ""


def _number(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
