"""Keep, list and retire former builds."""
