"""How fast the functions are, beside plain HTTP loops and other libraries: `make bench`."""
