"""Reusable controls: they emit what the user wants and render what they are told, and know nothing of the model."""
