"""Gates: what a step waits for although the analysis lets it go on. No gate keeps a rollback waiting."""
