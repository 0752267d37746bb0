"""Serves the default backend: python -m defaultbackend. PORT is 8080 where nothing else is said."""

import os

import uvicorn

from defaultbackend.application import create

uvicorn.run(
    create(), host=os.environ.get("HOST", "0.0.0.0"), port=int(os.environ.get("PORT", "8080")), server_header=False
)
