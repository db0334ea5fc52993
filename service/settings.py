"""What an operator may set: by environment variable ``ASK_RECORD_...`` or by flag.

What decides an answer (models, passages, thresholds) is not here: it comes from the index.
"""

import os
import re
from collections.abc import Iterable, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from index.stores.url import StoreUrl, StoreUrlError, parse

PREFIX = "ASK_RECORD_"
_ORIGIN = re.compile(r"https?://[a-z0-9.\-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?")
_RECORD = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}=.+")
_OWN_PATHS = frozenset(
    "ask docs documents embed feedback livez metrics openapi.json operator r readyz static "
    "suggestions widget widget.js".split()
)

Names = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """The settings of the service. A list is written with commas: ``https://a.org,https://b.org``."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    index_dir: Path = Field(default=Path("index-data"), description="Folder of the index to serve.")
    records: Names = Field(
        default=(),
        description="Several records, each NAME=DIR, served at /r/NAME/ in place of one index.",
    )
    store: str | None = Field(
        default=None,
        description="Engine that keeps the record, in place of a folder, such as "
        "milvus+http://host:19530/record.",
    )
    store_token: SecretStr | None = Field(
        default=None, description="USER:PASSWORD or API key of that engine, unless in its address."
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on; 0.0.0.0 for all.")
    port: int = Field(
        default=8000, ge=0, le=65535, description="Port to listen on; 0 picks a free one."
    )
    workers: int = Field(
        default=1, ge=1, le=64, description="Processes. Each loads the index and the models again."
    )
    threads: int = Field(
        default=0, ge=0, le=256, description="Model threads of a worker; 0 shares the cores out."
    )
    title: str = Field(
        default="Ask the Record",
        min_length=1,
        max_length=200,
        description="Name shown on the pages.",
    )
    root_path: str = Field(
        default="",
        description="Path under which a proxy serves this service, such as /ask-the-record.",
    )
    cors_origins: Names = Field(
        default=(),
        description="Origins of other sites that may ask, such as https://example.org; or *.",
    )
    frame_ancestors: Names = Field(
        default=("self",),
        description="Who may show the pages in an iframe: self, none, origins or *.",
    )
    max_body_bytes: int = Field(
        default=16_384, ge=1_024, le=1_048_576, description="Longest request body, in bytes."
    )
    body_timeout_s: float = Field(
        default=10.0, gt=0, le=300, description="Seconds a client has for sending its request body."
    )
    max_question_length: int = Field(
        default=1_000, ge=1, le=1_000, description="Longest question, in Unicode code points."
    )
    max_concurrent_questions: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Questions that are answered at the same time by a worker.",
    )
    max_queued_questions: int = Field(
        default=8,
        ge=0,
        le=1_000,
        description="Questions that may wait; one more is told to come back.",
    )
    queue_timeout_s: float = Field(
        # With an answer of a third of a second on one core, those let in wait less than one.
        default=0.5,
        gt=0,
        le=60,
        description="Seconds a question may wait before it is told to come back.",
    )
    answer_timeout_s: float = Field(
        default=10.0,
        gt=0,
        le=600,
        description="Seconds an answer may take before it is given up.",
    )
    tokens_file: Path | None = Field(
        default=None,
        description="File of bearer tokens, one a line or NAME=TOKEN for a record; open if unset.",
    )
    trusted_proxies: Names = Field(
        default=("127.0.0.1", "::1"),
        description="Addresses or networks of proxies whose X-Forwarded-For is believed; or *.",
    )
    rate_limit_per_minute: int = Field(
        default=0,
        ge=0,
        le=100_000,
        description="Questions and feedback a minute from an address; 0: any.",
    )
    reload_interval_s: float = Field(
        default=0.25,
        ge=0,
        le=3_600,
        description="Seconds between looks for a newly published index; 0 never looks again.",
    )
    shutdown_delay_s: float = Field(
        default=1.0,
        ge=0,
        le=120,
        description="Seconds between going unready at SIGTERM and closing.",
    )
    shutdown_timeout_s: int = Field(
        default=30, ge=1, le=600, description="Seconds that requests under way have to finish."
    )
    feedback_db: Path | None = Field(
        default=None,
        description="SQLite file for feedback; INDEX.feedback.sqlite3 beside the index if unset.",
    )
    feedback_max_mb: int = Field(
        default=64, ge=1, le=100_000, description="Largest size of the feedback file, in MiB."
    )
    operator_token: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Opens /operator, where questions are listed; no such page if unset.",
    )
    questions_db: Path | None = Field(
        default=None,
        description="SQLite file for /operator; INDEX.questions.sqlite3 beside the index if unset.",
    )
    questions_days: int = Field(
        default=90, ge=1, le=3_650, description="Days after which a question is forgotten."
    )
    questions_keep_words: bool = Field(
        default=False,
        description="Whether that file holds the words of questions; people may write names there.",
    )
    otlp_endpoint: str | None = Field(
        default=None,
        pattern=r"^https?://\S+$",
        description="OpenTelemetry collector, such as http://localhost:4318; no traces if unset.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        description="Least severe event that is logged: debug, info, warning or error.",
    )
    log_questions: bool = Field(
        default=False,
        description="Whether logs hold the text of questions; people may write names there.",
    )

    @field_validator("cors_origins", "frame_ancestors", "records", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part for part in re.split(r"[,\s]+", value) if part)
        return value

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(origin if origin == "*" else _origin(origin) for origin in value)

    @field_validator("records")
    @classmethod
    def _records(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if not _RECORD.fullmatch(one):
                raise ValueError(f"{one!r} is not NAME=DIR with a name of a to z, 0 to 9, - and _")
        names = [one.partition("=")[0] for one in value]
        if len(names) != len(set(names)):
            raise ValueError("two records have the same name")
        return value

    @field_validator("store")
    @classmethod
    def _store(cls, value: str | None) -> str | None:
        try:
            if value is not None:
                parse(value)
        except StoreUrlError as error:
            raise ValueError(str(error)) from error
        return value

    @model_validator(mode="after")
    def _one_place(self) -> "Settings":
        if self.store is not None and self.records:
            raise ValueError("a store holds one record: give either store or records")
        if self.store is not None and self.store_url.embedded and self.workers > 1:
            raise ValueError("an embedded store serves one process: set workers to 1")
        return self

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if one != "*":
                ip_network(one, strict=False)
        return value

    @field_validator("frame_ancestors")
    @classmethod
    def _ancestors(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        keywords = {"self", "none", "*"}
        if "none" in value and len(value) > 1:
            raise ValueError("'none' cannot stand beside others")
        return tuple(item if item in keywords else _origin(item) for item in value) or ("none",)

    @field_validator("root_path")
    @classmethod
    def _path(cls, value: str) -> str:
        if value and not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+/?", value):
            raise ValueError("must be a path such as /ask-the-record")
        if value.split("/")[1:2] and value.split("/")[1] in _OWN_PATHS:
            raise ValueError("begins like a path of this service; choose another")
        return value.rstrip("/")

    @property
    def store_url(self) -> StoreUrl:
        """The address of the engine; only where ``store`` is set."""
        assert self.store is not None
        token = self.store_token
        return parse(self.store, None if token is None else token.get_secret_value())

    @property
    def record_folders(self) -> tuple[tuple[str, Path], ...]:
        """The name and the index folder of each of several records."""
        parts = [one.partition("=") for one in self.records]
        return tuple((name, Path(folder)) for name, _, folder in parts)

    def for_record(self, name: str, folder: Path, drains: bool) -> "Settings":
        """The settings of one of several records; one of them waits for the balancer at SIGTERM."""
        own: dict[str, object] = {
            "records": (),
            "index_dir": folder,
            "root_path": f"{self.root_path}/r/{name}",
            "title": f"{self.title}: {name}",
        }
        for stores in ("feedback_db", "questions_db"):
            if (path := getattr(self, stores)) is not None:
                own[stores] = path.with_name(f"{path.stem}.{name}{path.suffix}")
        if not drains:
            own["shutdown_delay_s"] = 0.0
        return self.model_copy(update=own)

    @property
    def feedback_path(self) -> Path:
        """Where feedback is kept."""
        index = self.index_dir.absolute()
        return self.feedback_db or index.with_name(f"{index.name}.feedback.sqlite3")

    @property
    def questions_path(self) -> Path:
        """Where questions are kept for the operator's page."""
        index = self.index_dir.absolute()
        return self.questions_db or index.with_name(f"{index.name}.questions.sqlite3")

    @property
    def model_threads(self) -> int:
        """Threads for the models of one worker: over all workers never more than the cores."""
        share = available_cores() // (self.workers * self.max_concurrent_questions)
        return self.threads or max(1, share)

    def to_environment(self) -> dict[str, str]:
        """The same settings as environment variables, for worker processes."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {PREFIX + n.upper(): _text(v) for n, v in values.items() if v is not None}


def unknown_variables(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Variables that begin with ``ASK_RECORD_`` but set nothing: misspelt, most likely."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    return sorted(n for n in environment if n.upper().startswith(PREFIX) and n.upper() not in known)


def available_cores() -> int:
    """Cores that this process may use, which a container may have fewer of than the machine."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def _origin(value: str) -> str:
    origin = value.lower().rstrip("/")
    if not _ORIGIN.fullmatch(origin):
        raise ValueError(f"{value!r} is no origin; write it as https://example.org or with a port")
    return origin


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ",".join(map(str, value))
    return str(value)
