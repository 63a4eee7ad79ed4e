"use strict";
// Which verdict a point has: the rules of origins.py, reaching.py and verdicts.py, on exact distances.

const RANKED = ["within", "disputed", "inside-minimum", "beyond"];

/**
 * What answers for points.
 *
 * A question has `origins` (each a point, a point with an uncertainty, or an area, with its reading), `ranges`
 * (`low_m`, `high_m`, `minimum_low_m`, `minimum_high_m`, `claims`) and perhaps a `sector`.
 */
function makeJudge({ origins, ranges, sector }) {
  const regions = new Map(); // made when first asked for: a country has a hundred thousand vertices
  const regionOf = (at) => regions.get(at) ?? regions.set(at, new Region(origins[at].area)).get(at);
  const minimum = Math.max(0, ...ranges.map((range) => range.minimum_high_m ?? 0));

  /** How far each origin is: the distance that is told, and those of its nearest and its farthest point. */
  function options(lon, lat) {
    return origins.flatMap((origin, at) => (origin.area ? ofArea(at, lon, lat) : [ofPoint(at, lon, lat)]));
  }

  function ofPoint(at, lon, lat) {
    const origin = origins[at];
    const { distance_m, azimuth_deg } = geodesicInverse(origin.lon, origin.lat, lon, lat);
    const radius = origin.uncertainty_m || 0;
    const far = radius ? farthestOfDisk(origin, radius, lon, lat, distance_m) : distance_m;
    return { at, distance_m, near: Math.max(0, distance_m - radius), far, azimuth_deg };
  }

  function ofArea(at, lon, lat) {
    const region = regionOf(at);
    const whole = region.nearest(lon, lat);
    const azimuth_deg = geodesicInverse(whole.lon, whole.lat, lon, lat).azimuth_deg;
    const { distance_m } = whole;
    const anywhere = origins[at].reading === "anywhere";
    if (anywhere && distance_m >= minimum) return [{ at, distance_m, near: distance_m, far: distance_m, azimuth_deg }];
    // Nearer than a minimum range, another part may be far enough.
    const parts = anywhere ? region.parts : [region];
    return parts
      .map((part) => ({ at, distance_m, near: part.nearest(lon, lat).distance_m, far: part.farthest(lon, lat), azimuth_deg }))
      .sort((a, b) => a.near - b.near);
  }

  function answer(range, number, option) {
    const { reading } = origins[option.at];
    const said = { range: number, origin: option.at, distance_m: option.distance_m, azimuth_deg: option.azimuth_deg };
    if (sector && option.azimuth_deg !== null && !holds(sector, option.azimuth_deg)) {
      return { ...said, verdict: "beyond", margin_m: null, reach: [], not: [], near: option.near };
    }
    const { near, far } = option;
    const certain = reading === "anywhere" ? near : far;
    const possible = reading === "everywhere" ? far : near;
    const margin_m = certain <= range.low_m ? range.low_m - certain : range.high_m - possible;
    const verdict = verdictOf(range, near, far, reading);
    return { ...said, verdict, margin_m, near, ...sides(range, near, far, reading) };
  }

  return {
    judge(lon, lat) {
      const found = options(lon, lat);
      return ranges.map((range, number) =>
        found
          .map((option) => answer(range, number, option))
          .reduce((a, b) => {
            const by = RANKED.indexOf(b.verdict) - RANKED.indexOf(a.verdict) || b.near - a.near;
            return by < 0 ? b : a;
          }),
      );
    },
  };
}

function verdictOf({ low_m, high_m, minimum_low_m, minimum_high_m }, near, far, reading) {
  const [least, most] = [minimum_low_m ?? 0, minimum_high_m ?? 0];
  if ((reading === "everywhere" ? far : near) > high_m) return "beyond";
  if ((reading === "everywhere" ? near : far) < least) return "inside-minimum";
  const [outer, inner] = reading === "anywhere" ? [near, far] : [far, near];
  return outer <= low_m && inner >= most && most <= low_m ? "within" : "disputed";
}

/** Whose figures put a place in reach, and whose do not; those that leave it open are in neither list. */
function sides({ claims = [] }, near, far, reading) {
  const [outerNear, outerFar] = reading === "anywhere" ? [near, near] : reading === "everywhere" ? [far, far] : [near, far];
  const innerFar = reading === "everywhere" ? near : far;
  const sources = (fits) => [...new Set(claims.filter(fits).map(({ source }) => source))].sort();
  return {
    reach: sources((claim) => claim.attribute === "range_max" && outerFar <= claim.low_m),
    not: sources((claim) => (claim.attribute === "range_max" ? outerNear > claim.high_m : innerFar < claim.low_m)),
  };
}

const holds = ([start, end], azimuth) => (start <= end ? azimuth >= start && azimuth <= end : azimuth >= start || azimuth <= end);

/** The distance to the farthest point of a disk: straight behind its centre, as far as that way is shortest. */
function farthestOfDisk(origin, radius, lon, lat, distance_m) {
  if (distance_m + radius <= SHORTEST_ALWAYS_M) return distance_m + radius;
  const antipode = [longitudeDifference(0, lon + 180), -lat];
  if (geodesicDistance(origin.lon, origin.lat, ...antipode) <= radius) return HALF_MERIDIAN_M;
  let [middle, wide, most] = [0, 180, 0];
  // Each round looks twenty times closer.
  for (let round = 0; round < 8; round++) {
    let best = middle;
    for (let step = -72; step <= 72; step++) {
      const azimuth = middle + (wide * step) / 72;
      const there = geodesicDistance(...geodesicDirect(origin.lon, origin.lat, azimuth, radius), lon, lat);
      if (there > most) [most, best] = [there, azimuth];
    }
    [middle, wide] = [best, wide / 20];
  }
  return most;
}
