"""What runs at deploy: settings, the package for the edge, and one Pulumi component per part."""
