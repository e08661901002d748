"""The Pulumi program: the selected stack's config in, one component, its outputs exported. Or else the provider."""

import sys

import pulumi
from pulumi.runtime.settings import get_monitor

if get_monitor() is None:  # nobody deploys a stack: started as a plugin (PulumiPlugin.yaml)
    from provider.server import main

    main(sys.argv[1:])
else:
    from infra.component import create_from_config

    for name, value in create_from_config().outputs.items():
        pulumi.export(name, value)
