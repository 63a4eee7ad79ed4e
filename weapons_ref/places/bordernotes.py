"""What the outline of a country says of itself: whose line it draws, what it holds, how far it may be off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weapons_ref.places.borders import Borders, Dispute

#: The default view: whoever holds the land, as Natural Earth has it.
DE_FACTO = ""

#: From how far on a part is worth a note.
FAR_KM = 1500

GENERALISED = (
    "generalised: borders and coasts are mostly within 2 km of the true ones, "
    "in places 5 km off; many small islands and all waters are left out"
)


class Notes:
    """What a country's outline says of itself."""

    def __init__(self, borders: Borders) -> None:
        self._borders = borders

    def of(self, code: str, view: str) -> list[str]:
        """Return the notes on whose lines a point of view draws round a country."""
        notes = [f"borders as Natural Earth gives the point of view of {view}"] if view else []
        grouped: dict[str, list[str]] = {"included": [], "left out": []}
        for dispute in self._borders.disputes:
            within = self._borders.holders(dispute, view)
            here = code in within
            others = self._otherwise(dispute, code, here)
            if not here and code not in dispute.parties and not (others and dispute.area):
                continue
            said, otherwise = ("included", "left out") if here else ("left out", "included")
            land = f"{dispute.name} ({_matter(dispute)})"
            if not here:
                land += f", drawn within {within[0] if within else 'no country'}"
            if others and not view:
                notes.append(f"{said}: {land}; {otherwise} with {self._choice(others)}")
            else:
                grouped[said].append(land)
        always = "" if view else " in every view"
        return notes + [f"{said}{always}: {'; '.join(lands)}" for said, lands in grouped.items() if lands]

    def _otherwise(self, dispute: Dispute, code: str, here: bool) -> list[str]:
        """Return the points of view that settle otherwise whether disputed land is a country's."""
        borders = self._borders
        # Of land that is no area of its own, one that does not draw the country at all says nothing.
        asked = (view for view in borders.views if dispute.area or code in borders.owners(borders.main[code], view))
        return [view for view in asked if (code in borders.holders(dispute, view)) != here]

    def _choice(self, views: Sequence[str]) -> str:
        rest = [view for view in self._borders.views if view not in views]
        if len(rest) > len(views):
            return f"--border-view {listed(views, 'or')}"
        return f"any --border-view but {listed(rest, 'and')}" if rest else "any --border-view"

    def on_parts(self, code: str, keys: Sequence[str], outline: Any) -> list[str]:
        """Return the notes on what an outline holds that lies apart."""
        owners = {key: self._borders.owners(key, DE_FACTO) for key in keys}
        own = [
            f"{self._borders.names[key]} ({held[1]})"
            for key, held in owners.items()
            if len(held) > 1 and held[0] == code
        ]
        notes = [f"included, though with a code of its own: {', '.join(own)}"] if own else []
        far = [(part, distance) for part, distance in _distances_km(outline) if distance > FAR_KM]
        if far:
            farthest = round(max(distance for _, distance in far), -2)
            notes.append(
                f"parts lie more than {FAR_KM:,} km from the largest, up to about {farthest:,.0f} km: "
                + self._named(keys, [part for part, _ in far])
            )
        return notes

    def _named(self, keys: Sequence[str], parts: Sequence[Any]) -> str:
        """Return the names of the areas that parts belong to; parts of the main one are but counted."""
        main = max(keys, key=lambda key: self._borders.areas[key].area)
        held = [_holding(part, {key: self._borders.areas[key] for key in keys}) for part in parts]
        names = sorted({self._borders.names[key] for key in held if key != main})
        unnamed = held.count(main)
        if unnamed:
            names.append(f"{unnamed} other islands" if names else f"{unnamed} islands")
        return ", ".join(names)


def listed(items: Sequence[str], conjunction: str) -> str:
    """Join items to a list in words."""
    return f" {conjunction} ".join(filter(None, (", ".join(items[:-1]), items[-1])))


def _matter(dispute: Dispute) -> str:
    return dispute.remark or (
        f"disputed between {listed(dispute.parties, 'and')}"
        if len(dispute.parties) > 1
        else f"claimed by {dispute.parties[0]}"
    )


def _distances_km(outline: Any) -> list[tuple[Any, float]]:
    """Return an outline's parts with their distances from the largest, to a few kilometres."""
    import numpy as np
    import shapely

    def nodes(part: Any) -> Any:
        lon, lat = np.radians(shapely.get_coordinates(part.exterior)[:: 1 + len(part.exterior.coords) // 500]).T
        return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])

    # Degrees squared, made comparable between latitudes.
    largest = max(outline.geoms, key=lambda part: part.area * np.cos(np.radians(part.centroid.y)))
    there = nodes(largest)
    rest = (part for part in outline.geoms if part is not largest)
    return [(part, 6371 * float(np.arccos(np.clip((nodes(part).T @ there).max(), -1, 1)))) for part in rest]


def _holding(part: Any, areas: Mapping[str, Any]) -> str:
    """Return the key of the area that a part, or some of it, belongs to."""
    point = part.representative_point()
    return min(areas, key=lambda key: float(areas[key].distance(point)))
