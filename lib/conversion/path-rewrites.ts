// Paths that a snippet rewrites within a location: more matches of it, or another path for the backend of those that it has.
import type { Piece, Placed } from "./pieces";
import type { PathRewrite } from "./settings";

/** What no path of an Ingress has. */
const anyName = "\u0000";

/** True where NGINX gives a path to a place. */
type Takes = (path: string, place: Placed) => boolean;

/** Adds to each of an owner's places what its rewrites do. */
export function rewritePaths(mine: readonly Placed[], rewrites: readonly PathRewrite[], takes: Takes): void {
  // The first that matches ends the search.
  const asked = rewrites.filter(
    ({ from }, index) => !rewrites.slice(0, index).some((earlier) => isWithin(from, earlier.from)),
  );
  for (const place of mine.filter(({ pieces }) => pieces.length > 0)) {
    const bare = place.location.path.replace(/\/$/, "");
    for (const rewrite of asked) {
      if (isWithin(bare, rewrite.from)) rewriteAll(place, bare, rewrite, takes);
      else if (!place.location.exact && isWithin(rewrite.from, bare) && takes(`${rewrite.from}/${anyName}`, place)) {
        place.pieces = place.pieces.map((piece) => leftOver(piece, rewrite));
        place.pieces.push({ match: { type: "PathPrefix", value: rewrite.from }, rewrite: { prefix: rewrite.to } });
        addItself(place, rewrite, takes);
      }
    }
  }
}

/** A path that an earlier rewrite has left as it is. */
function leftOver(piece: Piece, { from, to }: PathRewrite): Piece {
  const { type, value } = piece.match;
  const isLeft = type === "Exact" && value !== from && isWithin(value, from) && !piece.rewrite;
  return isLeft && piece.redirectTo === undefined
    ? { ...piece, rewrite: { full: `${to === "/" ? "" : to}${value.slice(from.length)}` } }
    : piece;
}

/** All of a place is below what is rewritten. */
function rewriteAll(place: Placed, bare: string, rewrite: PathRewrite, takes: Takes): void {
  const { from, to } = rewrite;
  const below = `${to === "/" ? "" : to}${bare.slice(from.length)}`;
  place.pieces = place.pieces.map((piece): Piece => {
    if (piece.redirectTo !== undefined || piece.rewrite) return piece;
    if (piece.match.type === "PathPrefix") return { ...piece, rewrite: { prefix: below === "" ? "/" : below } };
    const slash = piece.match.value.slice(bare.length);
    return bare === from && slash === "" ? piece : { ...piece, rewrite: { full: `${below}${slash}` || "/" } };
  });
  if (bare === from) addItself(place, rewrite, takes);
}

/** The path itself, without a slash at its end, which is rewritten otherwise or not at all. */
function addItself(place: Placed, { from, itself }: PathRewrite, takes: Takes): void {
  const value = from === "" ? "/" : from;
  if (!takes(value, place)) return;
  const others = place.pieces.filter(({ match }) => match.type !== "Exact" || match.value !== value);
  if (place.pieces.some((piece) => !others.includes(piece) && piece.redirectTo !== undefined)) return;
  place.pieces = [
    ...others,
    { match: { type: "Exact", value }, ...(itself === undefined ? {} : { rewrite: { full: itself } }) },
  ];
}

function isWithin(path: string, above: string): boolean {
  return path === above || path.startsWith(`${above}/`);
}
