"""The Regions in which origin triggers run, each with a point of presence near it."""

from dataclasses import dataclass

from simulator.cloudfront.http.errors import UnknownRegionError


@dataclass(frozen=True)
class EdgeRegion:
    """`pop` is the x-amz-cf-pop of an edge location whose triggers run in `name`; `country` is where it stands."""

    name: str
    pop: str
    country: str


# The Regions with a regional edge cache, where origin triggers are known to run (page HowCloudFrontWorks), and the one
# that page origin-shield lists besides: infra.config.aws_regions and a test of it say why that one has no log group.
# The pop codes follow AWS's form: the nearest airport, the number of the location, C for an edge location.
EDGE_REGIONS = {
    region.name: region
    for region in (
        EdgeRegion("us-east-1", "IAD89-C1", "US"),
        EdgeRegion("us-east-2", "CMH68-C1", "US"),
        EdgeRegion("us-west-1", "SFO53-C1", "US"),
        EdgeRegion("us-west-2", "HIO52-C1", "US"),
        EdgeRegion("ap-south-1", "BOM78-C1", "IN"),
        EdgeRegion("ap-northeast-1", "NRT57-C1", "JP"),
        EdgeRegion("ap-northeast-2", "ICN57-C1", "KR"),
        EdgeRegion("ap-southeast-1", "SIN52-C1", "SG"),
        EdgeRegion("ap-southeast-2", "SYD62-C1", "AU"),
        EdgeRegion("eu-central-1", "FRA56-C1", "DE"),
        EdgeRegion("eu-west-1", "DUB56-C1", "IE"),
        EdgeRegion("eu-west-2", "LHR61-C1", "GB"),
        EdgeRegion("sa-east-1", "GRU50-C1", "BR"),
        EdgeRegion("me-central-1", "DXB53-C1", "AE"),
    )
}

DEFAULT_REGION = "us-east-1"


def edge_region(name: str) -> EdgeRegion:
    """The Region of that name. Raises UnknownRegionError listing those there are."""
    try:
        return EDGE_REGIONS[name]
    except KeyError:
        known = ", ".join(EDGE_REGIONS)
        raise UnknownRegionError(f'"{name}" is not a Region that runs origin triggers; choose one of {known}') from None
