"""`mes web`: the web process alone, or as a child of the supervisor."""

from __future__ import annotations

from pathlib import Path

import click

LOCK_WAIT_S = 5.0
"""The worker of a web process that was killed holds its lock for up to 2 s."""


@click.command()
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), required=True, help="Data folder."
)
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--plain-http", is_flag=True, help="Allow other addresses without TLS.")
@click.option("--tls-certificate", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tls-key", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def web(
    data: Path,
    port: int,
    host: str,
    plain_http: bool,
    tls_certificate: Path | None,
    tls_key: Path | None,
) -> None:
    """Serve pages, REST, ingest and live tiles until stopped."""
    from mes.settings import Settings
    from mes.web.addresses import check_host
    from mes.web.locks import WEB_LOCK, hold
    from mes.web.server import serve

    settings = Settings.from_environment(
        data_dir=data,
        port=port,
        host=host,
        plain_http=plain_http or None,
        tls_certificate=tls_certificate,
        tls_key=tls_key,
    )
    check_host(settings.host, plain_http=settings.plain_http, tls=_speaks_tls(settings))
    hold(data / WEB_LOCK, wait_s=LOCK_WAIT_S)
    serve(settings)


def _speaks_tls(settings: object) -> bool:
    from mes.settings import Settings

    assert isinstance(settings, Settings)
    return settings.tls_certificate is not None or settings.tls_proxy
