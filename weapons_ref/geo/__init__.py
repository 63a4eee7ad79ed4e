"""Numbers and the Earth: units, coordinates, geodesics and rings. Nothing of weapons or places."""
