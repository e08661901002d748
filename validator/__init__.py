"""The validator: requests a site from outside and checks what its config promises. Runs as a command and in Lambda."""
