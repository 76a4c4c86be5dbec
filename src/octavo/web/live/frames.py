"""The binary frames under the name that the live socket uses; `octavo.document.frames` has them, since sessions make frames too."""

from octavo.document.frames import MAX_FRAME, Frame, FrameKind, decode, encode

__all__ = ["MAX_FRAME", "Frame", "FrameKind", "decode", "encode"]
