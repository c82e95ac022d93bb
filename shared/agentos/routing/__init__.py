"""Which model is asked, in what order, and what follows when one does not answer."""
