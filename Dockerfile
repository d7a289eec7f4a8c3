FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /opt/logistics

# The lock changes seldom; its layer is kept.
COPY requirements.lock ./
RUN pip install --no-deps --require-hashes -r requirements.lock

COPY pyproject.toml README.md ./
COPY logistics logistics
COPY labels labels
COPY api api
COPY migrations migrations
COPY seed seed
RUN pip install --no-deps --no-build-isolation .

RUN useradd --system --create-home --home-dir /var/lib/logistics --shell /usr/sbin/nologin logistics
USER logistics
WORKDIR /var/lib/logistics
VOLUME /var/lib/logistics
ENV DATA_DIR=/var/lib/logistics/data

CMD ["logistics", "serve"]
