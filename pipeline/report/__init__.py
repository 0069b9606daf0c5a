"""The content model, figures and pages of the reports."""
