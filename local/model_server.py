"""Serves one model file with llama.cpp's HTTP server until standard input is closed.

The host holds the other end of standard input, so that this process ends with it however the host ends, even by
kill -9. It prints its base URL when it is ready.
"""

import os
import signal
import sys

import xllamacpp

CONTEXT_TOKENS = 8192
"""Per request: what SmolLM2 was trained with. config/default.yaml says the same of local:smollm2."""
SLOTS = 2
"""Requests computed at once; others wait. More slots would share one thread and take 190 MB each."""
MAX_ANSWER_TOKENS = int(os.environ.get("LOCAL_MODEL_TOKENS") or 256)
"""A small model may never end its answer by itself. 256 are about four seconds of it."""
PROMPT_CACHE_MB = 256
"""For earlier conversations, so that the next message does not process its history again."""


def start(weights: str, address: str, port: str) -> xllamacpp.Server:
    """The server, which serves in the background as long as the object exists."""
    params = xllamacpp.CommonParams()
    params.model.path = weights
    params.hostnames = [address]
    params.port = int(port)  # 0 is any free one
    params.model_alias = {"smollm2"}
    params.n_parallel = SLOTS
    params.n_ctx = SLOTS * CONTEXT_TOKENS
    params.n_predict = MAX_ANSWER_TOKENS
    params.cache_ram_mib = PROMPT_CACHE_MB
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.n_gpu_layers = 0
    params.warmup = False
    params.ui = False
    params.verbosity = 0
    params.sampling.temp, params.sampling.top_p = 0.2, 0.9  # as SmolLM2's model card advises; a request may differ
    return xllamacpp.Server(params)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the host, which closes standard input when it ends
    server = start(*sys.argv[1:])
    print(f"{server.listening_address}/v1", flush=True)
    sys.stdin.buffer.read()
    os._exit(0)  # at once, without waiting for an answer that is being generated
