"""A sourced catalog of weapon ranges, and exact geodesic rings and reach."""
