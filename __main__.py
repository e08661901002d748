"""The Pulumi program: settings in, components wired, outputs exported."""

import pulumi

from infra.edge_router import EdgeRouter
from infra.program import prepare

router = EdgeRouter("edge-router", prepare())
for name, value in router.outputs.items():
    pulumi.export(name, value)
