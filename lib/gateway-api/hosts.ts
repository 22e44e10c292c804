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

function within(pattern: string, hostname: string): boolean {
  return pattern.startsWith("*.") && hostname.endsWith(pattern.slice(1)) && hostname.length > pattern.length - 1;
}

/** True where the listener serves the hostname; a listener without one serves all. */
export function serves({ hostname }: { hostname?: string }, host: string): boolean {
  return hostname === undefined || hostname === "" || listens(hostname, host);
}
