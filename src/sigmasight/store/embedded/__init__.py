"""PostgreSQL inside SigmaSight: started when needed, shared by the processes that use it, stopped by the last one."""

from sigmasight.store.embedded.roles import API_ROLE, DATABASE, OWNER_ROLE, ROLE_SQL
from sigmasight.store.embedded.server import Server, start_server

__all__ = ["API_ROLE", "DATABASE", "OWNER_ROLE", "ROLE_SQL", "Server", "start_server"]
