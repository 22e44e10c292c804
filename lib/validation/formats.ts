// Rules for the formats of Kubernetes, Gateway API and cert-manager that several arguments share.
import { isIP } from "node:net";
import { anything, every, first, mapOf, Rule, text, value, whole } from "./rules";
import { textOf, UNKNOWN } from "./violations";
import { parseQuantity } from "./quantity";

/** One exact version, such as 1.31.4, and no range. */
export const exactVersion = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const subdomain = new RegExp(`^${label}(\\.${label})*$`);
const labelKey = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** Annotations have the keys that labels have. */
export const annotationKey = labelKey;
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/** Node ports of Kubernetes' default range. */
export const nodePortRange = { first: 30000, last: 32767 };

/** What is left of a text when everything that a name may not hold is taken out. */
export function asName(got: unknown, fallback: string): string {
  const name = (typeof got === "object" ? "" : textOf(got))
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 50);
  return `"${name === "" ? fallback : name}"`;
}

/** The name of a namespace, Service, Gateway …: a DNS label no longer than `longest`. */
export function dnsLabel(fallback: string, longest = 63): Rule {
  return value(
    (got) => typeof got === "string" && got.length <= longest && new RegExp(`^${label}$`).test(got),
    `must be 1 to ${longest} lowercase letters, digits or hyphens, and must begin and end with a letter or digit`,
    (got) => asName(got, fallback),
  );
}

/** The name of an object that may hold dots: a Secret, ConfigMap, issuer. */
export function dnsSubdomain(fallback: string): Rule {
  return value(
    (got) => typeof got === "string" && got.length <= 253 && subdomain.test(got),
    "must be 1 to 253 lowercase letters, digits, hyphens or dots, and must begin and end with a letter or digit",
    (got) => asName(got, fallback),
  );
}

/** A request or limit of CPU. */
export const cpu: Rule = first(
  value(
    (got) => typeof got !== "string" || !/[KMGTPE]i$/.test(got),
    "must be a number of cores, without a memory unit",
    '"100m"',
  ),
  value(
    (got) => typeof got === "string" && (parseQuantity(got) ?? 0) > 0,
    'must be a Kubernetes quantity above 0 in quotes, such as "100m" for a tenth of a core',
    (got) => (typeof got === "number" && got > 0 ? `"${got}"` : '"100m"'),
  ),
  value((got) => parseQuantity(String(got))! >= 0.001, "must be at least 1m", '"1m"'),
);

/** A request or limit of memory. */
export const memory: Rule = first(
  value(
    (got) => typeof got === "string" && (parseQuantity(got) ?? 0) > 0,
    'must be a Kubernetes quantity above 0 in quotes, such as "128Mi"',
    memoryFix,
  ),
  value((got) => parseQuantity(String(got))! >= 2 ** 20, "must be at least 1Mi, or no pod can start", memoryFix),
);

function memoryFix(got: unknown): string {
  const digits = /^\s*(\d+)\s*[mM]/.exec(String(got)) ?? /^\s*(\d+)\s*$/.exec(String(got));
  return digits && Number(digits[1]) > 0 && Number(digits[1]) < 1e6 ? `"${digits[1]}Mi"` : '"128Mi"';
}

/** A port that the cluster's nodes open. */
export function nodePort(usual: number): Rule {
  return whole(nodePortRange.first, nodePortRange.last, usual);
}

/** A TCP port. */
export function port(usual: number): Rule {
  return whole(1, 65535, usual);
}

/** A hostname that a listener or a route serves: exact, or with one leading wildcard label. */
export const hostname: Rule = first(
  value(
    (got) => typeof got === "string" && isIP(got) === 0,
    "must be a hostname, not an IP address",
    '"apps.example.com"',
  ),
  value(
    (got) => isHostname(String(got)),
    "must be a lowercase hostname without scheme, port or path; only its first label may be `*`",
    hostnameFix,
  ),
);

/** A hostname that a certificate can hold: a wildcard needs two labels under it, or TLS libraries refuse it. */
export const certificateName: Rule = first(
  hostname,
  value(
    (got) => !/^\*\.[^.]+$/.test(String(got)),
    "must have two labels after `*`: TLS libraries refuse a wildcard directly under a top-level name",
    (got) => `"my-app.${String(got).slice(2)}"`,
  ),
);

/** A host under which NodePorts are reached: a name or an IP address, without port. */
export const host: Rule = value(
  (got) => typeof got === "string" && (isIP(got) !== 0 || (isHostname(got) && !got.startsWith("*"))),
  "must be a hostname or an IP address, without scheme, port or path",
  (got) => hostnameFix(got, "localhost"),
);

/** An IPv4 or IPv6 address. */
export const ipAddress: Rule = value(
  (got) => typeof got === "string" && isIP(got) !== 0,
  "must be an IPv4 or IPv6 address",
  '"127.0.0.1"',
);

function isHostname(got: string): boolean {
  return got.length <= 253 && subdomain.test(got.replace(/^\*\./, "")) && !/^[0-9.]+$/.test(got);
}

function hostnameFix(got: unknown, fallback: unknown = "apps.example.com"): string {
  const bare = String(got)
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, "")
    .replace(/[/:?#].*$/, "")
    .replace(/_/g, "-");
  return `"${isHostname(bare) ? bare : String(fallback)}"`;
}

/** The length of a Go duration in seconds, or undefined where the text is none. */
export function parseDuration(duration: string): number | undefined {
  const units: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9 };
  if (!/^(\d+(\.\d+)?(h|ms|m|s|us|ns))+$/.test(duration)) {
    return undefined;
  }
  return [...duration.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|ns)/g)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * units[unit!]!,
    0,
  );
}

/** A Go duration no shorter than a floor. */
export function duration(floor: string, usual: string): Rule {
  return value(
    (got) => typeof got === "string" && (parseDuration(got) ?? 0) >= parseDuration(floor)!,
    `must be a duration of at least ${floor}, such as "${usual}"`,
    (got) => durationFix(got, usual),
  );
}

function durationFix(got: unknown, usual: string): string {
  const days = /^\s*(\d+)\s*d/.exec(String(got));
  return days ? `"${Number(days[1]) * 24}h"` : `"${usual}"`;
}

/** The value of one label, not empty. */
export function labelText(example: string): Rule {
  return text(
    /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
    "must be a label value: 1 to 63 letters, digits, `-`, `_` or `.`",
    `"${example}"`,
  );
}

/** Labels as a map of text. */
export const labels: Rule = first(
  mapOf(anything, 'team: "shop"'),
  every(
    mapOf(
      text(labelValue, "must be a label value: at most 63 letters, digits, `-`, `_` or `.`", (got) =>
        ["number", "boolean"].includes(typeof got) ? `"${String(got)}"` : '"value"',
      ),
      'team: "shop"',
    ),
    (given, path) =>
      Object.keys(given === UNKNOWN || given === undefined ? {} : (given as object))
        .filter((key) => !labelKey.test(key))
        .map((key) => ({
          path: `${path}["${key}"]`,
          got: key,
          rule: "must be a label key: letters, digits, `-`, `_` or `.`, after an optional prefix and a slash",
          fix: '"example.com/team": "shop"',
        })),
  ),
);
