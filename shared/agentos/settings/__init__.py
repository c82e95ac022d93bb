"""Configuration: its schema, how it is loaded, and what the environment adds."""
