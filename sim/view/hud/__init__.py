"""The window's picture: layout, words, dashboard, panels, and the screen that puts them together."""
