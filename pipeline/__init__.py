"""themebook: from the free-text answers of a survey to a theme report that can be defended."""

__version__ = "0.1.0"
