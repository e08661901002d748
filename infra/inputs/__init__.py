"""Inputs of a component: settings that are plain, and values that are Outputs of other resources."""
