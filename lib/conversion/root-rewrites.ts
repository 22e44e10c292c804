// A new prefix for every path of a host: Istio joins it and the path without the slash between them, an EnvoyFilter with it.
import { withFilters } from "./annotations/family";
import type { PathMatch, Piece, Placed } from "./pieces";
import { refused, type Verdict } from "./report";
import type { PlacedServer } from "./routes";

const verdict = refused(
  "Istio puts the new prefix before /x without the slash between them (https://github.com/istio/istio/issues/60182)",
  `${withFilters}, or the application at /`,
);

/** The server with these rewrites as something for an EnvoyFilter, or refused. */
export function rootRewrites({ server, placed }: PlacedServer, envoyFilters: boolean): PlacedServer {
  return { server, placed: placed.map((one) => rootRewrite(one, envoyFilters)) };
}

function rootRewrite(one: Placed, envoyFilters: boolean): Placed {
  if (one.pieces.flatMap(newRoot).length === 0) return one;
  if (!envoyFilters) return { ...one, pieces: [], verdict };
  const pieces = one.pieces.map((piece): Piece => {
    const [prefix] = newRoot(piece);
    if (prefix === undefined) return piece;
    return { match: piece.match, captured: { pattern: "^/(.*)$", substitution: `${prefix}/\\1` } };
  });
  return { ...one, pieces, verdict: filtered(one.verdict) };
}

/** What comes before the path of every request. */
function newRoot({ match, rewrite }: Piece): string[] {
  return isRoot(match) && rewrite && "prefix" in rewrite && rewrite.prefix !== "/" ? [rewrite.prefix] : [];
}

function filtered({ outcome, to, ...others }: Verdict): Verdict {
  const worse = outcome === "converted" ? "mapped" : outcome;
  return { outcome: worse, to: `${to}; EnvoyFilter with regex_rewrite`, ...others };
}

function isRoot({ type, value }: PathMatch): boolean {
  return type === "PathPrefix" && value === "/";
}
