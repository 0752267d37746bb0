"""The one door to OpenTelemetry's library: an extra, imported only when the usual OTEL_ variables ask for spans.

What the variables say is OpenTelemetry's: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any

PATIENCE_S = 3.0
"""How long the end of a run waits for a collector that does not answer."""

_PROTOCOLS = {"http/protobuf": "otlp_proto_http", "grpc": "otlp_proto_grpc"}


def wanted(environ: Mapping[str, str]) -> bool:
    """Whether the variables ask for spans."""
    if environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    if exporter := environ.get("OTEL_TRACES_EXPORTER"):
        return exporter != "none"
    return any(environ.get(f"OTEL_EXPORTER_OTLP_{what}ENDPOINT") for what in ("", "TRACES_"))


class Collector:
    """Takes spans, and delivers them in the background.

    :raises ImportError: the library is not installed
    :raises Exception: whatever it raises over variables of which it cannot make sense
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._complaints = _Complaints()
        named = environ.get("OTEL_SERVICE_NAME") or "service.name=" in environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
        resource = Resource.create({} if named else {"service.name": "inv"})
        self._provider = TracerProvider(
            resource=resource, shutdown_on_exit=False
        )  # its end would wait for half a minute
        for name in (environ.get("OTEL_TRACES_EXPORTER") or "otlp").split(","):
            self._provider.add_span_processor(BatchSpanProcessor(_exporter(name.strip(), environ)))
        self._tracer = self._provider.get_tracer("engine.spans")
        self._propagator = TraceContextTextMapPropagator()
        self._around = self._propagator.extract(
            {name: environ[name.upper()] for name in ("traceparent", "tracestate") if name.upper() in environ}
        )

    def begin(self, name: str, at_ns: int, parent: Any | None, attributes: Mapping[str, Any]) -> Any:
        """A span that has begun; without a parent it is part of what this process was started in."""
        from opentelemetry.trace import set_span_in_context

        context = self._around if parent is None else set_span_in_context(parent)
        return self._tracer.start_span(name, context, attributes=attributes, start_time=at_ns)

    def fail(self, span: Any, why: str) -> None:
        """The span's work has failed."""
        from opentelemetry.trace import StatusCode

        span.set_status(StatusCode.ERROR, why)

    def variables(self, span: Any) -> dict[str, str]:
        """TRACEPARENT and TRACESTATE for a process whose own spans are to hang below this one."""
        from opentelemetry.trace import set_span_in_context

        carrier: dict[str, str] = {}
        self._propagator.inject(carrier, set_span_in_context(span))
        return {name.upper(): value for name, value in carrier.items()}

    def deliver(self) -> str:
        """Sends what has ended; why that was not possible, empty when it was."""
        sending = threading.Thread(target=self._provider.force_flush, daemon=True)  # has no limit of its own
        sending.start()
        sending.join(PATIENCE_S)
        if sending.is_alive():
            return f"the collector of the spans has not answered within {PATIENCE_S:.0f} s: {self._complaints.last}"
        return f"spans may be missing: {self._complaints.last}" if self._complaints.last else ""


class _Complaints(logging.Handler):
    """What the library would print in the middle of the screen: kept for the end."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last = ""
        logger = logging.getLogger("opentelemetry")
        logger.propagate = False
        logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.last = record.getMessage().partition("\n")[0]


def _exporter(name: str, environ: Mapping[str, str]) -> Any:
    from importlib.metadata import entry_points

    protocol = environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or environ.get("OTEL_EXPORTER_OTLP_PROTOCOL")
    if name == "otlp":
        name = _PROTOCOLS.get(protocol or "http/protobuf", protocol or "")
    found = list(entry_points(group="opentelemetry_traces_exporter", name=name))
    if not found:
        raise ValueError(f"no exporter '{name}' is installed")
    return found[0].load()()
