"""Statistics with the standard library only, shared by the controller and the validator, and the distance of words."""
