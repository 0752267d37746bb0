"""The shapes of objects: the built-in types as data, custom ones from their definitions."""
