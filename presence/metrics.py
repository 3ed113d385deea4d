"""What a server that looks after the presence of accounts tells its operator. Accounts are named by their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudlink.exposition import Family, Sample, by_label, histogram_samples
from presence.meters import BOUNDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from presence.meters import Histogram, Meters
    from presence.tenant import TenantPresence

_WRITES: Mapping[str, Callable[[Meters], int]] = {
    "set": lambda meters: meters.sets,
    "clear": lambda meters: meters.clears,
    "renewal": lambda meters: meters.renewals,
}


def families(tenants: Mapping[str, TenantPresence], clock: Callable[[], float]) -> Iterator[Family]:
    """Of the accounts that this server looks after; ``clock`` is the monotonic one of their meters."""
    of_each = {account_id: tenant.meters for account_id, tenant in tenants.items()}
    yield Family("presence_accounts", "gauge", "Accounts that this server looks after.", [Sample(len(tenants))])
    yield _histogram(
        "presence_lag_seconds", "From a telephone's event to the request leaving for Graph.", of_each, lambda m: m.lag
    )
    yield _writes(of_each)
    yield _counter("presence_throttled_total", "Requests that Graph put off.", of_each, lambda m: m.throttled)
    yield _counter("presence_failed_total", "Requests that Graph did not do.", of_each, lambda m: m.failed)
    backlogs = {account_id: tenant.writer.ledger.backlog for account_id, tenant in tenants.items()}
    yield _gauge("presence_backlog", "Writes that are due, or wait until they may be repeated.", backlogs)
    shown = {account_id: len(tenant.lines.object_ids) for account_id, tenant in tenants.items()}
    yield _gauge("presence_people", "People of the tenant whose telephones are followed.", shown)
    ages = {account_id: clock() - m.succeeded_at for account_id, m in of_each.items() if m.succeeded_at is not None}
    yield _gauge("presence_last_success_age_seconds", "How long ago Graph last did what it was asked.", ages)
    yield _troubles(tenants)
    yield _counter("presence_reads_total", "Answers of Graph on what it shows.", of_each, lambda m: m.reads)
    yield _counter("presence_reads_failed_total", "Requests for it that failed.", of_each, lambda m: m.reads_failed)
    yield _histogram("presence_read_seconds", "How long Graph took for each.", of_each, lambda m: m.reading)
    yield _counter("presence_commands_total", "Telephones told to follow Teams.", of_each, lambda m: m.commands)
    yield _counter("presence_commands_failed_total", "Those not done for sure.", of_each, lambda m: m.commands_failed)


def _histogram(name: str, text: str, of_each: Mapping[str, Meters], of: Callable[[Meters], Histogram]) -> Family:
    samples = [
        sample
        for account_id, meters in of_each.items()
        for sample in histogram_samples(BOUNDS, of(meters).counts, of(meters).total, (("account", account_id),))
    ]
    return Family(name, "histogram", text, samples)


def _writes(of_each: Mapping[str, Meters]) -> Family:
    samples = [
        Sample(count(meters), (("account", account_id), ("kind", kind)))
        for account_id, meters in of_each.items()
        for kind, count in _WRITES.items()
    ]
    return Family("presence_writes_total", "counter", "Requests that left for Graph.", samples)


def _troubles(tenants: Mapping[str, TenantPresence]) -> Family:
    samples = [
        Sample(1, (("account", account_id), ("trouble", trouble.value)))
        for account_id, tenant in tenants.items()
        if (trouble := tenant.telling.trouble) is not None
    ]
    return Family("presence_trouble", "gauge", "1 for an account whose tenant is not told all, and why.", samples)


def _counter(name: str, text: str, of_each: Mapping[str, Meters], count: Callable[[Meters], int]) -> Family:
    return by_label(name, "counter", text, "account", {account_id: count(m) for account_id, m in of_each.items()})


def _gauge(name: str, text: str, values: Mapping[str, float]) -> Family:
    return by_label(name, "gauge", text, "account", values)
