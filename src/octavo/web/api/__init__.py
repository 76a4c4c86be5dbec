"""What Jupyter has no word for: bin, blobs, whole outputs, logins."""
