"""One module a step, oldest first: v0001, v0002, …"""
