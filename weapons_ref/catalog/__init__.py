"""The catalog: YAML files in, records with their claims and sources out."""
