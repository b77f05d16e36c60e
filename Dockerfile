# One image for web, scheduler and workers; docker-compose.yml says which of them a container is.
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
RUN python -m venv /venv
COPY requirements.txt constraints.txt ./
RUN /venv/bin/pip install --no-cache-dir -r requirements.txt -c constraints.txt
COPY . .
RUN /venv/bin/python -m webapp.assets && /venv/bin/python -m compileall -q webapp jobs

FROM python:3.11-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TZ=UTC \
    HOST=0.0.0.0 PORT=8000 DATA_DIR=/data FLASK_APP=wsgi.py
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin camkeeper \
    && install -d -o camkeeper -g camkeeper -m 700 /data
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER camkeeper
EXPOSE 8000
CMD ["gunicorn", "wsgi:app"]
