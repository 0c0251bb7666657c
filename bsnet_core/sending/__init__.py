"""Sending results to a PACS: who it is, one association with it, and what still waits to be sent."""
