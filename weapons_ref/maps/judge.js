// Verdicts on any point, as queries.reach gives them: by geodesic distances, never from what is drawn.
//
// Needs geodesic.js, and regions.js where an origin is an area. Longitudes come before latitudes, lengths are metres,
// angles degrees. What decides is what decides in verdicts.py, origins.py and reaching.py.

const makeJudge = (() => {
  "use strict";

  // No two points are farther apart, and antipodes are just as far.
  const HALF_MERIDIAN_M = 20003931.458625447;
  // Every geodesic shorter than pi b is a shortest one (Karney 2013, section 3).
  const SHORTEST_ALWAYS_M = Math.PI * 6378137 * (1 - 1 / 298.257223563);
  // What a region and one of its parts may differ by in the distance from the nearest point of both.
  const SAME_DISTANCE_M = 1e-5;
  // Best first.
  const VERDICTS = ["within", "disputed", "inside-minimum", "beyond"];

  // ---- Origins: the ways to reach a place from each. An option says how far it is, how far to the nearest and the
  // farthest point of what it starts at, and from where; far_m is null where no verdict depends on it.

  function fromPoint({ lon, lat, uncertainty_m: radius = 0 }, placeLon, placeLat) {
    const { distance_m } = geodesicSolve(lon, lat, placeLon, placeLat);
    const near_m = Math.max(0, distance_m - radius);
    const far_m = radius ? farthestOfDisk(lon, lat, radius, placeLon, placeLat, distance_m) : distance_m;
    return [{ distance_m, near_m, far_m, lon, lat }];
  }

  // Straight behind the centre, while that is a shortest geodesic; past that at the antipode, or on the disk's edge.
  function farthestOfDisk(lon, lat, radius, placeLon, placeLat, distance_m) {
    if (distance_m + radius <= SHORTEST_ALWAYS_M) return distance_m + radius;
    const antipodeLon = placeLon > 0 ? placeLon - 180 : placeLon + 180;
    if (geodesicSolve(lon, lat, antipodeLon, -placeLat).distance_m <= radius) return HALF_MERIDIAN_M;
    let middle = 0, half = 180, steps = 720, most = 0;
    // Each round looks twenty times closer, down to what doubles can tell apart.
    for (let round = 0; round < 11; round++) {
      const azimuths = Array.from({ length: steps + 1 }, (_, at) => middle + half * ((2 * at) / steps - 1));
      const metres = azimuths.map((azimuth) => {
        const edge = geodesicDirect(lon, lat, azimuth, radius);
        return geodesicSolve(placeLon, placeLat, ...edge).distance_m;
      });
      most = Math.max(...metres);
      middle = azimuths[metres.indexOf(most)];
      [half, steps] = [(2 * half) / steps, 40];
    }
    return most;
  }

  function fromArea(region, reading, minimum_m, lon, lat) {
    const nearest = region.nearest(lon, lat);
    const { distance_m } = nearest;
    const from = { distance_m, lon: nearest.lon, lat: nearest.lat, area: true };
    if (reading === "anywhere" && distance_m >= minimum_m) return [{ ...from, near_m: distance_m, far_m: null }];
    if (reading === "anywhere" && region.parts().length) return fromParts(region, minimum_m, from, lon, lat);
    return [{ ...from, near_m: distance_m, far_m: region.farthest(lon, lat) }];
  }

  // What each part says of a place nearer than a minimum range, until the nearest one holds the answer.
  function fromParts(region, minimum_m, from, lon, lat) {
    const options = [];
    for (const part of region.parts()) {
      const near_m = part.nearest(lon, lat).distance_m;
      const far_m = near_m < minimum_m ? part.farthest(lon, lat) : null;
      options.push({ ...from, near_m, far_m });
      if (near_m <= from.distance_m + SAME_DISTANCE_M && far_m !== null && far_m >= minimum_m) break;
    }
    return options.sort((a, b) => a.near_m - b.near_m);
  }

  // ---- Verdicts

  // What a range says of the distances to the nearest and the farthest point of an origin; see verdicts.py.
  function verdictOf(range, near_m, far_m, reading) {
    const least_m = range.minimum_low_m ?? 0, most_m = range.minimum_high_m ?? 0;
    const everywhere = reading === "everywhere";
    if ((everywhere ? far_m : near_m) > range.high_m) return "beyond";
    if ((everywhere ? near_m : far_m) < least_m) return "inside-minimum";
    const [outer, inner] = reading === "anywhere" ? [near_m, far_m] : [far_m, near_m];
    return outer <= range.low_m && inner >= most_m && most_m <= range.low_m ? "within" : "disputed";
  }

  // The deciding figure minus the distance: negative exactly when beyond.
  function marginOf(range, near_m, far_m, reading) {
    const certain = reading === "anywhere" ? near_m : far_m;
    const possible = reading === "everywhere" ? far_m : near_m;
    return certain <= range.low_m ? range.low_m - certain : range.high_m - possible;
  }

  // Which sources put a place in reach and which do not, which leave it open, be it by their own span or because it
  // depends on where in the origin; and by which it is nearer than the minimum range.
  function sourcesOf(range, near_m, far_m, reading) {
    const outer = { anywhere: [near_m, near_m], everywhere: [far_m, far_m] }[reading] ?? [near_m, far_m];
    const inner = { anywhere: [far_m, far_m], everywhere: [near_m, near_m] }[reading] ?? [near_m, far_m];
    const named = (attribute, holds) => {
      const claims = (range.claims ?? []).filter((claim) => claim.attribute === attribute && holds(claim));
      return [...new Set(claims.map((claim) => claim.source))];
    };
    const reaches = (claim) => outer[1] <= claim.low_m, misses = (claim) => outer[0] > claim.high_m;
    return {
      reach: named("range_max", reaches),
      not: named("range_max", misses),
      open: named("range_max", (claim) => !reaches(claim) && !misses(claim)),
      too_near: named("range_min", (claim) => inner[1] < claim.low_m),
    };
  }

  function inSector([start, end], azimuth) {
    return start <= end ? start <= azimuth && azimuth <= end : azimuth >= start || azimuth <= end;
  }

  // Return what judges any point by a question:
  //   origins  [{name, lon, lat, uncertainty_m, reading, area}]: reading null of a plain point, area a GeoJSON
  //            geometry or null
  //   ranges   [{low_m, high_m, minimum_low_m, minimum_high_m, claims}]: minimum ranges null where unknown,
  //            claims [{attribute, low_m, high_m, source}]
  //   sector   two azimuths in [0, 360), clockwise, or null
  function makeJudge({ origins, ranges, sector = null }) {
    const minimum_m = Math.max(...ranges.map((range) => range.minimum_high_m ?? 0));
    const regions = origins.map(({ area }) => area && makeRegion(area));

    const optionsTo = (lon, lat) => origins.flatMap((origin, at) => {
      const options = regions[at] ? fromArea(regions[at], origin.reading, minimum_m, lon, lat)
        : fromPoint(origin, lon, lat);
      const azimuth_deg = sector && geodesicInverse(options[0].lon, options[0].lat, lon, lat).azimuth_deg;
      const outside = azimuth_deg !== null && !inSector(sector, azimuth_deg);
      return options.map((option) => ({ ...option, origin: at, reading: origin.reading ?? null, outside }));
    });

    const said = (range, { near_m, far_m, reading, outside }) => {
      if (outside) return { verdict: "beyond", margin_m: null, reach: [], not: [], open: [], too_near: [] };
      const distances = [range, near_m, far_m ?? near_m, reading];
      return { verdict: verdictOf(...distances), margin_m: marginOf(...distances), ...sourcesOf(...distances) };
    };

    // The origin that reaches the place best, the nearest among equals.
    const bestOf = (options, verdicts) => {
      const rank = options.map((_, at) => VERDICTS.indexOf(verdicts[at]));
      return options.reduce((best, option, at) => {
        const better = rank[at] - rank[best] || option.near_m - options[best].near_m;
        return better < 0 ? at : best;
      }, 0);
    };

    const answer = (options, range, at, lon, lat) => {
      const judged = options.map((option) => {
        const far_m = option.far_m ?? option.near_m;
        return option.outside ? "beyond" : verdictOf(range, option.near_m, far_m, option.reading);
      });
      const option = options[bestOf(options, judged)];
      return {
        range: at,
        origin: option.origin,
        distance_m: option.distance_m,
        azimuth_deg: geodesicInverse(option.lon, option.lat, lon, lat).azimuth_deg,
        // Of a wide origin: of an area as a whole, though a part of it may decide; the farthest where it is asked for.
        nearest_m: option.area ? option.distance_m : option.reading ? option.near_m : null,
        farthest_m: option.reading && option.reading !== "anywhere" ? option.far_m : null,
        nearest_lon: option.area ? option.lon : null,
        nearest_lat: option.area ? option.lat : null,
        outside_sector: option.outside,
        ...said(range, option),
      };
    };

    // Return one answer for each range, in their order.
    const judge = (lon, lat) => {
      if (!(Math.abs(lat) <= 90 && Math.abs(lon) <= 540)) throw new RangeError(`${lat}, ${lon}: not on Earth`);
      const [x, y] = [lon - (Math.abs(lon) > 180 ? Math.sign(lon) * 360 : 0), lat];
      const options = optionsTo(x, y);
      return ranges.map((range, at) => answer(options, range, at, x, y));
    };

    return { judge };
  }

  return makeJudge;
})();
