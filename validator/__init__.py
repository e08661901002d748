"""The validator: what a canary promises, counted from outside by HTTP. Runs as a command and as a Lambda."""
