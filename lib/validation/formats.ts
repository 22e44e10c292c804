// Rules for the formats of Kubernetes, Gateway API and cert-manager that several settings share.
import { isIP } from "node:net";
import { anything, every, first, mapOf, Rule, text, UNKNOWN, value, whole } from "./rules";
import { textOf } from "./violations";
import { parseQuantity } from "./quantity";

/** One exact version, such as 1.31.1, and no range. */
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
    `a name has 1 to ${longest} lower-case letters, digits and hyphens, and no hyphen at either end`,
    (got) => asName(got, fallback),
  );
}

/** The name of an object that may hold dots: a Secret, ConfigMap, issuer. */
export function dnsSubdomain(fallback: string): Rule {
  return value(
    (got) => typeof got === "string" && got.length <= 253 && subdomain.test(got),
    "a name has 1 to 253 lower-case letters, digits, hyphens and dots, and begins and ends with a letter or digit",
    (got) => asName(got, fallback),
  );
}

/** A request or limit of CPU. */
export const cpu: Rule = first(
  value(
    (got) => typeof got !== "string" || !/[KMGTPE]i$/.test(got),
    "CPU is counted in cores, and has no unit of memory",
    '"100m"',
  ),
  value(
    (got) => typeof got === "string" && (parseQuantity(got) ?? 0) > 0,
    'CPU is a Kubernetes quantity above 0, as text: "100m" is a tenth of a core',
    (got) => (typeof got === "number" && got > 0 ? `"${got}"` : '"100m"'),
  ),
  value((got) => parseQuantity(String(got))! >= 0.001, "Kubernetes counts CPU in steps of 1m", '"1m"'),
);

/** A request or limit of memory. */
export const memory: Rule = first(
  value(
    (got) => typeof got === "string" && (parseQuantity(got) ?? 0) > 0,
    'memory is a Kubernetes quantity above 0, as text: "128Mi"',
    memoryFix,
  ),
  value(
    (got) => parseQuantity(String(got))! >= 2 ** 20,
    "less than 1Mi is no memory that a pod can start with",
    memoryFix,
  ),
);

function memoryFix(got: unknown): string {
  const digits = /^\s*(\d+)\s*[mM]/.exec(String(got)) ?? /^\s*(\d+)\s*$/.exec(String(got));
  return digits && Number(digits[1]) > 0 && Number(digits[1]) < 1e6 ? `"${digits[1]}Mi"` : '"128Mi"';
}

/** A port that the cluster's nodes open. */
export function nodePort(usual: number): Rule {
  return whole(nodePortRange.first, nodePortRange.last, "a NodePort", usual);
}

/** A TCP port. */
export function port(usual: number): Rule {
  return whole(1, 65535, "a port", usual);
}

/** A host name that a listener or a route serves: exact, or with one leading wildcard label. */
export const hostname: Rule = first(
  value(
    (got) => typeof got === "string" && isIP(got) === 0,
    "a host name is text, and no IP address",
    '"apps.example.com"',
  ),
  value(
    (got) => isHostname(String(got)),
    "a host name is lower-case labels joined by dots, of which the first may be `*`, without scheme, port or path",
    hostnameFix,
  ),
);

/** A host name that a certificate can hold: a wildcard needs two labels under it, or TLS libraries refuse it. */
export const certificateName: Rule = first(
  hostname,
  value(
    (got) => !/^\*\.[^.]+$/.test(String(got)),
    "a wildcard right under a top-level name is refused by TLS libraries: name the hosts",
    (got) => `"my-app.${String(got).slice(2)}"`,
  ),
);

/** A host under which NodePorts are reached: a name or an IP address, without port. */
export const host: Rule = value(
  (got) => typeof got === "string" && (isIP(got) !== 0 || (isHostname(got) && !got.startsWith("*"))),
  "a host is a name or an IP address, without scheme, port or path",
  (got) => hostnameFix(got, "localhost"),
);

/** An IPv4 or IPv6 address. */
export const ipAddress: Rule = value(
  (got) => typeof got === "string" && isIP(got) !== 0,
  "it is an IPv4 or IPv6 address",
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

/** The length of time that a Go duration stands for, in seconds, or undefined where the text is none. */
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
    `it is a duration of at least ${floor}, in hours, minutes and seconds`,
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
    "a label's value has 1 to 63 letters, digits and `-_.`",
    `"${example}"`,
  );
}

/** Labels as a map of text. */
export const labels: Rule = first(
  mapOf(anything, 'team: "shop"'),
  every(
    mapOf(
      text(labelValue, "a label's value has at most 63 letters, digits and `-_.`", (got) =>
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
          rule: "a label's key has letters, digits and `-_.`, after an optional prefix and a slash",
          fix: '"example.com/team": "shop"',
        })),
  ),
);
