"""What can be wrong with the input of the simulated edge."""


class OriginMapError(ValueError):
    """An entry of the map from origin domain names to local servers is wrong. The message names the entry."""


class UnknownRegionError(ValueError):
    """The Region asked for is not one that runs origin triggers."""
