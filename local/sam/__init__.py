"""The stack under `sam local`: the built artifacts in containers of Lambda's runtime, with a DynamoDB beside them.

`python -m local.sam`, or `make sam-local`. It is slower than the host without Docker and closer to AWS: it has the real
layer, the real runtime and the processor's own wheels. Docker's command line and AWS SAM CLI do the work.
"""
