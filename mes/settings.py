"""One typed settings model.

Every key can be set by an environment variable `MES_<KEY>`, or by `MES_<KEY>_FILE`, which names a
file that holds the value (for secrets).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class Settings(BaseModel):
    """What a process of the MES needs to know before it opens its database."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data_dir: Path = Field(description="Folder of database, spool, credentials and clock state.")
    database_url: SecretStr | None = Field(
        default=None, description="SQLAlchemy URL; None: SQLite file `mes.db` in `data_dir`."
    )
    host: str = "127.0.0.1"
    port: int = 8080
    plain_http: bool = False
    tls_certificate: Path | None = Field(
        default=None, description="PEM certificate chain; with it the server speaks TLS."
    )
    tls_key: Path | None = Field(default=None, description="PEM key of `tls_certificate`.")
    tls_proxy: bool = Field(
        default=False, description="A proxy on this box ends TLS and sets X-Forwarded-Proto."
    )
    secret_key: SecretStr | None = Field(
        default=None, description="Session key; None: made once and kept in `data_dir` (0600)."
    )
    socket_clients_max: int = 250
    sockets_per_token_max: int = 250
    ingest_bytes_in_flight_max: int = 32 * 1024 * 1024
    request_bytes_max: int = 4 * 1024 * 1024
    sign_ins_per_minute: int = Field(default=50, description="From one address.")
    merge_window_ms: int = Field(default=100, ge=50, le=250)
    signoff_coverage_min: float = Field(
        default=0.95,
        ge=0,
        le=1,
        description="A shift with a lower coverage is signed off only with a note.",
    )
    sample_days: int = Field(default=90, ge=1, description="How long values of tags are kept.")
    sample_minute_days: int = Field(
        default=400, ge=1, description="How long minutes of values are kept, for longer trends."
    )
    sample_hour_days: int = Field(default=3660, ge=1, description="How long hours of them are.")
    label_font: Path | None = Field(
        default=None, description="TrueType font of labels; None: the one that comes along."
    )
    label_font_bold: Path | None = None
    development: bool = False

    @property
    def url(self) -> str:
        """The SQLAlchemy URL in force."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir / 'mes.db'}"

    @classmethod
    def from_environment(cls, **given: object) -> Self:
        """Settings from `MES_*` variables, overridden by `given` values that are not None."""
        values: dict[str, object] = {}
        for name in cls.model_fields:
            key = f"MES_{name.upper()}"
            if key in os.environ:
                values[name] = os.environ[key]
            elif f"{key}_FILE" in os.environ:
                values[name] = Path(os.environ[f"{key}_FILE"]).read_text(encoding="utf-8").strip()
        values.update({name: value for name, value in given.items() if value is not None})
        return cls.model_validate(values)
