# syntax=docker/dockerfile:1
# Two stages: packages are built apart, the image that runs holds no compiler and no cache.
# The base is given as an argument so that a release can pin it by digest:
#   docker build --build-arg BASE=python:3.12-slim@sha256:... .
ARG BASE=python:3.12-slim

FROM ${BASE} AS packages
WORKDIR /build
COPY requirements.txt .
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check -r requirements.txt

FROM ${BASE}
# fonts: signs like the rouble in pictures of the tree
RUN apt-get update \
 && apt-get install -y --no-install-recommends fonts-dejavu-core \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --user-group --home-dir /data --shell /usr/sbin/nologin crmkpi \
 && install -d -o crmkpi -g crmkpi -m 0700 /data
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY app.py requirements.txt README.md CHANGELOG.md ./
COPY .streamlit/config.toml .streamlit/config.toml
COPY pages pages
COPY crmkpi crmkpi
COPY sample_data sample_data
COPY deploy/start.sh /usr/local/bin/crmkpi-start
RUN chmod 0755 /usr/local/bin/crmkpi-start \
 && /opt/venv/bin/python -m compileall -q crmkpi pages app.py \
 # SQLite below 3.51.3 can damage a file in WAL mode; the app then uses the rollback journal, the build says which
 && /opt/venv/bin/python -c "import sqlite3; print('SQLite', sqlite3.sqlite_version)"

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/data \
    TMPDIR=/tmp \
    CRMKPI_HOME=/data \
    CRMKPI_MODE=hosted \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_PORT=8501 \
    STREAMLIT_SERVER_HEADLESS=true \
    STREAMLIT_SERVER_FILE_WATCHER_TYPE=none

USER 10001:10001
VOLUME ["/data"]
EXPOSE 8501
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
  CMD ["python", "-c", "import os,urllib.request as u; p=os.environ.get('STREAMLIT_SERVER_BASE_URL_PATH','').strip('/'); u.urlopen('http://127.0.0.1:8501/'+(p+'/' if p else '')+'health/live', timeout=4)"]
ENTRYPOINT ["crmkpi-start"]
