"""A package, so that its browser is closed when its tests are over: others in the process run event loops of theirs."""
