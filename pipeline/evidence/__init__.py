"""Quotes, prevalence, agreement, headlines and changes between waves."""
