"""Uploaded files on their way: spooled to disk at once, freed from Streamlit's memory, gone after the load.

They lie on disk under the project's id, so reloading the page during the mapping loses nothing.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import cast

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from crmkpi.i18n import Words
from crmkpi.ingest.refused_uploads import take_refused
from crmkpi.ui.session import Session

CHUNK = 1024 * 1024
PROJECT_FILE = ".crmkpi"
_UNSAFE = re.compile(r"[^\w.() -]+", re.UNICODE)
# files named on the command line (`crmkpi app FILE ...`)
GIVEN = "CRMKPI_FILES"


def inbox(s: Session) -> Path | None:
    """Where the open project's uploads wait; None without a project."""
    return s.drafts.home / "inbox" / s.project.id if s.project else None


def pending(s: Session) -> list[Path]:
    """Uploads that wait for their mapping, in the order of their names."""
    folder = inbox(s)
    return (
        sorted((p for p in folder.glob("*/*") if p.is_file()), key=lambda p: p.name)
        if folder and folder.is_dir()
        else []
    )


def spool(s: Session, uploads: Sequence[UploadedFile]) -> None:
    """Copy uploads to the inbox and let Streamlit forget them."""
    folder = inbox(s)
    assert folder is not None
    for upload in uploads:
        _copy(upload, folder)
        _forget(upload)
    context = get_script_run_ctx()
    if context is not None:
        # a file that the server turned away must not be missing without a word
        s.put_for("data", "refused", take_refused(context.session_id))


def clear(s: Session) -> None:
    """Remove all waiting uploads of the project."""
    folder = inbox(s)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


def remove(s: Session, path: Path) -> None:
    """Remove one waiting upload of the project; any other path is left alone."""
    if path in pending(s):
        path.unlink(missing_ok=True)
        with suppress(OSError):  # another file of the same content waits there
            path.parent.rmdir()


def given_files() -> list[Path]:
    """Files named when the application was started."""
    return [p for text in os.environ.get(GIVEN, "").split(os.pathsep) if text and (p := Path(text)).is_file()]


def take_given(s: Session, paths: Sequence[Path]) -> None:
    """Put files of this computer into the inbox."""
    folder = inbox(s)
    assert folder is not None
    for path in paths:
        target = folder / hashlib.sha256(str(path).encode()).hexdigest()[:16] / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def take_text(s: Session, text: str, name: str) -> None:
    """Put a pasted range into the inbox as a file; cells copied from a spreadsheet are split by tabs."""
    folder = inbox(s)
    assert folder is not None
    content = text.encode("utf-8")
    suffix = "tsv" if "\t" in text else "csv"
    target = folder / hashlib.sha256(content).hexdigest()[:16] / f"{safe_name(name)}.{suffix}"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def _copy(upload: UploadedFile, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    digest, part = hashlib.sha256(), folder / f".part-{upload.file_id}"
    with part.open("wb") as out:
        upload.seek(0)
        while chunk := upload.read(CHUNK):
            digest.update(chunk)
            out.write(chunk)
    target = folder / digest.hexdigest()[:16] / safe_name(upload.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(part, target)
    return target


def safe_name(name: str) -> str:
    """The last part of a file's name with only harmless characters; never empty, never hidden."""
    cleaned = _UNSAFE.sub("_", Path(name.replace("\\", "/")).name).lstrip(".")
    return cleaned[-120:] or "file"


def _forget(upload: UploadedFile) -> None:
    """Free the upload's memory now; Streamlit itself would keep it until the session ends."""
    context = get_script_run_ctx()
    if context is not None:
        manager = cast(MemoryUploadedFileManager, context.uploaded_file_mgr)
        manager.remove_file(context.session_id, upload.file_id)


def project_name(names: Sequence[str], t: Words) -> str:
    """What a new project is called: one file gives its name, several their number."""
    if len(names) == 1:
        return Path(names[0]).name.partition(".")[0][:80]
    return t.plural("start.several", len(names))


def uploader(s: Session, label: str, kinds: Sequence[str] | None = None) -> list[UploadedFile]:
    """The upload box. Its key changes after every take, so that the box is empty again."""
    turn = s.shared("upload_turn", 0)
    found = st.file_uploader(
        label,
        type=list(kinds) if kinds else None,
        accept_multiple_files=True,
        key=f"upload_{s.stem}_{turn}",
        label_visibility="collapsed",
    )
    if found:
        s.share("upload_turn", turn + 1)
    return list(found or [])
