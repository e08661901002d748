"""The traffic of a validation: visits to the site under test by HTTP, within limits, and the responses."""
