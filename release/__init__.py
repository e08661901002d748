"""Files of a release: packages of the shipped stacks with their hashes, bills of materials, and notes."""
