"""The live socket of a notebook: frames in, frames out; what they mean is the session's business."""
