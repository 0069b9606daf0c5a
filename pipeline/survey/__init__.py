"""Raw exports, the survey description, respondent ids and non-answers."""
