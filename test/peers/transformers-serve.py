"""Serves a model's folder by transformers' own server, until it is ended. Arguments: the folder, the port."""

import sys

from transformers.cli.transformers import main

folder, port = sys.argv[1:]
sys.argv = ["transformers", "serve", folder, "--host", "127.0.0.1", "--port", port, "--device", "cpu"]
main()
