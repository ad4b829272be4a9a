"""A small reverse proxy for tests: it offers a server below a path, like nginx with a final slash in ``proxy_pass``."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Iterator

PATH = "/booth"
PIECE_BYTES = 1 << 16


@contextlib.contextmanager
def proxied(url: str, host: str | None = None) -> Iterator[str]:
    """Offer the server at ``url`` on another port and below ``PATH``; yields the address.

    Args:
        url: Of the server.
        host: What the proxy sends as Host; None: what the browser sent.
    """
    backend_host, backend_port = url.removeprefix("http://").rstrip("/").split(":")

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            lines = []
            while (line := self.rfile.readline()) not in (b"\r\n", b""):
                lines.append(line)
            if not lines:
                return
            method, path, _ = lines[0].split()
            headers = [line for line in lines[1:] if not line.lower().startswith(b"connection:")]
            if host is not None:
                headers = [line for line in headers if not line.lower().startswith(b"host:")]
                headers.append(f"Host: {host}\r\n".encode())
            if not path.startswith(f"{PATH}/".encode()):
                self.wfile.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            length = next((int(line[15:]) for line in headers if line.lower().startswith(b"content-length:")), 0)
            first = b"%s %s HTTP/1.0\r\n" % (method, path.removeprefix(PATH.encode()))
            with socket.create_connection((backend_host, int(backend_port))) as backend:
                backend.sendall(b"".join([first, *headers, b"\r\n"]) + self.rfile.read(length))
                with contextlib.suppress(OSError):
                    while piece := backend.recv(PIECE_BYTES):
                        self.wfile.write(piece)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://localhost:{server.server_address[1]}{PATH}/"
        finally:
            server.shutdown()
            thread.join()
