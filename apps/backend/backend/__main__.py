"""Serves the backend: python -m backend. PORT is 8080 where nothing else is said."""

import os

import uvicorn

from backend.application import create

uvicorn.run(
    create(os.environ),
    host=os.environ.get("HOST", "0.0.0.0"),
    port=int(os.environ.get("PORT", "8080")),
    server_header=False,
)
