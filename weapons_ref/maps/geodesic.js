"use strict";
// Geodesics on the WGS 84 ellipsoid, after C. F. F. Karney, "Algorithms for geodesics", J. Geodesy 87 (2013),
// https://doi.org/10.1007/s00190-012-0578-z; "eq." are that paper's. Its two integrals are taken by Gauss and
// Legendre's quadrature: their integrands wave by less than half a percent, and sixteen points are exact to rounding.

const EQUATORIAL_M = 6378137;
const FLATTENING = 1 / 298.257223563;
const POLAR_M = EQUATORIAL_M * (1 - FLATTENING);
const SECOND_ECCENTRICITY_2 = (FLATTENING * (2 - FLATTENING)) / (1 - FLATTENING) ** 2;
const HALF_MERIDIAN_M = 20003931.458625447;
/** Every shorter geodesic is a shortest one (Karney 2013, section 3). */
const SHORTEST_ALWAYS_M = Math.PI * POLAR_M;
/** Nearer than this two points are one, and there is no direction. */
const SAME_POINT_M = 2e-8;
const DEGREE = Math.PI / 180;
/** Stands in for 0 where an angle would have no side: the sine of a latitude on the equator, the cosine at a pole. */
const TINY = 1e-150;

/** Nodes and weights of Gauss and Legendre's quadrature on [-1, 1]: the roots of a polynomial, by Newton's method. */
const QUADRATURE = ((n) => {
  const found = [];
  for (let i = 1; i <= n; i++) {
    let x = Math.cos((Math.PI * (i - 0.25)) / (n + 0.5));
    let slope = 1;
    for (let round = 0; round < 50; round++) {
      let [before, now] = [1, x];
      for (let k = 2; k <= n; k++) [before, now] = [now, ((2 * k - 1) * x * now - (k - 1) * before) / k];
      slope = (n * (x * now - before)) / (x * x - 1);
      x -= now / slope;
    }
    found.push([x, 2 / ((1 - x * x) * slope * slope)]);
  }
  return found;
})(16);

/** A longitude's difference in [-180, 180], exact where it can be. */
function longitudeDifference(lon1, lon2) {
  const turn = (((lon2 - lon1) % 360) + 540) % 360 - 180;
  return turn === -180 ? 180 : turn;
}

/** Sine and cosine of a reduced latitude; never quite a pole. */
function reduced(lat) {
  const sine = (1 - FLATTENING) * Math.sin(lat * DEGREE);
  const cosine = Math.abs(lat) === 90 ? TINY : Math.cos(lat * DEGREE);
  const length = Math.hypot(sine, cosine);
  return [sine / length, Math.max(cosine / length, TINY)];
}

/**
 * The geodesic that leaves the first of two latitudes, the southern and more distant from the equator, at an angle
 * south of due east: near the equator that angle is minute, and counted from east it keeps its digits.
 */
function geodesicAt(angle, [sine1, cosine1], [sine2, cosine2]) {
  const [salp1, calp1] = [Math.cos(angle), -Math.sin(angle)];
  const salp0 = salp1 * cosine1;
  const calp0 = Math.hypot(calp1, salp1 * sine1);
  // Eq. 45: the first point is nearer to its pole, so that the root is real but for rounding.
  const salp2 = cosine1 === cosine2 ? salp1 : Math.min(1, salp0 / cosine2);
  const drop = cosine1 < -sine1 ? (cosine2 - cosine1) * (cosine1 + cosine2) : (sine1 - sine2) * (sine1 + sine2);
  const calp2 = cosine1 !== cosine2 || Math.abs(sine2) !== -sine1 ? Math.sqrt(Math.max(0, (calp1 * cosine1) ** 2 + drop)) / cosine2 : Math.abs(calp1);
  const [csig1, csig2] = [calp1 * cosine1, calp2 * cosine2];
  const sigma1 = Math.atan2(sine1, csig1);
  const sigma2 = Math.atan2(sine2, csig2);
  const omega1 = Math.atan2(salp0 * sine1, csig1);
  const omega2 = Math.atan2(salp0 * sine2, csig2);
  const k2 = SECOND_ECCENTRICITY_2 * calp0 * calp0;
  const [middle, half] = [(sigma1 + sigma2) / 2, (sigma2 - sigma1) / 2];
  let [length, shift] = [0, 0];
  for (const [x, weight] of QUADRATURE) {
    const root = Math.sqrt(1 + k2 * Math.sin(middle + half * x) ** 2);
    length += weight * root; // eq. 7
    shift += (weight * (2 - FLATTENING)) / (1 + (1 - FLATTENING) * root); // eq. 8
  }
  return { lambda: omega2 - omega1 - FLATTENING * salp0 * half * shift, distance_m: POLAR_M * half * length, salp1, calp1, salp2, calp2 };
}

/** The geodesic whose points differ by a longitude, in radians: it grows with the angle, so that there is just one. */
function geodesicTo(lambda, first, second) {
  let [low, high] = [-Math.PI / 2, Math.PI / 2];
  let [below, above] = [-lambda, Math.PI - lambda];
  if (below >= 0) return geodesicAt(low, first, second);
  if (above <= 0) return geodesicAt(high, first, second);
  let found = null;
  for (let round = 0; round < 500; round++) {
    // Regula falsi, and halving where that is slow: near an antipode the longitude hardly tells the azimuth.
    const straight = low + ((high - low) * -below) / (above - below);
    const angle = round % 3 === 2 || !(straight > low && straight < high) ? (low + high) / 2 : straight;
    if (angle <= low || angle >= high) break;
    found = geodesicAt(angle, first, second);
    const off = found.lambda - lambda;
    if (Math.abs(off) < 1e-17) break;
    if (off < 0) {
      [low, below] = [angle, off];
      above /= round % 3 === 0 ? 2 : 1; // Illinois
    } else {
      [high, above] = [angle, off];
      below /= round % 3 === 0 ? 2 : 1;
    }
  }
  return found ?? geodesicAt((low + high) / 2, first, second);
}

/**
 * The shortest geodesic between two points.
 *
 * Azimuths are degrees clockwise from north, [0, 360): the way out at the first point and, at the second, the way
 * back; null where every direction will do, at a pole and between equal points.
 */
function geodesicInverse(lon1, lat1, lon2, lat2) {
  const turn = longitudeDifference(lon1, lon2);
  // Canonical: the first point the farther from the equator, and south of it; the second to its east.
  const swapped = Math.abs(lat1) < Math.abs(lat2);
  const [a, b] = swapped ? [lat2, lat1] : [lat1, lat2];
  const north = a < 0 || Object.is(a, -0) ? 1 : -1;
  const east = (turn < 0 ? -1 : 1) * (swapped ? -1 : 1);
  const first = reduced(a * north);
  const second = reduced(b * north);
  first[0] = Math.min(first[0], -TINY);
  if (Math.abs(second[0]) < TINY) second[0] = -TINY;
  const lambda = Math.abs(turn) * DEGREE;
  // Along the equator, as far as that is shortest.
  const level = lat1 === 0 && lat2 === 0 && lambda <= (1 - FLATTENING) * Math.PI;
  const found = level
    ? { distance_m: EQUATORIAL_M * lambda, salp1: 1, calp1: 0, salp2: 1, calp2: 0 }
    : geodesicTo(lambda, first, second);
  let ways = [[found.salp1, found.calp1], [found.salp2, found.calp2]];
  if (swapped) ways.reverse();
  ways = ways.map(([sine, cosine]) => [sine * east * (swapped ? -1 : 1), cosine * north * (swapped ? -1 : 1)]);
  const angle = ([sine, cosine]) => ((Math.atan2(sine, cosine) / DEGREE) % 360 + 360) % 360;
  const same = found.distance_m < SAME_POINT_M;
  return {
    distance_m: Math.max(0, found.distance_m),
    azimuth_deg: same || Math.abs(lat1) === 90 ? null : angle(ways[0]),
    back_azimuth_deg: same || Math.abs(lat2) === 90 ? null : (angle(ways[1]) + 180) % 360,
  };
}

const geodesicDistance = (lon1, lat1, lon2, lat2) => geodesicInverse(lon1, lat1, lon2, lat2).distance_m;

/** Where a geodesic has come after a distance; longitude in [-180, 180]. */
function geodesicDirect(lon, lat, azimuth_deg, distance_m) {
  const [sine1, cosine1] = reduced(lat);
  const azimuth = azimuth_deg * DEGREE;
  const [salp1, calp1] = [Math.sin(azimuth), Math.cos(azimuth)];
  const salp0 = salp1 * cosine1;
  const calp0 = Math.hypot(calp1, salp1 * sine1);
  const k2 = SECOND_ECCENTRICITY_2 * calp0 * calp0;
  const sigma1 = Math.atan2(sine1, calp1 * cosine1);
  const over = (sigma2, of) => {
    const [middle, half] = [(sigma1 + sigma2) / 2, (sigma2 - sigma1) / 2];
    return half * QUADRATURE.reduce((sum, [x, weight]) => sum + weight * of(Math.sqrt(1 + k2 * Math.sin(middle + half * x) ** 2)), 0);
  };
  let sigma2 = sigma1 + distance_m / POLAR_M;
  for (let round = 0; round < 8; round++) {
    sigma2 -= (over(sigma2, (root) => root) - distance_m / POLAR_M) / Math.sqrt(1 + k2 * Math.sin(sigma2) ** 2);
  }
  const turn = Math.atan2(salp0 * Math.sin(sigma2), Math.cos(sigma2)) - Math.atan2(salp0 * sine1, calp1 * cosine1);
  const shift = over(sigma2, (root) => (2 - FLATTENING) / (1 + (1 - FLATTENING) * root));
  const sine2 = calp0 * Math.sin(sigma2);
  const cosine2 = Math.hypot(salp0, calp0 * Math.cos(sigma2));
  const onward = lon + (turn - FLATTENING * salp0 * shift) / DEGREE;
  return [longitudeDifference(0, onward), Math.atan2(sine2, (1 - FLATTENING) * cosine2) / DEGREE];
}
