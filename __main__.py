"""The Pulumi program: the selected stack's config in, one component, its outputs exported."""

import pulumi

from infra.component import create_from_config

for name, value in create_from_config().outputs.items():
    pulumi.export(name, value)
