"""AWS on this machine, to deploy the real template to: ministack, with functions in Docker containers."""
