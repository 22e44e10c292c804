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
    const filler = "x".repeat(Number(query("filler")));
    const headers = { "content-type": type, ...(filler === "" ? {} : { "x-filler": filler }) };
    for (const answer of url.searchParams.getAll("answer")) {
      const [, key = "", value = ""] = /^([^:]*): *(.*)$/.exec(answer) ?? [];
      response.appendHeader(key, value);
    }
    setTimeout(() => response.writeHead(status, headers).end(text), Number(query("delay")));
  };
  request.resume();
  if (url.pathname === "/healthz") return reply("text/plain", "ok");
  if (url.pathname === "/requests") return reply("application/json", JSON.stringify(seen));
  seen.push({ method, path: request.url, headers });
  seen.splice(0, seen.length - memory);
  if (url.pathname === "/echo") return reply("text/plain", query("msg"));
  if (url.pathname === "/header") return reply("text/plain", String(headers[query("key").toLowerCase()] ?? ""));
  const facts = { version, pod: name, namespace, method, path: request.url, headers };
  if (headers.accept?.includes("text/html")) return reply("text/html; charset=utf-8", page(facts));
  if (url.pathname === "/hostname") return reply("text/plain", name);
  reply("application/json", `${JSON.stringify(facts)}\n`);
});
// As Envoy keeps connections: one that the server closes first fails a request now and then.
server.keepAliveTimeout = 3600_000;
server.listen(Number(port));

// For a moment there are gateways that do not know yet that this pod goes.
process.on("SIGTERM", () => setTimeout(() => process.exit(), 2000));

/** The colour tells versions apart at a glance, while the page is loaded again and again. */
const colour = version === "v2" ? "#b45309" : "#1d4ed8";

const style = `body{font:16px/1.5 sans-serif;margin:3rem auto;max-width:52rem;padding:0 1rem}
h1{border-left:.4em solid ${colour};padding-left:.5em}th{text-align:left;vertical-align:top;padding-right:2em;white-space:nowrap}
td{font-family:monospace;overflow-wrap:anywhere}summary{margin-top:1em;cursor:pointer}`;

function page({ headers, ...facts }: Record<string, unknown> & { headers: http.IncomingHttpHeaders }): string {
  const title = `${String(facts.pod)} answers`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title><style>${style}</style></head>
<body><h1>${escaped(title)}</h1>
${rows({ ...facts, asked: headers["x-envoy-original-path"] ?? facts.path })}
<details><summary>Headers as they came here</summary>${rows(headers)}</details>
</body></html>
`;
}

function rows(values: Record<string, unknown>): string {
  const all = Object.entries(values).map(
    ([key, value]) => `<tr><th>${escaped(key)}</th><td>${escaped(String(value))}</td></tr>`,
  );
  return `<table>${all.join("\n")}</table>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
