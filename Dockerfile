# Two stages: the tools that build the dependencies stay in the first.
FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements-build.txt requirements.txt ./
# The files pin everything with its hashes, so nothing is looked up and nothing newer gets in.
RUN python -m venv /opt/bridge && \
    python -m venv /opt/tools && \
    /opt/tools/bin/pip --disable-pip-version-check install --no-cache-dir --no-deps --require-hashes -r requirements-build.txt && \
    /opt/tools/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --require-hashes --wheel-dir wheels -r requirements.txt && \
    /opt/bridge/bin/pip --disable-pip-version-check install --no-deps --no-index wheels/*.whl && \
    /opt/bridge/bin/pip check

FROM python:3.13-slim
LABEL org.opencontainers.image.title="Bridge between Slack and Beebot" \
    org.opencontainers.image.description="Answers in Slack with Beebot, Alibaba Cloud's LLM chatbot" \
    org.opencontainers.image.licenses="MIT"
RUN useradd --system --uid 10001 --no-create-home bridge
COPY --from=build /opt/bridge /opt/bridge
WORKDIR /app
COPY manifest.yml ./
COPY bridge ./bridge
USER bridge
ENV PATH=/opt/bridge/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PORT=3000
EXPOSE 3000
# It lives: not /readyz, which fails with Redis or Slack and heals without a restart.
# Asked at the address it listens on; Linux takes all of IPv4, or all of IPv6, for this machine.
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import http.client as h, os; c = h.HTTPConnection(os.getenv('BRIDGE_BIND_ADDRESS') or '0.0.0.0', int(os.environ['PORT']), timeout=2); c.request('GET', '/healthz'); raise SystemExit(c.getresponse().status != 200)"]
# 25 s for running answers, 5 s to hand over what is left: give the container 30.
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "bridge"]
CMD ["serve"]
