"""What a release is made of: packages of the shipped stacks with their hashes, bills of materials, and notes."""
