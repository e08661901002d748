"""The demonstration: a tour of the local edge, the sample application, and its hosts on EC2."""
