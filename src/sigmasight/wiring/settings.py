"""Every setting, read once from the environment and `.env`; nothing else reads them."""

from pathlib import Path
from typing import Literal

from platformdirs import user_data_path
from pydantic import Field, PositiveInt, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from sigmasight.domain.defaults import HISTORY_SESSIONS, LEAST_OBSERVATIONS, STALE_SESSIONS
from sigmasight.market.adapters.addresses import FMP_ADDRESS, FRED_ADDRESS, MASSIVE_ADDRESS, TRADEFEEDS_ADDRESS


class Settings(BaseSettings):
    """What an operator may set. `.env.example` lists all of it."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )

    environment: Literal["development", "staging", "production"] = Field(
        default="development", validation_alias="SIGMASIGHT_ENV"
    )
    home: Path | None = Field(default=None, validation_alias="SIGMASIGHT_HOME")
    database_url: SecretStr | None = Field(default=None, validation_alias="DATABASE_URL")
    postgres_binaries: Path | None = Field(default=None, validation_alias="SIGMASIGHT_POSTGRES_BINARIES")
    database_pool_size: PositiveInt = Field(default=5, validation_alias="SIGMASIGHT_DATABASE_POOL_SIZE")
    database_connect_seconds: PositiveInt = Field(default=10, validation_alias="SIGMASIGHT_DATABASE_CONNECT_SECONDS")
    stale_sessions: int = Field(default=STALE_SESSIONS, ge=0, le=60, validation_alias="SIGMASIGHT_STALE_SESSIONS")
    least_observations: int = Field(
        default=LEAST_OBSERVATIONS, ge=20, le=252, validation_alias="SIGMASIGHT_LEAST_OBSERVATIONS"
    )
    correlations_daily: bool = Field(default=False, validation_alias="SIGMASIGHT_CORRELATIONS_DAILY")
    history_sessions: int = Field(
        default=HISTORY_SESSIONS, ge=2, le=5000, validation_alias="SIGMASIGHT_HISTORY_SESSIONS"
    )
    portfolios_per_shard: PositiveInt = Field(default=500, validation_alias="SIGMASIGHT_PORTFOLIOS_PER_SHARD")
    providers: str = Field(default="files,fmp,massive,tradefeeds,fred", validation_alias="SIGMASIGHT_PROVIDERS")
    market_folder: Path | None = Field(default=None, validation_alias="SIGMASIGHT_MARKET_FOLDER")
    fmp_key: SecretStr | None = Field(default=None, validation_alias="FMP_API_KEY")
    fmp_address: str = Field(default=FMP_ADDRESS, validation_alias="SIGMASIGHT_FMP_ADDRESS")
    fmp_per_minute: PositiveInt = Field(default=300, validation_alias="SIGMASIGHT_FMP_PER_MINUTE")
    fmp_batch: bool = Field(default=False, validation_alias="SIGMASIGHT_FMP_BATCH")
    fmp_cost: float = Field(default=0.0, ge=0.0, validation_alias="SIGMASIGHT_FMP_USD_PER_CALL")
    massive_key: SecretStr | None = Field(default=None, validation_alias="POLYGON_API_KEY")
    massive_address: str = Field(default=MASSIVE_ADDRESS, validation_alias="SIGMASIGHT_POLYGON_ADDRESS")
    massive_per_minute: PositiveInt = Field(default=5, validation_alias="SIGMASIGHT_POLYGON_PER_MINUTE")
    massive_cost: float = Field(default=0.0, ge=0.0, validation_alias="SIGMASIGHT_POLYGON_USD_PER_CALL")
    tradefeeds_key: SecretStr | None = Field(default=None, validation_alias="TRADEFEEDS_API_KEY")
    tradefeeds_address: str = Field(default=TRADEFEEDS_ADDRESS, validation_alias="SIGMASIGHT_TRADEFEEDS_ADDRESS")
    tradefeeds_per_minute: PositiveInt = Field(default=30, validation_alias="SIGMASIGHT_TRADEFEEDS_PER_MINUTE")
    tradefeeds_credits: PositiveInt = Field(default=20, validation_alias="SIGMASIGHT_TRADEFEEDS_CREDITS_PER_CALL")
    tradefeeds_monthly: int = Field(default=22_000, ge=0, validation_alias="SIGMASIGHT_TRADEFEEDS_CREDITS_PER_MONTH")
    tradefeeds_cost: float = Field(default=0.0, ge=0.0, validation_alias="SIGMASIGHT_TRADEFEEDS_USD_PER_CREDIT")
    fred_key: SecretStr | None = Field(default=None, validation_alias="FRED_API_KEY")
    fred_address: str = Field(default=FRED_ADDRESS, validation_alias="SIGMASIGHT_FRED_ADDRESS")
    fred_per_minute: PositiveInt = Field(default=120, validation_alias="SIGMASIGHT_FRED_PER_MINUTE")
    retry_seconds: float = Field(default=1.0, gt=0.0, le=60.0, validation_alias="SIGMASIGHT_RETRY_SECONDS")
    read_seconds: float = Field(default=20.0, gt=0.0, le=600.0, validation_alias="SIGMASIGHT_READ_SECONDS")
    answer_seconds: float = Field(default=60.0, gt=0.0, le=3600.0, validation_alias="SIGMASIGHT_ANSWER_SECONDS")
    secret_key: SecretStr | None = Field(default=None, validation_alias="SIGMASIGHT_SECRET_KEY")
    access_minutes: PositiveInt = Field(default=15, validation_alias="SIGMASIGHT_ACCESS_MINUTES")
    refresh_days: PositiveInt = Field(default=30, validation_alias="SIGMASIGHT_REFRESH_DAYS")
    open_registration: bool = Field(default=False, validation_alias="SIGMASIGHT_OPEN_REGISTRATION")
    cors_origins: str = Field(default="", validation_alias="SIGMASIGHT_CORS_ORIGINS")
    requests_per_minute: PositiveInt = Field(default=600, validation_alias="SIGMASIGHT_REQUESTS_PER_MINUTE")
    now: str | None = Field(default=None, validation_alias="SIGMASIGHT_NOW")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="WARNING", validation_alias="LOG_LEVEL")

    @property
    def data_home(self) -> Path:
        """Where SigmaSight keeps its data: SIGMASIGHT_HOME, else the platform's data directory."""
        return (self.home or user_data_path("sigmasight", appauthor=False)).expanduser().absolute()


NAMES = tuple(str(field.validation_alias) for field in Settings.model_fields.values())
