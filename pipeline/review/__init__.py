"""The review page and the review workbook: where people decide."""
