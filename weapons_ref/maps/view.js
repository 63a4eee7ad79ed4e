"use strict";
// Where the map is looked at from, and how it is turned, moved and enlarged. The projections are Vega's, and so
// d3-geo's; the numbers are those of frame.py.

const RADIUS_KM = 6371.0088;
const RADIANS = Math.PI / 180;
const FILLED = 0.86;
const NATURAL_EARTH = [2.7353, 1.4224];
const LIMIT_DEG = 85;
const D3_NAMES = {
  "azimuthal-equidistant": "azimuthalEquidistant", globe: "orthographic", "natural-earth": "naturalEarth1", mercator: "mercator",
};

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const turned = (lon) => ((((lon + 180) % 360) + 360) % 360) - 180;
const mercatorUp = (lat) => Math.asinh(Math.tan(lat * RADIANS));

/** The angle between two points on a sphere, degrees. */
function angleBetween(lon1, lat1, lon2, lat2) {
  const a = Math.sin(((lat2 - lat1) * RADIANS) / 2) ** 2;
  const b = Math.sin(((lon2 - lon1) * RADIANS) / 2) ** 2 * Math.cos(lat1 * RADIANS) * Math.cos(lat2 * RADIANS);
  return (2 * Math.asin(Math.sqrt(Math.min(1, a + b)))) / RADIANS;
}

/** One view of a map: `frame` is what the page began with. */
class View {
  /** `size` gives width and height in pixels, `begun` a new d3-geo projection by its name. */
  constructor(frame, size, begun) {
    this.frame = frame;
    this.size = size;
    this.begun = begun;
    this.fit(frame.projection);
  }

  /** Show all of it on a projection. */
  fit(projection) {
    const [width, height] = this.size();
    const half = Math.min(width, height) / 2;
    const radius = this.frame.radius_deg * RADIANS;
    this.projection = projection;
    this.lon = this.frame.lon;
    this.lat = projection === "natural-earth" ? 0 : clamp(this.frame.lat, projection === "mercator" ? -LIMIT_DEG : -90, projection === "mercator" ? LIMIT_DEG : 90);
    this.moved = [0, 0];
    if (projection === "natural-earth") {
      this.zoom = Math.min(width / 2 / NATURAL_EARTH[0], height / 2 / NATURAL_EARTH[1]) * 0.98;
    } else if (projection === "globe") {
      this.zoom = half * (radius < 0.6 ? Math.max(0.98, FILLED / Math.sin(radius)) : 0.98);
    } else if (projection === "mercator") {
      const north = mercatorUp(clamp(this.lat + this.frame.radius_deg, -LIMIT_DEG, LIMIT_DEG));
      const south = mercatorUp(clamp(this.lat - this.frame.radius_deg, -LIMIT_DEG, LIMIT_DEG));
      this.zoom = FILLED * Math.min(height / (north - south), half / (radius / Math.cos(this.lat * RADIANS)));
    } else {
      this.zoom = (half * FILLED) / radius;
    }
    this.least = Math.min(this.zoom, half * (projection === "azimuthal-equidistant" ? FILLED / Math.PI : 0.5));
  }

  /** The signals of the specification that say all this. */
  signals() {
    const [mapWidth, mapHeight] = this.size();
    return { mapWidth, mapHeight, projection: D3_NAMES[this.projection], lon: this.lon, lat: this.lat, zoom: this.zoom, moved: this.moved };
  }

  /** d3-geo's projection, as the specification has it. */
  projected() {
    const [width, height] = this.size();
    const flat = this.projection === "mercator" || this.projection === "natural-earth";
    const projection = this.begun(D3_NAMES[this.projection]);
    projection.scale(1).translate([0, 0]).rotate([-this.lon, 0, 0]);
    const up = flat ? -projection([this.lon, this.lat])[1] : 0;
    return projection
      .rotate([-this.lon, flat ? 0 : -this.lat, 0])
      .scale(this.zoom)
      .translate([width / 2 + this.moved[0], height / 2 + this.moved[1] + this.zoom * up]);
  }

  /** Where a point is drawn, or null if it is behind the globe. */
  position(lon, lat, projection = this.projected()) {
    if (this.projection === "globe" && angleBetween(this.lon, this.lat, lon, lat) > 88.8) return null;
    return projection([lon, lat]);
  }

  /** Which point is drawn somewhere, or null if none is. */
  point(x, y) {
    const projection = this.projected();
    const found = projection.invert([x, y]);
    if (!found || !Number.isFinite(found[0]) || !Number.isFinite(found[1])) return null;
    const back = this.position(found[0], found[1], projection);
    return back && Math.hypot(back[0] - x, back[1] - y) < 1 ? [turned(found[0]), found[1]] : null;
  }

  /** Move what is seen by some pixels. */
  drag(dx, dy) {
    if (this.projection === "azimuthal-equidistant") {
      this.moved = [this.moved[0] + dx, this.moved[1] + dy];
      return;
    }
    const across = this.projection === "globe" ? Math.max(0.15, Math.cos(this.lat * RADIANS)) : this.projection === "mercator" ? 1 : 0.8707;
    this.lon = turned(this.lon - dx / this.zoom / across / RADIANS);
    if (this.projection === "mercator") {
      this.lat = clamp(Math.atan(Math.sinh(mercatorUp(this.lat) + dy / this.zoom)) / RADIANS, -LIMIT_DEG, LIMIT_DEG);
    } else {
      this.lat = clamp(this.lat + dy / this.zoom / RADIANS, -90, 90);
    }
  }

  /** Enlarge by a factor, so that what is drawn at a position stays there. */
  enlarge(factor, x, y) {
    const zoom = clamp(this.zoom * factor, this.least, 4e5);
    const [width, height] = this.size();
    if (this.projection === "azimuthal-equidistant") {
      const by = zoom / this.zoom;
      this.moved = [x - width / 2, y - height / 2].map((at, side) => at - (at - this.moved[side]) * by);
      this.zoom = zoom;
      return;
    }
    const kept = this.point(x, y);
    this.zoom = zoom;
    const now = kept && this.position(kept[0], kept[1]);
    if (now) this.drag(x - now[0], y - now[1]);
  }

  /** Bring a point to the middle. */
  show(lon, lat) {
    if (this.projection === "azimuthal-equidistant") {
      const [width, height] = this.size();
      const [x, y] = this.projected()([lon, lat]);
      this.drag(width / 2 - x, height / 2 - y);
    } else {
      this.lon = lon;
      this.lat = this.projection === "mercator" ? clamp(lat, -LIMIT_DEG, LIMIT_DEG) : lat;
    }
  }

  /** How far from the middle there is something to be seen, degrees. */
  seen() {
    const [width, height] = this.size();
    if (this.projection === "natural-earth") return 180;
    const corner = Math.hypot(width, height) / 2 / this.zoom;
    if (this.projection === "globe") return corner >= 1 ? 90 : Math.asin(corner) / RADIANS;
    return Math.min(180, (corner / RADIANS) * (this.projection === "mercator" ? Math.cos(this.lat * RADIANS) : 1));
  }

  /** The point in the middle. */
  middle() {
    const [width, height] = this.size();
    return this.point(width / 2, height / 2) ?? [this.lon, this.lat];
  }
}
