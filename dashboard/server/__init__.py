"""What a served explorer needs: admission, health, metrics, routes, errors in a sentence."""
