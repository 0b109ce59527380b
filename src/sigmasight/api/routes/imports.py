"""Files of positions: shown with every row's verdict first, taken afterwards."""

import hashlib
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, HTTPException, Request, UploadFile

from sigmasight.api.editions import Change
from sigmasight.api.once import Once
from sigmasight.api.shapes.imports import Commit, Format, Formats, Import, SentFile
from sigmasight.api.site import Reader, Writer
from sigmasight.intake.csv_table import MAX_BYTES
from sigmasight.intake.formats import FORMATS
from sigmasight.intake.verdicts import shortened
from sigmasight.services.imports import commit_import, judge_file, preview_import
from sigmasight.services.uploads import Upload, find_upload, keep_upload, require_waiting
from sigmasight.store.import_previews import CommittedImport, delete_preview, owned_import
from sigmasight.store.people import owned_portfolio

router = APIRouter(prefix="/imports", tags=["imports"])
_LONGEST_NAME = 200

Lots = Annotated[bool, Form(description="The file lists tax lots: a ticker may repeat on one date.")]


def _require_multipart(request: Request, _: Writer) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send the file as multipart/form-data.")


@router.get("/formats")
def list_formats() -> Formats:
    """The kinds of file that can be read; no sign-in is needed."""
    return Formats(items=[Format.of(known) for known in FORMATS])


@router.post("", status_code=HTTPStatus.CREATED, dependencies=[Depends(_require_multipart)])
def show_file(
    desk: Writer,
    file: UploadFile,
    portfolio_id: Annotated[UUID, Form()],
    once: Once,
    *,
    lots: Lots = False,
) -> Import:
    """Have a file judged, row by row. It is kept for a day so that it can be committed; nothing is taken yet."""
    upload = _read(file, lots=lots)
    digest = hashlib.sha256(upload.content).hexdigest()
    given = SentFile(portfolio_id=portfolio_id, lots=lots, file_name=upload.name, sha256=digest)
    with desk.writing() as conn:
        if earlier := once.earlier(conn, desk, given, Import):
            return earlier
        book = owned_portfolio(conn, desk.user_id, portfolio_id)
        preview = judge_file(conn, book, file_name=upload.name, content=upload.content, today=desk.today, lots=lots)
        shown = keep_upload(conn, book, upload, desk.site.now)
        return once.done(conn, desk, given, Import.waiting(shown, preview))


@router.get("/{import_id}")
def read_import(desk: Reader, import_id: UUID) -> Import:
    """A file: as it waits, judged against the portfolio of this moment, or what was taken of it."""
    with desk.reading() as conn:
        found = find_upload(conn, desk.user_id, import_id, desk.site.now)
        if isinstance(found, CommittedImport):
            return Import.committed(found)
        book = owned_portfolio(conn, desk.user_id, found.portfolio_id)
        preview = judge_file(conn, book, file_name=found.name, content=found.content, today=desk.today, lots=found.lots)
        return Import.waiting(found, preview)


@router.post("/{import_id}/commit", status_code=HTTPStatus.CREATED)
def commit_file(desk: Writer, import_id: UUID, given: Commit, changed: Change, once: Once) -> Import:
    """Take a file's rows into its portfolio: all of them, or the good ones, or nothing."""
    with desk.writing() as conn:
        if earlier := once.earlier(conn, desk, given, Import):
            return earlier
        waiting = require_waiting(conn, desk.user_id, import_id, desk.site.now)
        book = changed.open(conn, desk, waiting.portfolio_id)
        waiting = require_waiting(conn, desk.user_id, import_id, desk.site.now)  # nobody has committed it meanwhile
        preview = preview_import(
            conn, book, file_name=waiting.name, content=waiting.content, today=desk.today, lots=waiting.lots
        )
        commit_import(
            conn,
            desk.site.valuation,
            book,
            preview,
            today=desk.today,
            only_good=given.only_good,
            import_id=waiting.id,
        )
        delete_preview(conn, waiting.id)
        changed.tell_new(conn, book)
        return once.done(conn, desk, given, Import.committed(owned_import(conn, desk.user_id, waiting.id)))


def _read(file: UploadFile, *, lots: bool) -> Upload:
    """The file, if it is not too large to be looked at."""
    if (file.size or 0) > MAX_BYTES:
        raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The file has more than {MAX_BYTES:,} bytes (10 MB).")
    name = "".join(character for character in file.filename or "" if character.isprintable())
    return Upload(shortened(name, _LONGEST_NAME) or "unnamed", file.file.read(), lots)
