"""What people call a place, or where they say it is -> Place."""

from __future__ import annotations

import msgspec

from weapons_ref.geo import coordinates, geodesy
from weapons_ref.model import Place, PlaceResult
from weapons_ref.places.opening import Progress

#: A place as people give it: its name or position as text, or a place found before.
PlaceLike = str | Place


def find_place(text: PlaceLike, *, progress: Progress | None = None) -> Place:
    """Return the one place that a text means.

    Parameters
    ----------
    text : str
        A name in any script, with what tells it apart where needed (``Springfield, Missouri``), or
        a position: ``lat,lon``, degrees-minutes-seconds, MGRS, UTM, a full Plus code, a ``geo:`` URI.
    progress : callable, optional
        Called with (done, total) should the gazetteer's index have to be built first.

    Raises
    ------
    CoordinateError
        If the text is meant as a position and is wrong.
    PlaceError
        If no place has that name, or several do; the message lists them.
    """
    if not isinstance(text, str | Place):
        raise TypeError(f"a place is a text, 'Kherson' or '46.6,32.6', or a Place, not {type(text).__name__}")
    if isinstance(text, Place):
        lon, lat = geodesy.check_position(text.lon, text.lat)
        return msgspec.structs.replace(text, lon=lon, lat=lat)
    position = _position(text)
    if position is not None:
        return position
    from weapons_ref.places.gazetteer import open_gazetteer

    return open_gazetteer(progress).resolve(text)


def find_candidates(text: str, *, progress: Progress | None = None) -> PlaceResult:
    """Return every place that a text may mean, best first, each in every notation.

    Raises
    ------
    CoordinateError
        If the text is meant as a position and is wrong.
    PlaceError
        If no place has that name.
    """
    position = _position(text)
    if position is not None:
        candidates: tuple[Place, ...] = (position,)
    else:
        from weapons_ref.places.gazetteer import open_gazetteer

        gazetteer = open_gazetteer(progress)
        # Where there is none, `resolve` says so, with suggestions.
        candidates = gazetteer.find(text) or (gazetteer.resolve(text),)
    return PlaceResult(
        text=text,
        candidates=candidates,
        notations=tuple(coordinates.notations(place.lat, place.lon) for place in candidates),
    )


def _position(text: str) -> Place | None:
    """Return the position that a text is, or None for a name."""
    position = coordinates.parse(text)
    if position is None:
        return None
    return Place(
        name=coordinates.format_decimal(position.lat, position.lon),
        lat=position.lat,
        lon=position.lon,
        notation=position.notation,
        precision_m=position.precision_m,
        turned_back=position.turned_back,
    )
