"""Serves one Lambda function, so that the locally made image finds modules in the managed runtime's order.

The order matters: a layer's boto3 wins over the runtime's, a function's over both. PYTHONPATH is set here and not in
the image, as on AWS: a wrapper that starts a Python of its own has to set it, and a mistake there must show locally.
"""

import os
import site
import sys
from importlib import import_module

task = os.environ["LAMBDA_TASK_ROOT"]
runtime = os.environ["LAMBDA_RUNTIME_DIR"]
version = f"python{sys.version_info.major}.{sys.version_info.minor}"
layers = [f"/opt/python/lib/{version}/site-packages", "/opt/python"]

# A function that sets PYTHONPATH replaces the path of the layers.
folders = [task, *([] if "PYTHONPATH" in os.environ else layers)]
sys.path[:] = [*folders, runtime, *(path for path in sys.path if path not in {*folders, runtime, ""})]
for folder in filter(os.path.isdir, folders):
    site.addsitedir(folder)  # for the .pth files
os.environ.setdefault("PYTHONPATH", runtime)

import_module("awslambdaric.__main__").main([sys.argv[0], os.environ["_HANDLER"]])
