"""The saved document: everything a person decided, beside the canonical data it was decided on."""
