// Geodesics on the WGS 84 ellipsoid: as geo/geodesy.py, for pages that work without it.
//
// Longitudes come before latitudes, lengths are metres, angles degrees. The method is that of C. F. F. Karney,
// "Algorithms for geodesics", J. Geodesy 87, 43-55 (2013), https://doi.org/10.1007/s00190-012-0578-z: a geodesic
// is a great circle on the auxiliary sphere of reduced latitudes (beta), where its arc length (sigma) and its
// longitude (omega) are plain trigonometry. Length and longitude on the ellipsoid are integrals over sigma, done
// here by Gauss-Legendre quadrature instead of series: on at most half a circle sixteen points leave no error that
// doubles could hold. Right to some nanometres for every pair of points, antipodes and poles included.

const { geodesicSolve, geodesicInverse, geodesicLine, geodesicDirect } = (() => {
  "use strict";

  const EQUATORIAL_RADIUS_M = 6378137;
  const FLATTENING = 1 / 298.257223563;
  const POLAR_RADIUS_M = EQUATORIAL_RADIUS_M * (1 - FLATTENING);
  // The second eccentricity, squared.
  const EP2 = (FLATTENING * (2 - FLATTENING)) / (1 - FLATTENING) ** 2;
  const DEGREE = Math.PI / 180;
  // Nearer than this two points are one, and there is no direction.
  const SAME_POINT_M = 2e-8;
  // Stands for 0 where the direction of a vanishing vector still counts.
  const TINY = 1e-150;
  // What a longitude near pi may be off by, in radians, for no other reason than that doubles are finite.
  const ROUNDING = 6e-16;
  const MOST_ROUNDS = 100;

  const [NODES, WEIGHTS] = gaussLegendre(16);

  // Abscissas and weights on [-1, 1]: the roots of the Legendre polynomial, by Newton's method.
  function gaussLegendre(count) {
    const nodes = [], weights = [];
    for (let i = 0; i < count; i++) {
      let x = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5));
      let slope = 1;
      for (let round = 0; round < 10; round++) {
        let [before, here] = [1, x];
        for (let degree = 2; degree <= count; degree++) {
          [before, here] = [here, ((2 * degree - 1) * x * here - (degree - 1) * before) / degree];
        }
        slope = (count * (x * here - before)) / (x * x - 1);
        x -= here / slope;
      }
      nodes.push(x);
      weights.push(2 / ((1 - x * x) * slope * slope));
    }
    return [nodes, weights];
  }

  // Sine and cosine of degrees, exact at the quadrants, and relatively precise next to them.
  function sinDegrees(x) {
    return Math.abs(x) <= 45 ? Math.sin(x * DEGREE) : Math.sign(x) * cosDegrees(90 - Math.abs(x));
  }

  function cosDegrees(x) {
    const size = Math.abs(x);
    if (size <= 45) return Math.cos(size * DEGREE);
    return size <= 135 ? Math.sin((90 - size) * DEGREE) : -Math.cos((180 - size) * DEGREE);
  }

  // An angle in [-180, 180], for one up to 540 either way.
  function turnedBack(degrees) {
    return Math.abs(degrees) > 180 ? degrees - Math.sign(degrees) * 360 : degrees;
  }

  function checkPosition(lon, lat) {
    if (!(Math.abs(lat) <= 90 && Math.abs(lon) <= 540)) {
      throw new RangeError(`latitude ${lat}, longitude ${lon}: not on Earth`);
    }
    return [turnedBack(lon) + 0, lat + 0];
  }

  // Sine and cosine of the reduced latitude.
  function reduced(lat) {
    const sin = (1 - FLATTENING) * sinDegrees(lat), cos = cosDegrees(lat);
    const size = Math.hypot(sin, cos);
    return [sin / size, cos / size];
  }

  // From sigma1 to sigma2: the length in units of b (Karney 2013, equation 7), the integral by which longitude on
  // the ellipsoid lags behind omega (8), and the one in the reduced length (39). k2 is k squared (9).
  function integrals(sigma1, sigma2, k2) {
    const middle = (sigma1 + sigma2) / 2, half = (sigma2 - sigma1) / 2;
    let length = 0, lag = 0, bend = 0;
    for (let i = 0; i < NODES.length; i++) {
      const square = k2 * Math.sin(middle + half * NODES[i]) ** 2;
      const speed = Math.sqrt(1 + square);
      length += WEIGHTS[i] * speed;
      lag += WEIGHTS[i] * ((2 - FLATTENING) / (1 + (1 - FLATTENING) * speed));
      bend += WEIGHTS[i] * (square / speed);
    }
    return { length: length * half, lag: lag * half, bend: bend * half };
  }

  // The geodesic that leaves beta1 at alpha1, up to where it first meets beta2 on its way north: its length, the
  // longitude it has come by then, and how fast that grows with alpha1 (equation 46). In canonical form.
  function shoot(beta, sinAlpha1, cosAlpha1) {
    const sinAlpha0 = sinAlpha1 * beta.cos1;
    // The levels are cos alpha cos beta; at beta2 as Clairaut's relation has it (equation 45).
    const level1 = cosAlpha1 * beta.cos1;
    const level2 = Math.sqrt(Math.max(level1 * level1 + beta.difference, 0));
    const k2 = EP2 * (cosAlpha1 ** 2 + (sinAlpha1 * beta.sin1) ** 2);
    const sigma1 = Math.atan2(beta.sin1, level1), sigma2 = Math.atan2(beta.sin2, level2);
    const omega1 = Math.atan2(sinAlpha0 * beta.sin1, level1), omega2 = Math.atan2(sinAlpha0 * beta.sin2, level2);
    const { length, lag, bend } = integrals(sigma1, Math.max(sigma1, sigma2), k2);
    const sin1 = Math.sin(sigma1), cos1 = Math.cos(sigma1), sin2 = Math.sin(sigma2), cos2 = Math.cos(sigma2);
    // The reduced length in units of b (equation 38).
    const spread = Math.sqrt(1 + k2 * sin2 * sin2) * cos1 * sin2
      - Math.sqrt(1 + k2 * sin1 * sin1) * sin1 * cos2 - cos1 * cos2 * bend;
    return {
      length,
      lambda: Math.max(omega2 - omega1, 0) - FLATTENING * sinAlpha0 * lag,
      slope: ((1 - FLATTENING) * spread) / level2,
      sinAlpha0,
      level2,
    };
  }

  // The canonical form of the problem (Karney 2013, section 4): the first point is south of the equator and at
  // least as far from it as the second one, which lies east of it.
  function canonical(lat1, lat2) {
    const [sin1, cos1] = reduced(lat1), [sin2, cos2] = reduced(lat2);
    // cos^2 beta2 - cos^2 beta1, whichever way loses less.
    const difference = cos1 < -sin1 ? (cos2 - cos1) * (cos2 + cos1) : (sin1 - sin2) * (sin1 + sin2);
    return { sin1: Math.min(sin1, -TINY), cos1, sin2, cos2, difference };
  }

  // On a sphere that fits between the points: the azimuth at the first, and the arc. Where to begin, and all there
  // is to say of lines of some centimetres.
  function onSphere(beta, lambda12) {
    const middle = (beta.sin1 + beta.sin2) ** 2 / ((beta.sin1 + beta.sin2) ** 2 + (beta.cos1 + beta.cos2) ** 2);
    const scale = Math.sqrt(1 + EP2 * middle);
    const omega = Math.min(lambda12 / ((1 - FLATTENING) * scale), Math.PI);
    const north = beta.sin2 * beta.cos1 - beta.cos2 * beta.sin1;
    const east = beta.cos2 * Math.sin(omega), short = 2 * Math.sin(omega / 2) ** 2;
    const ahead = north + beta.cos2 * beta.sin1 * short;
    const cos = beta.sin1 * beta.sin2 + beta.cos1 * beta.cos2 * Math.cos(omega);
    const sigma = Math.atan2(Math.hypot(east, ahead), cos);
    // Turned as at the second point.
    const behind = north - beta.sin2 * beta.cos1 * short;
    return { sigma, scale, alpha1: Math.atan2(east, ahead), alpha2: Math.atan2(beta.cos1 * Math.sin(omega), behind) };
  }

  function alongMeridian(beta, lon12) {
    // From a pole any longitude is a direction; else it is straight on, or over the pole.
    const sinAlpha1 = sinDegrees(lon12), cosAlpha1 = cosDegrees(lon12);
    const sigma1 = Math.atan2(beta.sin1, cosAlpha1 * beta.cos1), sigma2 = Math.atan2(beta.sin2, beta.cos2);
    const length = integrals(sigma1, Math.max(sigma1, sigma2), EP2).length;
    return { distance_m: POLAR_RADIUS_M * length, alpha1: Math.atan2(sinAlpha1, cosAlpha1), alpha2: 0 };
  }

  // Solve lambda12(alpha1) = lambda12, which only grows: by Newton's method, and by bisection where that strays.
  function general(beta, lambda12, start) {
    let low = 0, high = Math.PI, alpha1 = start, last = Infinity;
    for (let round = 0; ; round++) {
      const line = shoot(beta, Math.sin(alpha1), Math.cos(alpha1));
      const short = lambda12 - line.lambda;
      if (short > 0) low = alpha1;
      else high = alpha1;
      let next = alpha1 + short / line.slope;
      if (!(next > low && next < high) || Math.abs(next - alpha1) > last / 2) next = (low + high) / 2;
      last = Math.abs(next - alpha1);
      if (last < 1e-16 || Math.abs(short) < ROUNDING || round === MOST_ROUNDS) {
        // What longitude is left costs a sin(alpha0) of distance each: the first variation. So the distance is
        // right to second order even where doubles cannot tell azimuths apart that lead far apart: at the equator.
        const distance_m = POLAR_RADIUS_M * line.length + EQUATORIAL_RADIUS_M * line.sinAlpha0 * short;
        return { distance_m, alpha1, alpha2: Math.atan2(line.sinAlpha0, line.level2) };
      }
      alpha1 = next;
    }
  }

  // Distance and azimuths of the canonical problem, radians.
  function shortest(lat1, lat2, lon12) {
    const beta = canonical(lat1, lat2);
    if (lat1 === -90 || lon12 === 0 || lon12 === 180) return alongMeridian(beta, lon12);
    const lambda12 = lon12 * DEGREE;
    if (lat1 === 0 && lambda12 <= (1 - FLATTENING) * Math.PI) {
      return { distance_m: EQUATORIAL_RADIUS_M * lambda12, alpha1: Math.PI / 2, alpha2: Math.PI / 2 };
    }
    const guess = onSphere(beta, lambda12);
    if (guess.sigma < 1e-8) return { ...guess, distance_m: POLAR_RADIUS_M * guess.scale * guess.sigma };
    return general(beta, lambda12, guess.alpha1);
  }

  // The shortest geodesic between two positions: its length, and its direction at both ends, in (-180, 180], forward.
  // At a pole the azimuth is that which goes with the longitude given.
  function geodesicSolve(lon1, lat1, lon2, lat2) {
    [lon1, lat1] = checkPosition(lon1, lat1);
    [lon2, lat2] = checkPosition(lon2, lat2);
    const turn = turnedBack(lon2 - lon1);
    const swapped = Math.abs(lat1) < Math.abs(lat2);
    const [first, second] = swapped ? [lat2, lat1] : [lat1, lat2];
    const north = first < 0 ? 1 : -1;
    const { distance_m, alpha1, alpha2 } = shortest(first * north, second * north, Math.abs(turn));
    // Back from the canonical form: a mirror turns one sign, going the other way round exchanges the ends.
    const east = turn < 0 ? -1 : 1, ahead = swapped ? -north : north;
    const turned = (alpha) => Math.atan2(east * Math.sin(alpha), ahead * Math.cos(alpha)) / DEGREE;
    const [leaving, arriving] = swapped ? [alpha2, alpha1] : [alpha1, alpha2];
    return { distance_m, azimuth_deg: turned(leaving), arrival_deg: turned(arriving) };
  }

  // An azimuth in [0, 360).
  function allRound(azimuth) {
    const turned = azimuth < 0 ? azimuth + 360 : azimuth;
    return turned === 360 ? 0 : turned + 0;
  }

  // The shortest geodesic from one position to another: its length, and the azimuths there and back, in [0, 360);
  // null where every direction will do, at a pole and between equal points.
  function geodesicInverse(lon1, lat1, lon2, lat2) {
    const line = geodesicSolve(lon1, lat1, lon2, lat2);
    const same = line.distance_m < SAME_POINT_M;
    const back = line.arrival_deg > 0 ? line.arrival_deg - 180 : line.arrival_deg + 180;
    return {
      distance_m: line.distance_m,
      azimuth_deg: same || Math.abs(lat1) === 90 ? null : allRound(line.azimuth_deg),
      back_azimuth_deg: same || Math.abs(lat2) === 90 ? null : allRound(back),
    };
  }

  // The geodesic that leaves a position in a direction, as a function from distance, up to once round the Earth, to
  // the position and the direction there. Past some 20,000 km it is no longer the shortest.
  function geodesicLine(lon, lat, azimuth_deg) {
    [lon, lat] = checkPosition(lon, lat);
    const azimuth = turnedBack(azimuth_deg % 360);
    const sinAlpha1 = sinDegrees(azimuth), cosAlpha1 = cosDegrees(azimuth);
    const [sinBeta1, cosine] = reduced(lat);
    const cosBeta1 = Math.max(cosine, TINY);
    const sinAlpha0 = sinAlpha1 * cosBeta1, cosAlpha0 = Math.hypot(cosAlpha1, sinAlpha1 * sinBeta1);
    const k2 = EP2 * cosAlpha0 ** 2;
    const level1 = cosAlpha1 * cosBeta1;
    const sigma1 = Math.atan2(sinBeta1, level1), omega1 = Math.atan2(sinAlpha0 * sinBeta1, level1);

    // Solve for the arc whose length is the distance, by Newton's method: it grows almost evenly.
    const arcOf = (distance_m) => {
      const wanted = distance_m / POLAR_RADIUS_M;
      let arc = wanted / Math.sqrt(1 + k2 / 2);
      for (let round = 0; round < 8; round++) {
        const short = wanted - integrals(sigma1, sigma1 + arc, k2).length;
        arc += short / Math.sqrt(1 + k2 * Math.sin(sigma1 + arc) ** 2);
        if (Math.abs(short) < 1e-9) break; // and what is left then is its square
      }
      return arc;
    };

    return (distance_m) => {
      const sigma2 = sigma1 + arcOf(distance_m);
      const sin2 = Math.sin(sigma2), cos2 = Math.cos(sigma2);
      const omega2 = Math.atan2(sinAlpha0 * sin2, cos2);
      const lambda12 = omega2 - omega1 - FLATTENING * sinAlpha0 * integrals(sigma1, sigma2, k2).lag;
      const sinBeta2 = cosAlpha0 * sin2, cosBeta2 = Math.hypot(sinAlpha0, cosAlpha0 * cos2);
      return {
        lon: turnedBack(lon + turnedBack(lambda12 / DEGREE)),
        lat: Math.atan2(sinBeta2, (1 - FLATTENING) * cosBeta2) / DEGREE,
        azimuth_deg: Math.atan2(sinAlpha0, cosAlpha0 * cos2) / DEGREE,
      };
    };
  }

  // Longitude and latitude of the point that lies a distance away in a direction.
  function geodesicDirect(lon, lat, azimuth_deg, distance_m) {
    const end = geodesicLine(lon, lat, azimuth_deg)(distance_m);
    return [end.lon, end.lat];
  }

  return { geodesicSolve, geodesicInverse, geodesicLine, geodesicDirect };
})();
