// Two answers to one request, and what differs between them.
import { longestAge } from "./annotations/cors";
import type { Request } from "./requests";

/** An answer, as far as it is compared. */
export interface Answer {
  status: number;
  headers: { [name: string]: string };
  body: string;
  /** The certificate that was shown over https. */
  certificate?: string;
}

/** What differs, by name. */
export interface Difference {
  request: Request;
  what: { [name: string]: { nginx: string; gateway: string } };
}

/** What to look at. */
export interface Looks {
  headers: readonly string[];
  /** Those of which only whether they are there is compared. */
  varying: readonly string[];
  backendHeaders: readonly string[];
  /** Hosts with a certificate of their own. */
  certified: readonly string[];
  /** Hosts of which it is chance which requests are too many. */
  limited: readonly string[];
}

/** Nothing where both answers are the same. */
export function differenceOf(request: Request, nginx: Answer, gateway: Answer, looks: Looks): Difference | undefined {
  const isTooMuch = [nginx, gateway].some(({ status }) => status === 503) && looks.limited.includes(request.host);
  if (isTooMuch) return undefined;
  const seen = [seenIn(nginx, request, looks), seenIn(gateway, request, looks)] as const;
  const names = [...new Set(seen.flatMap((one) => Object.keys(one)))];
  const what = Object.fromEntries(
    names
      .filter((name) => !(name === "backend" && !request.decided))
      // A backend that does not say who it is cannot differ from the other one.
      .filter((name) => (name !== "backend" && name !== "backend path") || seen.every((one) => one[name] !== undefined))
      .filter((name) => seen[0][name] !== seen[1][name])
      .map((name) => [name, { nginx: seen[0][name] ?? "", gateway: seen[1][name] ?? "" }]),
  );
  return Object.keys(what).length > 0 ? { request, what } : undefined;
}

function seenIn(
  { status, headers, body, certificate }: Answer,
  request: Request,
  looks: Looks,
): { [name: string]: string } {
  const location = headers["location"];
  const backend = looks.backendHeaders.map((name) => headers[name.toLowerCase()]).find((value) => value !== undefined);
  const echo = echoOf(body);
  const all: { [name: string]: string | undefined } = {
    status: isPreflight(request) && status >= 200 && status < 300 ? "2xx" : String(status),
    location: location === undefined ? undefined : placeOf(location, request),
    backend: backend ?? echo.service ?? (echo.pod === undefined ? undefined : ownerOf(echo.pod)),
    "backend path": echo.path,
    certificate: looks.certified.includes(request.host) ? certificate : undefined,
    ...corsOf(headers, request),
    ...Object.fromEntries(
      looks.headers.map((name) => [name.toLowerCase(), headerOf(name.toLowerCase(), headers, looks)]),
    ),
  };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** A header's value, or that there is one. */
function headerOf(name: string, headers: Answer["headers"], { varying }: Looks): string | undefined {
  return headers[name] !== undefined && varying.includes(name) ? "(any value)" : headers[name];
}

/** Where a Location leads, whichever port each side is reached by, and whichever keeps the last slash on the way to https. */
function placeOf(location: string, { scheme, host, path }: Request): string {
  try {
    const asked = new URL(`${scheme}://${host}${path}`);
    const url = new URL(location, asked);
    const isSame =
      url.hostname === asked.hostname && asked.pathname.replace(/\/$/, "") === url.pathname.replace(/\/$/, "");
    const pathname = isSame && scheme === "http" && url.protocol === "https:" ? asked.pathname : url.pathname;
    return `${url.protocol}//${url.hostname}${pathname}${url.search}`;
  } catch {
    return location;
  }
}

/** True for what a browser asks before it sends the request itself. */
function isPreflight({ method, headers }: Request): boolean {
  return method === "OPTIONS" && "Origin" in headers && "Access-Control-Request-Method" in headers;
}

/** Headers that a browser reads of an answer to a page of another origin. */
const cors = {
  always: ["allow-origin", "allow-credentials"],
  preflight: ["allow-methods", "allow-headers", "max-age"],
};

/** What a browser makes of the headers for other origins. */
function corsOf(headers: Answer["headers"], request: Request): { [name: string]: string | undefined } {
  const { Origin: origin } = request.headers;
  const allowed = headers["access-control-allow-origin"];
  if (origin === undefined) return {};
  const names = [...cors.always, ...(isPreflight(request) ? cors.preflight : ["expose-headers"])];
  const read = (name: string) => {
    // `*` is every origin, without credentials.
    if (allowed === "*" && name === "allow-origin") return origin;
    if (allowed === "*" && name === "allow-credentials") return undefined;
    const value = listed(name, headers[`access-control-${name}`]);
    return name === "max-age" && Number(value) > longestAge ? String(longestAge) : value;
  };
  return Object.fromEntries(names.map((name) => [`access-control-${name}`, read(name)]));
}

/** A list without its order, its spaces and its case. */
function listed(name: string, value: string | undefined): string | undefined {
  if (value === undefined || !/(methods|headers)$/.test(name)) return value;
  return value
    .split(",")
    .map((part) => part.trim().toLowerCase())
    .sort()
    .join(", ");
}

/** The Deployment or StatefulSet of a pod: which of its pods answers is chance. */
function ownerOf(pod: string): string {
  return pod.replace(/(-[a-z0-9]{6,10})?-[a-z0-9]{5}$|-\d+$/, "");
}

/** What an echo server says of itself. */
function echoOf(body: string): { service?: string; pod?: string; path?: string } {
  try {
    const parsed = JSON.parse(body) as { [name: string]: unknown };
    const text = (name: string) =>
      typeof parsed[name] === "string" && parsed[name] !== "" ? { [name]: parsed[name] } : {};
    return { ...text("service"), ...text("pod"), ...text("path") };
  } catch {
    return {};
  }
}

/** The differences as a table for people. */
export function differencesText(differences: readonly Difference[], sent: number, left: number): string {
  const blocks = differences.map(({ request, what }) => {
    const headers = Object.entries(request.headers).map(([name, value]) => ` ${name}: ${value}`);
    const lines = Object.entries(what).map(([name, { nginx, gateway }]) => `  ${name}: "${nginx}" → "${gateway}"`);
    return [`${request.method} ${request.scheme}://${request.host}${request.path}${headers.join("")}`, ...lines].join(
      "\n",
    );
  });
  const counted = `${sent} requests, ${differences.length} answered differently`;
  return `${[...blocks, left > 0 ? `${counted}; ${left} more not sent: --max-requests ${sent + left}` : counted].join("\n\n")}\n`;
}
