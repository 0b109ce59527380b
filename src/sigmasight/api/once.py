"""Writes that create: sent again with the same Idempotency-Key, they are answered again and not done again."""

import hashlib
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel

from sigmasight.api.site import Desk
from sigmasight.services.writes import earlier_answer, keep
from sigmasight.store.database import Connection
from sigmasight.store.idempotency import Write

_Answer = TypeVar("_Answer", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Creation:
    """A write that creates something, as it was sent."""

    key: str | None
    method: str
    path: str
    response: Response

    def earlier(self, conn: Connection, desk: Desk, given: BaseModel, kind: type[_Answer]) -> _Answer | None:
        """What the same write was answered before; None where it is new, or carries no key.

        Raises:
            ConflictError: If its key came with another write.
        """
        if self.key is None:
            return None
        kept = earlier_answer(conn, desk.user_id, self._write(given), desk.site.now)
        if kept is None:
            return None
        if kept.etag is not None:
            self.response.headers["ETag"] = kept.etag
        return kind.model_validate(kept.response)

    def done(self, conn: Connection, desk: Desk, given: BaseModel, answer: _Answer) -> _Answer:
        """The answer, kept for whoever sends the same write again."""
        if self.key is not None:
            keep(
                conn,
                desk.user_id,
                self._write(given),
                desk.site.now,
                status=HTTPStatus.CREATED,
                response=answer.model_dump(mode="json"),
                etag=self.response.headers.get("ETag"),
            )
        return answer

    def _write(self, given: BaseModel) -> Write:
        body = hashlib.sha256(given.model_dump_json().encode()).digest()
        return Write(self.key or "", self.method, self.path, body)


def _creation(
    request: Request,
    response: Response,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=255,
            pattern=r"^[\x21-\x7e]+$",
            description="Of your own making, one for each write: the same write with the same key is done once.",
        ),
    ] = None,
) -> Creation:
    return Creation(idempotency_key, request.method, request.url.path, response)


Once = Annotated[Creation, Depends(_creation)]
