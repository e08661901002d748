"""What can be wrong with the input of the simulated edge."""


class StateError(ValueError):
    """A state file lacks something, or holds something that is not simulated. The message names the resource."""


class OriginMapError(ValueError):
    """An entry of the map from origin domain names to local servers is wrong. The message names the entry."""


class UnknownRegionError(ValueError):
    """The Region asked for is not one that runs origin triggers."""
