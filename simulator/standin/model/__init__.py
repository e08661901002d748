"""The terms in which resource types are modeled."""
