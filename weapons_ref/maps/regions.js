// Regions, points, lines and polygons whose edges are geodesics, and how far places are from them.
//
// Needs geodesic.js. Longitudes come before latitudes, lengths are metres, angles degrees. What is done is that of
// geo/regions.py, and of geometries.py, edges.py, insides.py and farthest.py beside it, in functions of the same
// names; docs/method.md has the mathematics. One place is asked about at a time, so that where Python has trees and
// bins, this goes through all nodes, but measures few.

const makeRegion = (() => {
  "use strict";

  const EQUATORIAL_RADIUS_M = 6378137;
  const FLATTENING = 1 / 298.257223563;
  const POLAR_RADIUS_M = EQUATORIAL_RADIUS_M * (1 - FLATTENING);
  const ECCENTRICITY_SQUARED = FLATTENING * (2 - FLATTENING);
  // The largest and the least radius of curvature.
  const LARGEST_RADIUS_M = EQUATORIAL_RADIUS_M ** 2 / POLAR_RADIUS_M;
  const LEAST_RADIUS_M = POLAR_RADIUS_M ** 2 / EQUATORIAL_RADIUS_M;
  // No two points are farther apart, and antipodes are just as far.
  const HALF_MERIDIAN_M = 20003931.458625447;
  const DEGREE = Math.PI / 180;

  const SPACING_M = 2000;
  // A segment of 2 km, however near a pole, passes its ends' latitudes by less.
  const MARGIN_DEG = 0.01;
  // Short of this, whatever the latitude, the distance is convex along an edge.
  const CONVEX_M = 9.9e6;
  const GOLDEN = (Math.sqrt(5) - 1) / 2;

  // ---- Geometries: points, lines and polygons as paths of vertices

  // What is left of a division, in [0, by), as Python has it.
  const mod = (value, by) => ((value % by) + by) % by;
  const shortestTurn = (turn) => mod(turn + 180, 360) - 180;
  const turnedBack = (lon) => (Math.abs(lon) > 180 ? lon - Math.sign(lon) * 360 : lon);
  const isPole = (vertex) => Math.abs(vertex.lat) === 90;

  // All is made when it is first asked for.
  function lazily(make) {
    let made;
    return () => (made ??= make());
  }

  function shapesOf(geometry) {
    const { type, coordinates } = geometry;
    if (type === "GeometryCollection") return geometry.geometries.flatMap(shapesOf);
    if (type.startsWith("Multi")) return coordinates.map((one) => shapeOf(type.slice("Multi".length), one));
    return coordinates.length ? [shapeOf(type, coordinates)] : [];
  }

  function shapeOf(kind, coordinates) {
    const lines = kind === "Point" ? [[coordinates]] : kind === "LineString" ? [coordinates] : coordinates;
    const paths = lazily(() => lines.map((line) => densify(pathOf(line))));
    // Of a polygon, the exterior and its holes.
    const rings = lazily(() => paths().map((nodes) => crossable(unroll(nodes))));
    return { paths, rings: kind === "Polygon" ? rings : null };
  }

  // Vertices with the longitude in [-180, 180] and as written. Where an edge runs over a pole, that is one.
  function pathOf(positions) {
    const path = [];
    for (const [written, lat] of positions) {
      const vertex = { lon: turnedBack(written), lat, written };
      const before = path.at(-1);
      if (before && mod(vertex.lon - before.lon, 360) === 180 && !isPole(before) && !isPole(vertex)) {
        path.push({ lon: before.lon, lat: before.lat + lat < 0 ? -90 : 90, written: before.lon });
      }
      path.push(vertex);
    }
    return path;
  }

  // ---- Edges: nodes along them, and bounds from straight chords through the Earth

  function earthCentred(lon, lat) {
    const lam = lon * DEGREE, phi = lat * DEGREE;
    const normal = EQUATORIAL_RADIUS_M / Math.sqrt(1 - ECCENTRICITY_SQUARED * Math.sin(phi) ** 2);
    const level = normal * Math.cos(phi);
    return [level * Math.cos(lam), level * Math.sin(lam), normal * (1 - ECCENTRICITY_SQUARED) * Math.sin(phi)];
  }

  // What a distance is at most, given the chord.
  function largestDistance(chord) {
    const share = chord / (2 * LEAST_RADIUS_M);
    return share < 1 ? Math.min(2 * LEAST_RADIUS_M * Math.asin(share), HALF_MERIDIAN_M) : HALF_MERIDIAN_M;
  }

  // The chord that points at this distance have at most, and at least, each with a millimetre to spare.
  function longestChord(distance_m) {
    return 2 * LARGEST_RADIUS_M * Math.sin(Math.min(distance_m / (2 * LARGEST_RADIUS_M), Math.PI / 2)) + 1e-3;
  }

  function shortestChord(distance_m) {
    const angle = Math.min(Math.max(distance_m, 0) / (2 * LEAST_RADIUS_M), Math.PI / 2);
    return Math.max(2 * LEAST_RADIUS_M * Math.sin(angle) - 1e-3, 0);
  }

  // The vertices of a path, and points on the edges between them, at most 2 km apart.
  function densify(path) {
    const nodes = [];
    path.forEach((vertex, at) => {
      nodes.push(vertex);
      const next = path[at + 1];
      if (!next) return;
      const [x, y, z] = earthCentred(vertex.lon, vertex.lat), [x2, y2, z2] = earthCentred(next.lon, next.lat);
      // Most edges of a country are short, and that is seen at once.
      if (largestDistance(Math.hypot(x2 - x, y2 - y, z2 - z)) <= SPACING_M) return;
      const edge = geodesicSolve(vertex.lon, vertex.lat, next.lon, next.lat);
      const line = geodesicLine(vertex.lon, vertex.lat, edge.azimuth_deg);
      const pieces = Math.ceil(edge.distance_m / SPACING_M);
      for (let step = 1; step < pieces; step++) {
        const { lon, lat } = line((step * edge.distance_m) / pieces);
        nodes.push({ lon, lat, written: lon });
      }
    });
    return nodes;
  }

  // All nodes in columns. Each begins a segment that ends at the next one, but for those where a path ends.
  function makeEdges(paths) {
    const nodes = paths.flat();
    const column = (value) => Float64Array.from(nodes, value);
    const lon = column((node) => node.lon), lat = column((node) => node.lat);
    const [x, y, z] = [new Float64Array(nodes.length), new Float64Array(nodes.length), new Float64Array(nodes.length)];
    const ends = new Uint8Array(nodes.length);
    // How far it is at most to each node, by way of all before it.
    const travelled = new Float64Array(nodes.length);
    let last = -1, longest_m = 0;
    for (const path of paths) ends[(last += path.length)] = 1;
    for (let i = 0; i < nodes.length; i++) {
      [x[i], y[i], z[i]] = earthCentred(lon[i], lat[i]);
      if (i === 0) continue;
      const most = largestDistance(Math.hypot(x[i] - x[i - 1], y[i] - y[i - 1], z[i] - z[i - 1]));
      travelled[i] = travelled[i - 1] + most;
      if (!ends[i - 1]) longest_m = Math.max(longest_m, most);
    }
    return { lon, lat, x, y, z, ends, travelled, longest_m, segments: new Array(nodes.length), count: nodes.length };
  }

  // The segment that a node begins: made when it is first asked for.
  function segmentAt(edges, node) {
    const { lon, lat, segments } = edges;
    if (!segments[node]) {
      const edge = geodesicSolve(lon[node], lat[node], lon[node + 1], lat[node + 1]);
      segments[node] = { ...edge, line: geodesicLine(lon[node], lat[node], edge.azimuth_deg) };
    }
    return segments[node];
  }

  // The segments that meet at a node: by how much each turns from the azimuth, and whether it is left backwards.
  function segmentsAround(edges, node, azimuth_deg) {
    const around = [];
    if (!edges.ends[node]) {
      const segment = segmentAt(edges, node);
      around.push({ node, segment, backward: false, turn: azimuth_deg - segment.azimuth_deg });
    }
    if (node > 0 && !edges.ends[node - 1]) {
      const segment = segmentAt(edges, node - 1);
      around.push({ node: node - 1, segment, backward: true, turn: azimuth_deg - segment.arrival_deg + 180 });
    }
    return around.filter(({ segment }) => segment.distance_m > 0);
  }

  function squaredChord(edges, node, [x, y, z]) {
    return (edges.x[node] - x) ** 2 + (edges.y[node] - y) ** 2 + (edges.z[node] - z) ** 2;
  }

  // Measure exactly the nodes that `outside` does not leave out by their chord to the place. `consider` says by how
  // much, in metres, the distance found misses what is wanted: as far along the path no other node can have it either.
  function walk(edges, lon, lat, outside, consider) {
    for (let node = 0; node < edges.count; node++) {
      if (outside(node)) continue;
      const line = geodesicSolve(edges.lon[node], edges.lat[node], lon, lat);
      const until = edges.travelled[node] + consider(node, line) - 1e-3;
      while (node + 1 < edges.count && edges.travelled[node + 1] < until) node++;
    }
  }

  function extremeNode(edges, xyz, sign) {
    let best = 0, extreme = Infinity;
    for (let node = 0; node < edges.count; node++) {
      const square = sign * squaredChord(edges, node, xyz);
      if (square < extreme) [best, extreme] = [node, square];
    }
    return best;
  }

  // ---- The nearest point

  // The nodes beside which the nearest point may be, with distance and azimuth: those about as near as the nearest.
  function nearNodes(edges, lon, lat) {
    const xyz = earthCentred(lon, lat), antipode = xyz.map((value) => -value);
    const closest = extremeNode(edges, xyz, 1);
    let best = geodesicSolve(edges.lon[closest], edges.lat[closest], lon, lat).distance_m;
    // A segment with the nearest point inside has an end no farther than this (Toponogov).
    let reach, chord, far;
    const tighten = () => {
      reach = Math.hypot(best, edges.longest_m / 2) + 1e-6;
      chord = longestChord(reach) ** 2;
      // What is this near to the antipode, half a meridian away, is farther.
      far = shortestChord(HALF_MERIDIAN_M - reach) ** 2;
    };
    tighten();
    const near = [];
    const outside = (node) => squaredChord(edges, node, xyz) > chord || squaredChord(edges, node, antipode) < far;
    walk(edges, lon, lat, outside, (node, line) => {
      if (line.distance_m <= reach) near.push({ node, ...line });
      if (line.distance_m < best) {
        best = line.distance_m;
        tighten();
      }
      return line.distance_m - reach;
    });
    return near.filter((found) => found.distance_m <= reach).sort((a, b) => a.distance_m - b.distance_m);
  }

  // Where along a segment the foot of a perpendicular lies, about, as seen from an end; null if certainly not on it,
  // or not nearer than the best.
  function aboutWhere(metres, turn, length_m, best) {
    const ahead = Math.cos(turn * DEGREE), aside = Math.abs(Math.sin(turn * DEGREE));
    if (ahead <= 0) return null;
    const arc = metres / LARGEST_RADIUS_M;
    const along = LARGEST_RADIUS_M * Math.atan2(Math.sin(arc) * ahead, Math.cos(arc));
    const across = POLAR_RADIUS_M
      * Math.asin(Math.min(Math.sin(Math.min(metres / POLAR_RADIUS_M, Math.PI / 2)) * aside, 1));
    return along <= 1.02 * length_m + 1e-3 && across <= best + 1e-6 ? Math.min(Math.max(along, 0), length_m) : null;
  }

  // The point of a segment nearest to a place: where the azimuth to it is at right angles to the segment.
  function footOn({ line, distance_m: length_m }, along, lon, lat) {
    let low = 0, high = length_m, found = { distance_m: Infinity };
    for (let round = 0; round < 60; round++) {
      const here = line(along);
      const { distance_m, azimuth_deg } = geodesicSolve(here.lon, here.lat, lon, lat);
      if (distance_m < found.distance_m) found = { distance_m, lon: here.lon, lat: here.lat };
      const ahead = Math.cos((azimuth_deg - here.azimuth_deg) * DEGREE);
      // Past an end once tried, so that it is not tried again.
      if (ahead > 0) low = Math.max(along, 1e-9);
      else high = Math.min(along, length_m - 1e-9);
      const target = nextTry(along, distance_m, ahead, low, high, length_m);
      const gain = Math.abs(ahead * (target - along)) / 2;
      along = target;
      if (gain <= 1e-10) break;
    }
    return found;
  }

  // Newton's step on a sphere, unless it leaves what is left: then half of that, or its end.
  function nextTry(along, metres, ahead, low, high, length_m) {
    const arc = Math.max(metres / POLAR_RADIUS_M, 1e-9);
    const slope = ahead ** 2 + ((1 - ahead ** 2) * arc) / Math.tan(arc);
    const target = along + (metres * ahead) / Math.max(slope, 1e-3);
    if (target >= low && target <= high) return target;
    const end = Math.min(Math.max(target, 0), length_m);
    return (end === low || end === high) && end !== along ? end : (low + high) / 2;
  }

  function nearestOnEdges(edges, lon, lat) {
    const near = nearNodes(edges, lon, lat);
    const [first] = near;
    let best = { distance_m: first.distance_m, lon: edges.lon[first.node], lat: edges.lat[first.node] };
    const tried = new Set();
    for (const found of near) {
      for (const { node, segment, backward, turn } of segmentsAround(edges, found.node, found.azimuth_deg)) {
        const along = aboutWhere(found.distance_m, turn, segment.distance_m, best.distance_m);
        // A segment is seen from both its ends.
        if (along === null || tried.has(node)) continue;
        tried.add(node);
        const foot = footOn(segment, backward ? segment.distance_m - along : along, lon, lat);
        if (foot.distance_m < best.distance_m) best = foot;
      }
    }
    return best;
  }

  // ---- The farthest point

  function farthestOnEdges(edges, lon, lat) {
    const xyz = earthCentred(lon, lat);
    const start = extremeNode(edges, xyz, -1);
    let best = geodesicSolve(edges.lon[start], edges.lat[start], lon, lat).distance_m;
    let reach, chord;
    const tighten = () => {
      reach = best - edges.longest_m - 1e-6;
      chord = shortestChord(reach) ** 2;
    };
    tighten();
    const far = [];
    const outside = (node) => squaredChord(edges, node, xyz) < chord;
    walk(edges, lon, lat, outside, (node, line) => {
      if (line.distance_m >= reach) far.push({ node, ...line });
      if (line.distance_m > best) {
        best = line.distance_m;
        tighten();
      }
      return reach - line.distance_m;
    });
    // Up to a quarter of the globe the distance is convex along an edge, and so greatest at an end.
    return best < CONVEX_M ? best : summits(edges, far, lon, lat, best);
  }

  function summits(edges, far, lon, lat, best) {
    const tried = new Set();
    for (const { node: at, distance_m, azimuth_deg } of far.sort((a, b) => b.distance_m - a.distance_m)) {
      for (const { node, segment, turn } of segmentsAround(edges, at, azimuth_deg)) {
        // The distance is concave, so that it grows no further than at the slope it has at the node.
        if (distance_m - Math.cos(turn * DEGREE) * segment.distance_m <= best + 1e-3 || tried.has(node)) continue;
        tried.add(node);
        best = Math.max(best, summitOf(segment, lon, lat));
      }
    }
    return best;
  }

  // By golden section, down to a millimetre of the segment.
  function summitOf({ line, distance_m: length_m }, lon, lat) {
    const distanceAt = (along) => {
      const here = line(along);
      return geodesicSolve(here.lon, here.lat, lon, lat).distance_m;
    };
    let low = 0, high = length_m;
    let inner = high * (1 - GOLDEN), outer = high * GOLDEN;
    let atInner = distanceAt(inner), atOuter = distanceAt(outer);
    for (let round = 0; round < 31; round++) {
      if (atInner < atOuter) {
        low = inner;
        [inner, atInner, outer] = [outer, atOuter, low + (high - low) * GOLDEN];
        atOuter = distanceAt(outer);
      } else {
        high = outer;
        [outer, atOuter, inner] = [inner, atInner, high - (high - low) * GOLDEN];
        atInner = distanceAt(inner);
      }
    }
    return Math.max(atInner, atOuter);
  }

  // ---- The inside: rings as closed curves in the plane of longitude and latitude

  // Sine of the authalic latitude: what lies between the equator and a parallel grows with it.
  function authalic(lat) {
    const e = Math.sqrt(ECCENTRICITY_SQUARED);
    const q = (sine) => sine / (1 - ECCENTRICITY_SQUARED * sine * sine) + Math.atanh(e * sine) / e;
    return q(Math.sin(lat * DEGREE)) / q(1);
  }

  // Nodes and the turn from each to the next; a stay at a pole becomes two nodes and its turn. Begins and ends away
  // from the poles. `free` is said of a stay of a single vertex, whose longitude does not count.
  function writePoles(nodes) {
    const curve = [];
    for (let at = 0; at < nodes.length; at++) {
      const { lon, lat } = nodes[at];
      if (!isPole(nodes[at])) {
        const next = nodes[at + 1];
        curve.push({ base: lon, lat, turn: next && !isPole(next) ? shortestTurn(next.lon - lon) : 0, free: false });
        continue;
      }
      const begin = at;
      while (isPole(nodes[at + 1])) at++;
      const before = nodes[begin - 1].lon, after = nodes[at + 1].lon;
      const first = nodes[begin].written, last = nodes[at].written;
      const sweep = begin === at ? shortestTurn(after - before)
        : shortestTurn(first - before) + last - first + shortestTurn(after - last);
      curve.push({ base: before, lat, turn: sweep, free: begin === at }, { base: after, lat, turn: 0, free: false });
    }
    return curve;
  }

  const turnOf = (curve) => Math.round(curve.reduce((sum, node) => sum + node.turn, 0) / 360);

  // Give each node the longitude that the turns lead to, which is its own but for whole rounds.
  function lay(curve) {
    let unrolled = curve[0].base;
    for (const node of curve) {
      node.lon = node.base + 360 * Math.round((unrolled - node.base) / 360);
      unrolled += node.turn;
    }
  }

  // The area of the smaller side of a ring, in units of the authalic radius squared; the sphere has 4 pi. Positive when
  // that lies to the left. Nodes are so close that between two of them a trapezoid on an equal-area map will do.
  function signedArea(curve) {
    let sum = 0, turns = 0;
    for (let i = 1; i < curve.length; i++) {
      const [from, to] = [curve[i - 1], curve[i]];
      const turn = shortestTurn(to.base - from.base);
      if (turn) sum += (turn * DEGREE * (authalic(from.lat) + authalic(to.lat))) / 2;
      turns += turn;
    }
    sum -= 4 * Math.PI * Math.round(sum / (4 * Math.PI));
    // Round a pole the equator is not the other side.
    if (Math.round(turns / 360) % 2) sum += sum < 0 ? 2 * Math.PI : -2 * Math.PI;
    return -sum;
  }

  function planeArea(curve) {
    let sum = 0;
    for (let i = 1; i < curve.length; i++) sum += curve[i - 1].lon * curve[i].lat - curve[i].lon * curve[i - 1].lat;
    return sum / 2;
  }

  // A ring of nodes, the first repeated last, as a closed curve in the plane; see geo/insides.py. Where it could be
  // closed on either side, the smaller one is inside, or of two halves of the globe the left one.
  function unroll(nodes) {
    const start = nodes.findIndex((node) => !isPole(node));
    if (start < 0) return [];
    const curve = writePoles([...nodes.slice(start, -1), ...nodes.slice(0, start), nodes[start]]);
    const turnBack = (node) => (node.turn -= Math.sign(node.turn) * 360);
    const either = curve.filter((node) => node.free && Math.abs(Math.abs(node.turn) - 180) < 1e-9);
    // An edge over a pole turns either way; the way that closes the ring is meant.
    for (const node of either) if (turnOf(curve) * node.turn > 0) turnBack(node);
    lay(curve);
    const rounds = turnOf(curve);
    const over = [90, -90].map((pole) => either.find((node) => node.lat === pole)).filter(Boolean);
    if (!rounds && over.length < 2) return curve;
    const area = signedArea(curve);
    // Of two halves of the globe it is the left one, as RFC 7946 winds.
    const left = area > 0 || -area > (1 - 1e-9) * 2 * Math.PI;
    if (rounds) {
      closeAtPole(curve, left === (rounds > 0) ? 90 : -90);
    } else if (left !== (planeArea(curve) > 0)) {
      over.forEach(turnBack);
      lay(curve);
    }
    return curve;
  }

  function closeAtPole(curve, pole) {
    const [first, last] = [curve[0], curve.at(-1)];
    curve.push({ ...last, lat: pole }, { ...last, lon: first.lon, lat: pole }, { ...last, lon: first.lon });
  }

  // The segments of a ring that a meridian can cross, each with the longitudes it spans, half open, in [0, 360).
  function crossable(curve) {
    const found = [];
    for (let i = 1; i < curve.length; i++) {
      const [from, to] = [curve[i - 1], curve[i]];
      const polar = isPole(from) && isPole(to);
      // Meridians and the south pole are never crossed on the way north; the north pole always is.
      if (from.lon === to.lon || (polar ? from.lat < 0 : isPole(from) || isPole(to))) continue;
      const eastward = to.lon > from.lon;
      const [west, east] = (eastward ? [from, to] : [to, from]).map((node) => mod(node.base, 360));
      // Whole rounds, at a pole, count besides.
      const span = east < west ? east + 360 - west : east - west;
      const rounds = Math.round((Math.abs(to.lon - from.lon) - span) / 360);
      const low = polar ? Infinity : Math.min(from.lat, to.lat) - MARGIN_DEG;
      found.push({ from, to, eastward, west, east, rounds, low, high: Math.max(from.lat, to.lat) + MARGIN_DEG });
    }
    return found;
  }

  // Whether a point lies south of a segment: on its right, when that runs east.
  function isBelow({ from, to, eastward }, lon, lat) {
    const edge = geodesicSolve(from.base, from.lat, to.base, to.lat);
    const { azimuth_deg } = geodesicSolve(from.base, from.lat, lon, lat);
    return Math.sin((azimuth_deg - edge.azimuth_deg) * DEGREE) > 0 === eastward;
  }

  // Whether the meridian from a point to the north pole crosses a ring an odd number of times.
  function encloses(segments, lon, lat) {
    const here = mod(lon, 360);
    let odd = false;
    for (const segment of segments) {
      const { west, east, rounds } = segment;
      const past = here >= west, short = here < east;
      const crossings = rounds + (west <= east ? past && short : past || short);
      if (crossings % 2 === 0 || lat > segment.high) continue;
      if (lat < segment.low || isBelow(segment, lon, lat)) odd = !odd;
    }
    return odd;
  }

  // ---- Regions

  function regionOf(shapes) {
    const edges = lazily(() => makeEdges(shapes.flatMap((shape) => shape.paths())));
    const polygons = shapes.filter((shape) => shape.rings);
    const contains = (lon, lat) => polygons.some((shape) => {
      const [exterior, ...holes] = shape.rings();
      return encloses(exterior, lon, lat) && !holes.some((hole) => encloses(hole, lon, lat));
    });
    const parts = lazily(() => shapes.map((shape) => regionOf([shape])).sort((a, b) => b.count() - a.count()));
    return {
      contains,
      // Each point, line and polygon as a region of its own, the largest first.
      parts: () => (shapes.length > 1 ? parts() : []),
      // How many nodes it has.
      count: () => edges().count,
      // The distance from a place, 0 inside, and the nearest point.
      nearest: (lon, lat) => (contains(lon, lat) ? { distance_m: 0, lon, lat } : nearestOnEdges(edges(), lon, lat)),
      // The distance from a place to the farthest point: half a meridian where the antipode is inside.
      farthest: (lon, lat) => (contains(lon > 0 ? lon - 180 : lon + 180, -lat) ? HALF_MERIDIAN_M
        : farthestOnEdges(edges(), lon, lat)),
    };
  }

  // A GeoJSON geometry, which the core has checked, as one set of points.
  return (geometry) => regionOf(shapesOf(geometry));
})();
