# All that it does is to run packaging/install.sh. Linted, not built, by our CI: the machines it runs on have no Docker.
FROM debian:bookworm-slim

COPY . /src
RUN /src/packaging/install.sh --no-service \
    && rm -rf /src /var/lib/apt/lists/*

ENV DASHBOARD_HOME=/var/lib/hubspot-dashboard \
    DASHBOARD_LOG_FORMAT=json \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    PATH=/opt/hubspot-dashboard/current/.venv/bin:$PATH

USER hubspot-dashboard
WORKDIR /opt/hubspot-dashboard/current
VOLUME /var/lib/hubspot-dashboard
EXPOSE 8501
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8501/healthz', timeout=2)"]
CMD ["python", "-m", "streamlit", "run", "app.py", "--server.port", "8501"]
