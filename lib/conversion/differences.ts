// Two answers to one request, and what differs between them.
import type { Request } from "./requests";

/** An answer, as far as it is compared. */
export interface Answer {
  status: number;
  headers: { [name: string]: string };
  body: string;
}

/** What differs, by name. */
export interface Difference {
  request: Request;
  what: { [name: string]: { nginx: string; gateway: string } };
}

/** What to look at. */
export interface Looks {
  headers: readonly string[];
  backendHeaders: readonly string[];
}

/** Headers that annotations ask for. */
export const standardHeaders = [
  "access-control-allow-origin",
  "access-control-allow-credentials",
  "access-control-allow-methods",
  "access-control-allow-headers",
  "access-control-expose-headers",
  "access-control-max-age",
];

/** Nothing where both answers are the same. */
export function differenceOf(request: Request, nginx: Answer, gateway: Answer, looks: Looks): Difference | undefined {
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

function seenIn({ status, headers, body }: Answer, request: Request, looks: Looks): { [name: string]: string } {
  const location = headers["location"];
  const backend = looks.backendHeaders.map((name) => headers[name.toLowerCase()]).find((value) => value !== undefined);
  const echo = echoOf(body);
  const all: { [name: string]: string | undefined } = {
    status: String(status),
    location: location === undefined ? undefined : placeOf(location, request),
    backend: backend ?? echo.service ?? (echo.pod === undefined ? undefined : ownerOf(echo.pod)),
    "backend path": echo.path,
    ...Object.fromEntries(
      [...standardHeaders, ...looks.headers.map((name) => name.toLowerCase())].map((name) => [
        name,
        listed(name, headers[name]),
      ]),
    ),
  };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Where a Location leads, whichever port each side is reached by. */
function placeOf(location: string, { scheme, host, path }: Request): string {
  try {
    const url = new URL(location, `${scheme}://${host}${path}`);
    return `${url.protocol}//${url.hostname}${url.pathname}${url.search}`;
  } catch {
    return location;
  }
}

/** A list without its order, its spaces and its case. */
function listed(name: string, value: string | undefined): string | undefined {
  if (value === undefined || !/-(methods|headers)$/.test(name)) return value;
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
