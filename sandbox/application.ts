// The process of an application's pod: agnhost's HTTP server as far as the examples ask it, and a page about the request.
import * as http from "node:http";

const [port = "8080", version = "", name = "", namespace = ""] = process.argv.slice(2);

/** One request as the application saw it. */
interface Seen {
  method: string | undefined;
  path: string | undefined;
  headers: http.IncomingHttpHeaders;
}

/** How many requests an application remembers. */
const memory = 200;

const seen: Seen[] = [];

const server = http.createServer((request, response) => {
  const url = new URL(request.url ?? "/", "http://pod");
  const { method, headers } = request;
  const query = (key: string): string => url.searchParams.get(key) ?? "";
  const reply = (type: string, text: string): void => {
    const status = Number(query("status") || 200);
    setTimeout(() => response.writeHead(status, { "content-type": type }).end(text), Number(query("delay")));
  };
  request.resume();
  if (url.pathname === "/healthz") return reply("text/plain", "ok");
  if (url.pathname === "/requests") return reply("application/json", JSON.stringify(seen));
  seen.push({ method, path: request.url, headers });
  seen.splice(0, seen.length - memory);
  if (url.pathname === "/hostname") return reply("text/plain", name);
  if (url.pathname === "/echo") return reply("text/plain", query("msg"));
  if (url.pathname === "/header") return reply("text/plain", String(headers[query("key").toLowerCase()] ?? ""));
  const facts = { version, pod: name, namespace, method, path: request.url, headers };
  if (headers.accept?.includes("text/html")) return reply("text/html; charset=utf-8", page(facts));
  reply("application/json", `${JSON.stringify(facts)}\n`);
});
// As Envoy keeps connections: one that the server closes first fails a request now and then.
server.keepAliveTimeout = 3600_000;
server.listen(Number(port));

// For a moment there are gateways that do not know yet that this pod goes.
process.on("SIGTERM", () => setTimeout(() => process.exit(), 2000));

function page(facts: Record<string, unknown>): string {
  const rows = Object.entries(facts)
    .flatMap(([name, value]) => (name === "headers" && value ? Object.entries(value) : [[name, value]]))
    .map(([name, value]) => `<tr><th>${escaped(String(name))}</th><td>${escaped(String(value))}</td></tr>`);
  const title = `${String(facts.pod)} answers`;
  const style = "body{font:16px sans-serif;margin:3em}th{text-align:left;padding-right:2em}td{font-family:monospace}";
  return `<!doctype html>
<html lang="en"><head><title>${escaped(title)}</title><style>${style}</style></head>
<body><h1>${escaped(title)}</h1><table>${rows.join("\n")}</table></body></html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
