"""What a served explorer needs and a notebook does not: admission, health, metrics, closed routes."""
