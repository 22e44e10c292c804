// Which requests a route answers, comparable as text: two routes with the same host and match on one listener share them
// by their age.
import type { LiveMatch } from "./cluster";

/** A match as components write it. */
export interface Match {
  prefix?: string;
  exact?: string;
  regex?: string;
  method?: string;
  headers?: { [name: string]: string };
  query?: { [name: string]: string };
}

const types: Record<string, "exact" | "regex"> = { Exact: "exact", RegularExpression: "regex" };

/** The match of a live route as a component would write it. */
export function writtenMatch({ path = {}, method, headers, queryParams }: LiveMatch): Match {
  const values = (list: { name: string; value: string }[] | undefined) =>
    Object.fromEntries((list ?? []).map(({ name, value }) => [name, value]));
  return {
    [types[path.type ?? ""] ?? "prefix"]: path.value ?? "/",
    method,
    headers: values(headers),
    query: values(queryParams),
  };
}

/** The same text for the same requests of a host. */
export function comparableMatch(match: Match): string {
  const sorted = (values: { [name: string]: string } | undefined) =>
    Object.entries(values ?? {})
      .map(([name, value]) => [name.toLowerCase(), value])
      .sort();
  const path =
    match.exact !== undefined
      ? ["exact", match.exact]
      : match.regex !== undefined
        ? ["regex", match.regex]
        : ["prefix", match.prefix ?? "/"];
  return JSON.stringify([...path, match.method ?? "", sorted(match.headers), sorted(match.query)]);
}

/** How one says what a match takes of a host: shop.example.com/cart */
export function shownRequest(host: string, { exact, regex, prefix }: Match): string {
  return `${host}${exact ?? regex ?? prefix ?? "/"}`;
}
