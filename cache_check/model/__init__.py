"""Cache behaviors, decision inputs and findings."""
