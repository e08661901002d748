"""What a program asks EC2 and Systems Manager before it starts instances."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.standin.model.errors import DataSourceError
from simulator.standin.model.model import Scope, draw
from simulator.standin.model.rules import children

Answer = dict[str, object]


def parameter(arguments: Mapping[str, object], scope: Scope) -> Answer:
    """A public parameter that names an image; there are no others."""
    name, region = str(arguments["name"]), str(arguments.get("region") or scope.region)
    if not name.startswith("/aws/service/ami-"):
        raise DataSourceError(f"reading SSM Parameter ({name}): couldn't find resource")
    image = f"ami-{draw('0123456789abcdef', 17, name, region)}"
    arn = f"arn:aws:ssm:{region}::parameter{name}"
    shared = {"arn": arn, "id": name, "name": name, "region": region, "type": "String", "version": 1}
    return {**shared, "insecureValue": image, "value": image, "withDecryption": True}


def managed_prefix_list(arguments: Mapping[str, object], scope: Scope) -> Answer:
    """One of AWS's own, by name."""
    name, region = str(arguments.get("name")), str(arguments.get("region") or scope.region)
    if not name.startswith("com.amazonaws."):
        raise DataSourceError(f"reading EC2 Managed Prefix List ({name}): no matching EC2 Managed Prefix List found")
    identity = f"pl-{draw('0123456789abcdef', 8, name, region)}"
    arn = f"arn:aws:ec2:{region}:aws:prefix-list/{identity}"
    shared = {"addressFamily": "IPv4", "arn": arn, "entries": [], "filters": [], "id": identity, "name": name}
    return {**shared, "maxEntries": 0, "ownerId": "AWS", "region": region, "tags": {}, "version": 0}


def instance_type_offerings(arguments: Mapping[str, object], scope: Scope) -> Answer:
    """In the zones b and c: as in AWS, not in every zone, and in no order."""
    filters = children(arguments, "filters")
    region, kind = str(arguments.get("region") or scope.region), str(arguments.get("locationType", "region"))
    types = [name for one in filters if one.get("name") == "instance-type" for name in _texts(one.get("values"))]
    places = [f"{region}c", f"{region}b"] if kind == "availability-zone" else [region]
    return {
        "filters": filters,
        "id": region,
        "instanceTypes": [name for name in types for _ in places],
        "locationType": kind,
        "locationTypes": [kind for _ in types for _ in places],
        "locations": [place for _ in types for place in places],
        "region": region,
    }


def _texts(values: object) -> list[str]:
    return [str(value) for value in values] if isinstance(values, list) else []
