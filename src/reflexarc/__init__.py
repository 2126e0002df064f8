"""An in-silico laboratory of the somato-autonomic reflexes that quieten inflammation."""
