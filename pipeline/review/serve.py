"""Start the review page: check that it can work, listen on this machine, print the address."""

from __future__ import annotations

import socket
import threading
import webbrowser

from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.log import notice
from pipeline.foundation.params import load_params
from pipeline.review.desk import Desk
from pipeline.review.security import Access
from pipeline.themes.decisions import REVIEWER

HOST = "127.0.0.1"


def serve(reviewer: str, port: int | None = None, browser: bool = True) -> None:
    """Serve the review page of the project in this folder until it is stopped.

    Parameters
    ----------
    reviewer : str
        Whose decisions are recorded.
    port : int, optional
        In place of the one in params.yaml.
    browser : bool
        Whether to open a browser.

    Raises
    ------
    ThemebookError
        If the reviewer's name cannot name a file, the project cannot be read, or the port is taken.
    """
    if not REVIEWER.fullmatch(reviewer):
        raise ThemebookError(
            f"The reviewer `{reviewer}`: letters, digits, `_`, `-` and `.` only.", "The name names a file."
        )
    port = port or load_params().review.port
    desk = Desk(reviewer)
    # What the page cannot do without is read now, so that a problem is said here and not in a browser.
    desk.standing  # noqa: B018
    listening = _listen(port)
    import uvicorn

    from pipeline.review.server import create_app

    access = Access(port)
    notice(f"the review page of {desk.survey.title}, for {reviewer}; stop it with Ctrl-C")
    notice(f"open {access.address}")
    if browser:
        threading.Timer(0.5, webbrowser.open, [access.address]).start()
    settings = uvicorn.Config(
        create_app(desk, access), log_level="warning", access_log=False, server_header=False, date_header=False
    )
    with listening:
        uvicorn.Server(settings).run(sockets=[listening])


def _listen(port: int) -> socket.socket:
    """Take the port, on this machine's own address only."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError:
        listening.close()
        raise ThemebookError(
            f"Port {port} is taken, perhaps by another review page.", "Stop that, or give another with --port."
        ) from None
    listening.listen(64)
    return listening
