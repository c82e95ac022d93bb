"""The stack as `sam local` runs it: the built artifacts in Lambda's own kind of container, with a DynamoDB beside them.

`python -m local.sam`, or `make sam-local`. Slower than the host without Docker and closer to AWS: real layer,
real runtime, the processor's own wheels. Docker's command line and AWS SAM CLI do the work.
"""
