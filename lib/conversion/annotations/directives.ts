// NGINX's own directives, as they stand in snippets: how they are told apart, and those that only tune NGINX.
import { changed, inert, mapped, type Verdict } from "../report";
import { isServer } from "./server-header";

/** What every path has from ingress-nginx's template; NGINX loads none of them twice. */
const ofTemplate = new Set([
  ...["client_max_body_size", "client_body_buffer_size", "proxy_connect_timeout", "proxy_send_timeout"],
  ...["proxy_read_timeout", "proxy_buffering", "proxy_buffer_size", "proxy_buffers", "proxy_request_buffering"],
  ...["proxy_max_temp_file_size", "proxy_http_version", "proxy_cookie_domain", "proxy_cookie_path"],
  ...["proxy_next_upstream", "proxy_next_upstream_timeout", "proxy_next_upstream_tries"],
]);

/** True for a directive that ingress-nginx itself writes for every path. */
export function isOfTemplate(name: string): boolean {
  return ofTemplate.has(name);
}

/** What NGINX waits between two reads or writes by default, in seconds. */
const standardSeconds = 60;
const streams = mapped("Envoy streams bodies in both directions");
const own = mapped("what Envoy does");

/** Directives that only say how NGINX itself works, and what Envoy has in their place. */
const tunings: [form: RegExp, verdict: (value: string) => Verdict | undefined][] = [
  [/^server_tokens off$/, () => mapped("Envoy's own Server header, which has no version")],
  [/^(proxy_intercept_errors|gzip|proxy_ssl_verify|auth_request) off$/, () => inert("this is the default")],
  [
    /^underscores_in_headers on$/,
    () =>
      mapped("what Envoy does", "unless an EnvoyFilter of another Ingress drops such headers for the whole Gateway"),
  ],
  [
    /^http2_(?:recv_timeout|idle_timeout|max_requests|max_field_size|max_header_size) \S+$/,
    () => inert("NGINX has ignored it since 1.19.7"),
  ],
  [
    /^proxy_pass_header (\S+)$/,
    (name) =>
      isServer(name) ? inert("NGINX takes the Server header away all the same, unless server-tokens is on") : own,
  ],
  [/^chunked_transfer_encoding (?:on|off)$/, () => own],
  [/^proxy_ssl_server_name on$/, () => mapped("what a DestinationRule does")],
  [
    /^(?:proxy_busy_buffers_size|proxy_temp_file_write_size|client_body_in_file_only|proxy_ignore_client_abort) \S+$/,
    () => streams,
  ],
  [
    /^proxy_cache(?:_\w+)? .+$/,
    () => changed("Envoy keeps no answers: every request reaches the backend, also one that fails"),
  ],
  [/^(?:log_not_found|access_log) off$/, () => changed("requests are logged where the mesh logs them")],
  [
    /^(?:keepalive_timeout|keepalive_requests|client_header_timeout) .+$/,
    () => mapped("Envoy's own connections to clients"),
  ],
  [/^(?:client_body_timeout|send_timeout|grpc_read_timeout|grpc_send_timeout) (\S+)$/, silence],
  [/^(?:large_client_header_buffers \d+|client_header_buffer_size) (\S+)$/, headers],
];

/** The verdict on a directive that only tunes NGINX; undefined for any other. */
export function tuning(line: string): Verdict | undefined {
  for (const [form, verdict] of tunings) {
    const match = form.exec(line);
    if (match) return verdict(match[1] ?? "");
  }
  return undefined;
}

/** A time between two reads or writes, which Envoy does not limit. */
function silence(value: string): Verdict | undefined {
  const [, number, unit = "s"] = /^(\d+)(ms|s|m|h|d)?$/.exec(value) ?? [];
  const seconds = Number(number) * ({ ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 }[unit] ?? 1);
  if (!(seconds >= standardSeconds)) return undefined;
  return changed(`what NGINX ends after ${value} of silence goes on`, "no limit between two reads or writes");
}

/** Memory for the headers of a request. */
function headers(value: string): Verdict | undefined {
  const [, number, unit = ""] = /^(\d+)(k|m)?$/i.exec(value) ?? [];
  const kibibytes = Number(number) * ({ k: 1, m: 1024 }[unit.toLowerCase()] ?? 1 / 1024);
  if (Number.isNaN(kibibytes)) return undefined;
  return kibibytes <= 60
    ? mapped("Envoy takes headers of up to 60 KiB")
    : changed("Envoy takes headers of up to 60 KiB in all, and answers 431 to more");
}

/** The directives of the snippet; undefined where it has blocks or quotes that do not end. */
export function directives(snippet: string): string[] | undefined {
  const found: string[] = [];
  let line = "";
  let quote = "";
  let comment = false;
  let braced = false;
  for (const letter of snippet) {
    if (comment) {
      comment = letter !== "\n";
      continue;
    }
    if (quote !== "") {
      if (letter === quote) quote = "";
    } else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === "#" && /(^|\s)$/.test(line)) {
      comment = true;
      continue;
    } else if (letter === "{" && line.endsWith("$")) braced = true;
    else if (letter === "}" && braced) braced = false;
    else if (letter === "{" || letter === "}") return undefined;
    else if (letter === ";") {
      found.push(line.trim().replace(/\s+/g, " "));
      line = "";
      continue;
    }
    line += letter;
  }
  return quote === "" && line.trim() === "" ? found : undefined;
}

/** The words of a directive, without their quotes. */
export function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? "",
  );
}
