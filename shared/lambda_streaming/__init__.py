"""A runtime for Python on AWS Lambda whose functions can stream responses. It needs the standard library alone."""
