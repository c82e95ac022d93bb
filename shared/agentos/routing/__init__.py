"""Which model is asked, in what order, and what happens when one does not answer."""
