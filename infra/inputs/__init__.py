"""What a component is given: settings that are plain, and values that are Outputs of other resources."""
