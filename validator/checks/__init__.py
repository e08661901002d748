"""The checks of a validation, which evaluate the plan and all responses, and the report of their results."""
