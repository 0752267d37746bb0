"""The api-versions of Resource Manager's own interface; those of the other types stand with the types."""

#: Microsoft.Resources: groups, resources, tags, providers.
RESOURCES = frozenset(
    {"2019-10-01", "2020-06-01", "2020-10-01", "2021-01-01", "2021-04-01", "2022-09-01", "2023-07-01", "2024-03-01",
     "2024-07-01", "2024-11-01", "2025-03-01", "2025-04-01"}
)  # fmt: skip
#: The same and what subscriptions, tenants and locations are asked with.
SUBSCRIPTIONS = RESOURCES | {
    "2014-04-01", "2016-06-01", "2018-06-01", "2019-06-01", "2019-11-01", "2020-01-01", "2021-10-01", "2022-12-01",
}  # fmt: skip
