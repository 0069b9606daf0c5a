"""Languages, personal data, meaning units and the encoder."""
