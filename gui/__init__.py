"""Fitting Room's window: what is seen. The only package with Qt, colours and translated words; it does no memory arithmetic."""
