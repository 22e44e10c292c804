// The proxy that Go programs take from the environment, so that we reach a cluster wherever kubectl and the plugin do.
import * as net from "node:net";

/** The proxy for a server by HTTPS_PROXY, HTTP_PROXY and NO_PROXY; none for this machine itself. */
export function environmentProxy(server: string, env: NodeJS.ProcessEnv): string | undefined {
  const { protocol, hostname, port } = new URL(server);
  const name = protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const proxy = env[name] || env[name.toLowerCase()];
  const host = hostname.replace(/^\[|\]$/g, "").toLowerCase();
  if (!proxy || isLoopback(host)) return undefined;
  const exceptions = (env["NO_PROXY"] || env["no_proxy"] || "").split(",").map((entry) => entry.trim().toLowerCase());
  const usedPort = port || (protocol === "https:" ? "443" : "80");
  if (exceptions.some((entry) => entry !== "" && matches(entry, host, usedPort))) return undefined;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (net.isIPv4(host) && host.startsWith("127."));
}

/** One entry of NO_PROXY: "*", an address, a range of addresses, a domain with or without a leading dot, any with a port. */
function matches(entry: string, host: string, port: string): boolean {
  if (entry === "*") return true;
  const range = /^(.+)\/(\d+)$/.exec(entry);
  if (range) return isInRange(host, range[1] ?? "", Number(range[2]));
  const withPort = net.isIP(entry) ? null : /^(.+):(\d+)$/.exec(entry);
  if (withPort && withPort[2] !== port) return false;
  const name = (withPort?.[1] ?? entry).replace(/^\[|\]$/g, "").replace(/^\*(?=\.)/, "");
  if (name.startsWith(".")) return host.endsWith(name);
  return host === name || (!net.isIP(host) && host.endsWith(`.${name}`));
}

function isInRange(host: string, network: string, prefix: number): boolean {
  const family = net.isIPv6(host) ? "ipv6" : "ipv4";
  if (!net.isIP(host) || net.isIP(host) !== net.isIP(network)) return false;
  const range = new net.BlockList();
  range.addSubnet(network, prefix, family);
  return range.check(host, family);
}
