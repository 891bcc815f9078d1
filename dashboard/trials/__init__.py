"""A started server, tried as an attacker and as an operator would: `python -m dashboard.trials`."""
