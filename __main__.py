"""The Pulumi program: settings in, components wired, outputs exported. Or, for other programs, the provider."""

import sys

import pulumi
from pulumi.runtime.settings import get_monitor

if get_monitor() is None:  # nobody deploys a stack: started as a plugin (PulumiPlugin.yaml)
    from provider.server import main

    main(sys.argv[1:])
else:
    from infra.edge_router import EdgeRouter
    from infra.program import prepare

    router = EdgeRouter("edge-router", prepare())
    for name, value in router.outputs.items():
        pulumi.export(name, value)
