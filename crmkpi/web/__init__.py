"""The ASGI side of the application: health routes, warm start, incidents."""
