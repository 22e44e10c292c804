// What a location of a host becomes: matches of an HTTPRoute, each with what becomes of the path of its requests.
import type { Verdict } from "./report";
import type { RegexRewrite } from "./settings";
import type { Location } from "./servers";

/** What a path of a request has to look like. */
export interface PathMatch {
  type: "Exact" | "PathPrefix" | "RegularExpression";
  value: string;
}

/** A match, and what becomes of the path of a request that it takes. */
export interface Piece {
  match: PathMatch;
  rewrite?: { full: string } | { prefix: string };
  /** Envoy writes the path anew by an expression. */
  captured?: RegexRewrite;
  /** The request is sent here instead. */
  redirectTo?: string;
  /** With this status, 301 where none is given. */
  redirectCode?: number;
  /** True where Envoy leaves the query out of it. */
  isQueryless?: boolean;
}

/** A location with all of its matches, none where it is refused or never reached. */
export interface Placed {
  location: Location;
  pieces: Piece[];
  verdict: Verdict;
}
