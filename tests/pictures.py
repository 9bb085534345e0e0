"""Pictures for tests: the smallest whole files of the kinds that are relayed."""

import base64
import zlib


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data).to_bytes(4, "big")
    return len(data).to_bytes(4, "big") + kind + data + check


def png(size: int = 0) -> bytes:
    """One grey pixel, in a file of at least `size` bytes."""
    head = (1).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    padding = _chunk(b"tEXt", b"Comment\0" + b"x" * size) if size else b""
    pixel = _chunk(b"IDAT", zlib.compress(b"\0\x80"))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + padding + pixel + _chunk(b"IEND", b"")


GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
WEBP = base64.b64decode("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"
