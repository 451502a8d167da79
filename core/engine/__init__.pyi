from .client import (
    EngineClient as EngineClient,
    EngineEnded as EngineEnded,
    LogLine as LogLine,
    Notice as Notice,
    QueryError as QueryError,
    engine_command as engine_command,
)
