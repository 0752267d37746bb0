"""DNS zones and record sets: what comes with a zone, records by type, etags, refusals."""

import pytest
from arm_callers import GROUP, Caller

pytestmark = pytest.mark.anyio

ZONES = f"{GROUP}/providers/Microsoft.Network/dnszones"
ZONE = f"{ZONES}/lab.example.org"


def address(*values: str, **more: object) -> dict:
    return {"properties": {"TTL": 60, "ARecords": [{"ipv4Address": value} for value in values], **more}}


@pytest.fixture
async def zone(lab: Caller) -> dict:
    return await lab.put(ZONE, {"location": "global"})


async def test_a_zone_comes_with_its_soa_and_name_servers(lab: Caller, zone: dict) -> None:
    properties = zone["properties"]
    assert zone["id"].endswith("/Microsoft.Network/dnsZones/lab.example.org")
    assert (properties["numberOfRecordSets"], properties["maxNumberOfRecordSets"]) == (2, 10000)
    servers = (await lab.get(f"{ZONE}/NS/@"))["properties"]["NSRecords"]
    assert [one["nsdname"] for one in servers] == properties["nameServers"]
    assert (await lab.get(f"{ZONE}/SOA/@"))["properties"]["SOARecord"]["host"] == properties["nameServers"][0]
    for kind in ("NS", "SOA"):
        assert (await lab.refused("DELETE", f"{ZONE}/{kind}/@"))[:2] == (400, "BadRequest")


async def test_record_sets_are_counted_and_listed(lab: Caller, zone: dict) -> None:
    www = await lab.put(f"{ZONE}/A/www", address("203.0.113.1", "203.0.113.2"))
    assert (www["properties"]["fqdn"], www["properties"]["TTL"]) == ("www.lab.example.org.", 60)
    await lab.put(f"{ZONE}/TXT/*.apps", {"properties": {"TTL": 60, "TXTRecords": [{"value": ["owner=lab"]}]}})
    assert (await lab.get(ZONE))["properties"]["numberOfRecordSets"] == 4
    names = [(one["type"].rpartition("/")[2], one["name"]) for one in (await lab.get(f"{ZONE}/recordsets"))["value"]]
    assert names == [("NS", "@"), ("SOA", "@"), ("A", "www"), ("TXT", "*.apps")]
    assert [one["name"] for one in (await lab.get(f"{ZONE}/a"))["value"]] == ["www"]
    suffix = await lab.get(f"{ZONE}/all", params={"$recordsetnamesuffix": "apps"})
    assert [one["name"] for one in suffix["value"]] == ["*.apps"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("A/www", address("2001:db8::1")),
        ("A/www", address("no address")),
        ("AAAA/www", {"properties": {"TTL": 60, "AAAARecords": [{"ipv6Address": "203.0.113.1"}]}}),
        ("A/www", {"properties": {"TTL": 0, "ARecords": []}}),
        ("A/bad..name", address("203.0.113.1")),
        ("CNAME/@", {"properties": {"TTL": 60, "CNAMERecord": {"cname": "example.org"}}}),
        ("SOA/www", {"properties": {"TTL": 60}}),
    ],
)
async def test_bad_records_are_refused(lab: Caller, zone: dict, path: str, body: dict) -> None:
    assert (await lab.refused("PUT", f"{ZONE}/{path}", body))[:2] == (400, "BadRequest")


async def test_a_member_of_another_record_type_is_refused(lab: Caller, zone: dict) -> None:
    status, code, message = await lab.refused("PUT", f"{ZONE}/CNAME/www", address("203.0.113.1"))
    assert (status, code) == (400, "InvalidRequestContent")
    assert "'ARecords'" in message


async def test_a_cname_stands_alone_under_its_name(lab: Caller, zone: dict) -> None:
    alias = {"properties": {"TTL": 60, "CNAMERecord": {"cname": "example.org"}}}
    await lab.put(f"{ZONE}/A/www", address("203.0.113.1"))
    assert (await lab.refused("PUT", f"{ZONE}/CNAME/www", alias))[0] == 400
    await lab.put(f"{ZONE}/CNAME/app", alias)
    assert (await lab.refused("PUT", f"{ZONE}/A/app", address("203.0.113.1")))[0] == 400
    await lab.put(f"{ZONE}/CNAME/app", alias)


async def test_etags_guard_against_lost_updates(lab: Caller, zone: dict) -> None:
    www = f"{ZONE}/A/www"
    fresh = {"headers": {"If-None-Match": "*"}}
    first = (await lab.put(www, address("203.0.113.1"), **fresh))["etag"]
    assert (await lab.refused("PUT", www, address("203.0.113.1"), **fresh))[:2] == (412, "PreconditionFailed")
    second = (await lab.put(www, address("203.0.113.2"), headers={"If-Match": first}))["etag"]
    assert second != first
    stale = {"headers": {"If-Match": first}}
    assert (await lab.refused("PUT", www, address("203.0.113.3"), **stale))[0] == 412
    assert (await lab.refused("DELETE", www, **stale))[0] == 412
    assert (await lab.ask("DELETE", www, headers={"If-Match": second})).status_code == 200


async def test_deleting_a_zone_takes_its_records(lab: Caller, zone: dict) -> None:
    await lab.put(f"{ZONE}/A/www", address("203.0.113.1"))
    assert (await lab.ask("DELETE", ZONE)).status_code == 200
    assert not [key for key in lab.world.store.table("resources") if "dnszones" in key]


async def test_a_zone_is_global_and_has_a_domain_name(lab: Caller) -> None:
    assert (await lab.refused("PUT", ZONE, {"location": "westeurope"}))[1] == "LocationNotAvailableForResourceType"
    assert (await lab.refused("PUT", f"{ZONES}/local", {"location": "global"}))[:2] == (400, "BadRequest")
