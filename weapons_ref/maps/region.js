"use strict";
// Distances to points, lines and polygons whose edges are geodesics: the rules of geo/regions.py, for one place at a
// time. Edges are divided into steps; chords through the Earth tell which steps may hold the nearest point.

const STEP_M = 2000;
const MOST_CHORD_M = (EQUATORIAL_M * EQUATORIAL_M) / POLAR_M;
const LEAST_CHORD_M = (POLAR_M * POLAR_M) / EQUATORIAL_M;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Bounds of the distance between two points, from the chord through the Earth. */
const leastDistance = (chord) => 2 * MOST_CHORD_M * Math.asin(Math.min(1, chord / (2 * MOST_CHORD_M)));
const largestDistance = (chord) => 2 * LEAST_CHORD_M * Math.asin(Math.min(1, chord / (2 * LEAST_CHORD_M)));

/** Earth-centred coordinates, and the point on the unit sphere by reduced latitude. */
function solid(lon, lat) {
  const [lambda, phi] = [lon * DEGREE, lat * DEGREE];
  const e2 = FLATTENING * (2 - FLATTENING);
  const radius = EQUATORIAL_M / Math.sqrt(1 - e2 * Math.sin(phi) ** 2);
  const [sine, cosine] = reduced(lat);
  return {
    earth: [radius * Math.cos(phi) * Math.cos(lambda), radius * Math.cos(phi) * Math.sin(lambda), radius * (1 - e2) * Math.sin(phi)],
    unit: [cosine * Math.cos(lambda), cosine * Math.sin(lambda), sine],
  };
}

/** A geometry's lines and points: each a list of positions, with whether it closes round a polygon. */
function piecesOf(geometry) {
  const { type, coordinates } = geometry;
  if (type === "GeometryCollection") return geometry.geometries.flatMap(piecesOf);
  if (type === "FeatureCollection") return geometry.features.flatMap(({ geometry: inner }) => piecesOf(inner));
  if (type === "Feature") return piecesOf(geometry.geometry);
  if (type === "Point") return [{ lines: [[coordinates]], closed: false }];
  if (type === "MultiPoint") return coordinates.map((point) => ({ lines: [[point]], closed: false }));
  if (type === "LineString") return [{ lines: [coordinates], closed: false }];
  if (type === "MultiLineString") return coordinates.map((line) => ({ lines: [line], closed: false }));
  if (type === "Polygon") return [{ lines: coordinates, closed: true }];
  return coordinates.map((lines) => ({ lines, closed: true }));
}

/** A part of an area: a point, a line or a polygon. */
class Part {
  constructor({ lines, closed }) {
    this.closed = closed;
    this.lines = lines.map((line) => this.divided(line));
    this.rings = closed ? this.lines.map((nodes) => ({ nodes, south: holdsSouthPole(nodes) })) : [];
    this.nodes = this.lines.flat();
  }

  /** Nodes along a line, each with the length of the step to the next, 0 at the end. */
  divided(line) {
    const nodes = [];
    const add = (lon, lat, length_m) => nodes.push({ lon, lat, length_m, ...solid(lon, lat) });
    line.forEach(([lon, lat], at) => {
      if (at + 1 === line.length) return add(lon, lat, 0);
      const edge = geodesicInverse(lon, lat, line[at + 1][0], line[at + 1][1]);
      const many = Math.max(1, Math.ceil(edge.distance_m / STEP_M));
      const azimuth = edge.azimuth_deg ?? fromPole(lat, line[at + 1][0] - lon);
      for (let step = 0; step < many; step++) {
        const [x, y] = step ? geodesicDirect(lon, lat, azimuth, (edge.distance_m * step) / many) : [lon, lat];
        add(x, y, edge.distance_m / many);
      }
    });
    return nodes;
  }

  /** Whether a place lies within the polygon, its outer line first and then its holes. */
  holds(lon, lat) {
    return this.rings.length > 0 && this.rings.every((ring, at) => isWithin(ring, lon, lat) === (at === 0));
  }

  /** The nearest point, and its distance. */
  nearest(lon, lat) {
    if (this.holds(lon, lat)) return { distance_m: 0, lon, lat };
    const { earth } = solid(lon, lat);
    const chord = ({ earth: [x, y, z] }) => Math.hypot(x - earth[0], y - earth[1], z - earth[2]);
    const chords = this.nodes.map(chord);
    const enough = largestDistance(Math.min(...extreme(chords, Math.min))) + STEP_M;
    let best = { distance_m: Infinity };
    const close = new Map();
    chords.forEach((length, at) => {
      if (leastDistance(length) > enough) return;
      const node = this.nodes[at];
      const distance_m = geodesicDistance(node.lon, node.lat, lon, lat);
      close.set(at, distance_m);
      if (distance_m < best.distance_m) best = { distance_m, lon: node.lon, lat: node.lat };
    });
    for (const [at, distance_m] of close) {
      for (const from of [at, at - 1]) {
        const [start, end] = [this.nodes[from], this.nodes[from + 1]];
        // A step may come nearer than its ends by no more than half its length.
        if (!end || !start?.length_m || distance_m - start.length_m > best.distance_m) continue;
        const found = nearestOn(start, end, lon, lat);
        if (found.distance_m < best.distance_m) best = found;
      }
    }
    return best;
  }

  /** The distance of the farthest point; between nodes it may be 0.1 m more. */
  farthest(lon, lat) {
    const { unit } = solid(lon, lat);
    const angles = this.nodes.map(({ unit: [x, y, z] }) => {
      return 2 * Math.asin(Math.min(1, Math.hypot(x - unit[0], y - unit[1], z - unit[2]) / 2));
    });
    // On the unit sphere lengths are between 1/a and 1/b of what they were.
    const enough = POLAR_M * Math.max(...extreme(angles, Math.max));
    let most = 0;
    angles.forEach((angle, at) => {
      if (EQUATORIAL_M * angle < enough) return;
      most = Math.max(most, geodesicDistance(this.nodes[at].lon, this.nodes[at].lat, lon, lat));
    });
    return most;
  }
}

/** The one greatest or least number of a list, which may be too long for a call. */
const extreme = (numbers, which) => [numbers.reduce((a, b) => which(a, b), which())];

/** The way out of a pole, where the azimuth of a geodesic is a matter of longitude. */
const fromPole = (lat, turn) => (lat > 0 ? 180 - turn : turn);

/** The nearest point of a step, by golden section. */
function nearestOn(start, end, lon, lat) {
  const azimuth = geodesicInverse(start.lon, start.lat, end.lon, end.lat).azimuth_deg ?? fromPole(start.lat, end.lon - start.lon);
  const at = (metres) => {
    const [x, y] = geodesicDirect(start.lon, start.lat, azimuth, metres);
    return { distance_m: geodesicDistance(x, y, lon, lat), lon: x, lat: y };
  };
  let [low, high] = [0, start.length_m];
  let [inner, outer] = [high * (1 - GOLDEN), high * GOLDEN];
  let [near, far] = [at(inner), at(outer)];
  for (let round = 0; round < 34; round++) {
    if (near.distance_m < far.distance_m) {
      [high, outer, far] = [outer, inner, near];
      inner = high - (high - low) * GOLDEN;
      near = at(inner);
    } else {
      [low, inner, near] = [inner, outer, far];
      outer = low + (high - low) * GOLDEN;
      far = at(outer);
    }
  }
  return near.distance_m < far.distance_m ? near : far;
}

/** Whether the south pole is on the inner, smaller side of a ring. */
function holdsSouthPole(nodes) {
  let [turn, balance] = [0, 0];
  for (let at = 0; at + 1 < nodes.length; at++) {
    const step = longitudeDifference(nodes[at].lon, nodes[at + 1].lon);
    turn += step;
    // Between the step and the equator, on a sphere.
    balance += step * DEGREE * Math.sin(((nodes[at].lat + nodes[at + 1].lat) / 2) * DEGREE);
  }
  if (Math.abs(turn) > 180) return balance * Math.sign(turn) < 0;
  return false;
}

/** Whether a place is within a ring: by the steps that its meridian crosses on the way south. */
function isWithin({ nodes, south }, lon, lat) {
  let inside = south;
  for (let at = 0; at + 1 < nodes.length; at++) {
    const [a, b] = [nodes[at], nodes[at + 1]];
    const x = longitudeDifference(lon, a.lon);
    const step = longitudeDifference(a.lon, b.lon);
    const end = x + step;
    // The meridian itself counts to its east. A step over the far side of the globe keeps its sign.
    if (x >= 0 === end >= 0) continue;
    if (a.lat + ((b.lat - a.lat) * -x) / step < lat) inside = !inside;
  }
  return inside;
}

/** An area: where it is nearest to a place, where farthest, as a whole and by its parts. */
class Region {
  constructor(geometry) {
    this.parts = piecesOf(geometry).map((piece) => new Part(piece));
  }

  nearest(lon, lat) {
    return this.parts.map((part) => part.nearest(lon, lat)).reduce((a, b) => (b.distance_m < a.distance_m ? b : a));
  }

  farthest(lon, lat) {
    return Math.max(...this.parts.map((part) => part.farthest(lon, lat)));
  }
}
