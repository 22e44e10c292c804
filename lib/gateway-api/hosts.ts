// Which hostnames a listener or a certificate serves: a leading `*.` stands for one or more labels, or for exactly one.

/** True where a listener for `pattern` takes requests for `hostname`; either may begin with `*.`. */
export function listens(pattern: string, hostname: string): boolean {
  return pattern === hostname || within(pattern, hostname) || within(hostname, pattern);
}

/** True where a certificate for `name` is accepted for `hostname`: its wildcard stands for exactly one label. */
export function certifies(name: string, hostname: string): boolean {
  const parent = hostname.split(".").slice(1).join(".");
  return name === hostname || name === `*.${parent}`;
}

/** True where a certificate for `name` is accepted for some host that a listener for `pattern` takes. */
export function certifiesSome(name: string, pattern: string): boolean {
  return certifies(name, pattern) || within(pattern, name);
}

function within(pattern: string, hostname: string): boolean {
  return pattern.startsWith("*.") && hostname.endsWith(pattern.slice(1)) && hostname.length > pattern.length - 1;
}

/** True where the listener serves the hostname; a listener without one serves all. */
export function serves({ hostname }: { hostname?: string }, host: string): boolean {
  return hostname === undefined || hostname === "" || listens(hostname, host);
}

/** Code that gives a route a host which one of these patterns takes. */
export function listenedHost(host: string, patterns: string[]): string {
  return `hostnames: ["${hostsOf(patterns, host)[0] ?? host}"]`;
}

/** Code that gives a route a host which the certificate names and a listener takes, or the certificate the host. */
export function certifiedHost(host: string, names: string[], isServed: (host: string) => boolean): string {
  const found = hostsOf(names, host).find(isServed);
  const wanted = [...names, host].map((name) => JSON.stringify(name)).join(", ");
  return found === undefined ? `certificate: { dnsNames: [${wanted}] }` : `hostnames: ["${found}"]`;
}

/** A host of each pattern; first of those that leave its first label open, which is kept. */
function hostsOf(patterns: string[], host: string): string[] {
  const [label = ""] = host.split(".");
  const isWildcard = (pattern: string) => pattern.startsWith("*.");
  const alike = patterns.filter(isWildcard).map((pattern) => `${label}${pattern.slice(1)}`);
  return [...alike, ...patterns.filter((pattern) => !isWildcard(pattern))];
}
