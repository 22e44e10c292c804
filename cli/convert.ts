// `istio-ambient convert`: Ingresses of ingress-nginx → routes for the mesh's gateway, or the reason why not.
import * as fs from "node:fs";
import * as path from "node:path";
import { Command } from "commander";
import { parseAllDocuments } from "yaml";
import { UnreachableError } from "../cluster/client";
import { NoClusterError, reason } from "../cluster/connection";
import { IngressesError, readIngresses, type Read } from "../cluster/ingresses";
import { convert, standardOptions } from "../lib/conversion/convert";
import type { AuthProvider } from "../lib/conversion/auth-providers";
import type { IssuerName } from "../lib/conversion/certificates/annotations";
import { inputOf } from "../lib/conversion/input";
import { classOf, type ConvertOptions } from "../lib/conversion/read";
import { count, envoyFilterNames, reportText } from "../lib/conversion/report";
import { yamlText } from "../lib/conversion/yaml";
import { violationLine } from "../lib/validation/violations";
import { compare, type CompareOptions } from "./compare";
import { convertedProgram } from "./convert-program";
import { durationOption } from "./duration";
import { exit, UsageError } from "./exit";
import { targetOf, withTarget, type TargetOptions } from "./target";
import type { Terminal } from "./terminal";

interface Options extends TargetOptions, CompareOptions {
  filename?: string[];
  namespace?: string[];
  allNamespaces?: boolean;
  class: string;
  classless?: boolean;
  gateway: string;
  httpListener: string;
  httpsListener: string;
  httpsPort?: string;
  hsts?: boolean;
  nginxHeaders?: boolean;
  output?: string;
  report: string;
  accept?: string[];
  authProvider?: string[];
  defaultIssuer?: string;
  envoyFilters: boolean;
  timeout: string;
}

const standard = standardOptions.gateway;

/** The subcommand; `finish` takes its exit code. */
export function convertCommand(terminal: Terminal, finish: (code: number) => void): Command {
  const collect = (value: string, list: string[] = []) => [...list, value];
  return withTarget(new Command("convert"))
    .description(
      "Convert Ingresses of ingress-nginx to routes for the mesh's gateway, and report the result for each part.",
    )
    .option("-f, --filename <path>", "file or directory with Ingresses, - for stdin; can be repeated", collect)
    .option("--namespace <name>", "read this namespace of a cluster; can be repeated", collect)
    .option("--all-namespaces", "read all namespaces of a cluster")
    .option("--class <name>", "class of the Ingresses", standardOptions.className)
    .option("--classless", "include Ingresses of a cluster without a class; those in files are always included")
    .option("--gateway <namespace/name>", "the Gateway that routes attach to", `${standard.namespace}/${standard.name}`)
    .option(
      "--http-listener <name>",
      "HTTP listener of the Gateway, or a port for all of its listeners there",
      standard.httpListener,
    )
    .option("--https-listener <name>", "HTTPS listener of the Gateway, or a port", standard.httpsListener)
    .option("--https-port <port>", "HTTPS port in redirects, if it is not 443")
    .option("--hsts", "add Strict-Transport-Security to HTTPS responses, as NGINX does")
    .option(
      "--nginx-headers",
      "overwrite or drop what clients send as X-Real-IP, X-Forwarded-*, X-Scheme, Proxy and with underscores, as NGINX does",
    )
    .option("--accept <part>", "skip a refused annotation or path; can be repeated", collect)
    .option(
      "--auth-provider <name>",
      "name of the mesh's extension provider for auth-url, <url>=<name> for one URL, or basic:<namespace>/<secret>=<name> for the passwords of a Secret; names are derived otherwise; can be repeated",
      collect,
    )
    .option("--default-issuer <kind/name>", "cert-manager's default issuer, where kubernetes.io/tls-acme asks for it")
    .option(
      "--no-envoy-filters",
      "write no EnvoyFilters for what only Envoy can do, such as limits and timeouts; they depend on the gateway's version of Envoy",
    )
    .option("--output <format>", "yaml or typescript; with --compare table or json")
    .option("--report <format>", "format of the report on stderr: text or json", "text")
    .option("--timeout <duration>", "time limit for reading a cluster", "1m")
    .option("--compare <urls...>", "send the Ingresses' requests to both URLs, NGINX first, and print the differences")
    .option("--https <urls...>", "do the same over HTTPS")
    .option("--methods <list>", "methods to send with --compare", "GET,HEAD,OPTIONS")
    .option("--header <name>", "also compare this response header; can be repeated", collect)
    .option("--backend-header <name>", "response header that identifies the backend; can be repeated", collect)
    .option("--max-requests <number>", "maximum number of requests to each side", "500")
    .option("--rate <number>", "requests per second to each side", "50")
    .action(async (options: Options) => finish(await run(options, terminal)));
}

async function run(options: Options, terminal: Terminal): Promise<number> {
  const settings = settingsOf(options);
  let read: Read;
  try {
    read = await documentsOf(options);
  } catch (error) {
    if (!(error instanceof UnreachableError || error instanceof NoClusterError || error instanceof IngressesError)) {
      throw error;
    }
    terminal.err(`${error.message}\n`);
    return exit.unreachable;
  }
  const { documents } = read;
  requireIngresses(documents, settings);
  if (options.compare || options.https) return compare(documents, settings, options, terminal);
  const { objects, providers, entries, notes, refused } = convert(documents, {
    ...settings,
    elsewhere: read.elsewhere,
  });
  const envoyFilters = envoyFilterNames(objects);
  const data = { counts: count(entries), entries, extensionProviders: providers, envoyFilters, notes };
  terminal.err(options.report === "json" ? `${JSON.stringify(data, null, 2)}\n` : reportText(entries, objects, notes));
  if (refused) return exit.failed;
  terminal.out((options.output === "typescript" ? convertedProgram : yamlText)(objects, providers));
  return exit.good;
}

/** The options that can be wrong by themselves. */
function settingsOf(options: Options): ConvertOptions {
  const formats = options.compare || options.https ? ["table", "json"] : ["yaml", "typescript"];
  requireWord("--output", options.output ?? formats[0]!, formats);
  requireWord("--report", options.report, ["text", "json"]);
  const [namespace, name, ...rest] = options.gateway.split("/");
  if (!namespace || !name || rest.length > 0) {
    const fix = `--gateway ${standard.namespace}/${standard.name}`;
    throw usage("--gateway", options.gateway, "must be a namespace and a name with a slash between them", fix);
  }
  const port = options.httpsPort;
  if (port !== undefined && !(/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65535)) {
    throw usage("--https-port", port, "must be a whole number from 1 to 65535", "--https-port 8444");
  }
  return {
    gateway: {
      name,
      namespace,
      httpListener: options.httpListener,
      httpsListener: options.httpsListener,
      ...(port === undefined || port === "443" ? {} : { httpsPort: Number(port) }),
      hsts: options.hsts === true,
      nginxHeaders: options.nginxHeaders === true,
    },
    className: options.class,
    classless: options.filename !== undefined || options.classless === true,
    accept: options.accept ?? [],
    authProviders: authProviders(options.authProvider ?? []),
    envoyFilters: options.envoyFilters,
    ...(options.defaultIssuer === undefined ? {} : { defaultIssuer: issuerOf(options.defaultIssuer) }),
  };
}

/** Kind and name of an issuer. */
function issuerOf(text: string): IssuerName {
  const [, kind, name] = /^(ClusterIssuer|Issuer)\/([a-z0-9](?:[-.a-z0-9]*[a-z0-9])?)$/.exec(text) ?? [];
  if (kind !== undefined && name !== undefined) return { kind, name };
  const rule = "must be ClusterIssuer or Issuer and a name with a slash between them";
  throw usage("--default-issuer", text, rule, "--default-issuer ClusterIssuer/letsencrypt");
}

/** Names of extension providers, each for every URL or for one. */
function authProviders(given: string[]): AuthProvider[] {
  const all = given.map((text) => {
    const [, url, name = ""] = /^(?:(.*)=)?([^=]*)$/.exec(text) ?? [];
    if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) {
      const rule = "must end with a name of lowercase letters, digits and hyphens, 63 at most";
      throw usage("--auth-provider", text, rule, "--auth-provider oauth2-proxy");
    }
    return url === undefined ? { name } : { name, url };
  });
  // Istio finds the requests of a provider by what its name begins with.
  for (const { name } of all) {
    const longer = all.find((other) => other.name.startsWith(`${name}-`));
    if (longer) {
      const rule = `must not begin like the name of another provider, here "${name}"`;
      throw usage(
        "--auth-provider",
        longer.name,
        rule,
        `--auth-provider ${longer.name.split("-").reverse().join("-")}`,
      );
    }
  }
  return all;
}

function requireWord(option: string, word: string, words: readonly string[]): void {
  if (!words.includes(word)) throw usage(option, word, `must be one of ${words.join(", ")}`, `${option} ${words[0]}`);
}

function usage(option: string, got: string | undefined, rule: string, fix: string): UsageError {
  return new UsageError(violationLine({ path: option, got, rule, fix }));
}

/** From files, or from a cluster; from both where both are named. */
async function documentsOf(options: Options): Promise<Read> {
  const { filename = [], namespace = [], allNamespaces } = options;
  const cluster = allNamespaces === true || namespace.length > 0;
  if (filename.length === 0 && !cluster) {
    const rule = "must name where to read Ingresses from";
    throw usage("-f", undefined, rule, "-f ingress.yaml, --namespace shop or --all-namespaces");
  }
  const timeoutMs = durationOption("--timeout", options.timeout);
  const read = cluster
    ? await readIngresses(targetOf(options), allNamespaces ? [] : namespace, timeoutMs)
    : { documents: [], elsewhere: [] };
  return { ...read, documents: [...filename.flatMap(documentsOfFile), ...read.documents] };
}

function documentsOfFile(name: string): unknown[] {
  try {
    if (name !== "-" && fs.statSync(name).isDirectory()) {
      const files = fs
        .readdirSync(name, { recursive: true, encoding: "utf8" })
        .filter((file) => /\.(ya?ml|json)$/.test(file));
      return files.sort().flatMap((file) => documentsOfFile(path.join(name, file)));
    }
    // With what `<<` brings in, as kubectl reads it.
    return parseAllDocuments(fs.readFileSync(name === "-" ? 0 : name, "utf8"), { merge: true }).map((document) => {
      const [error] = document.errors;
      if (error) throw error;
      return document.toJS() as unknown;
    });
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot read ${name === "-" ? "stdin" : name}: ${reason(error)}`);
  }
}

/** Nothing to convert is a slip of the pen more often than the truth. */
function requireIngresses(documents: readonly unknown[], { className, classless }: ConvertOptions): void {
  const { ingresses, unreadable } = inputOf(documents);
  if (unreadable.length > 0 || ingresses.some((one) => classOf(one) === className || !classOf(one))) return;
  const classes = [...new Set(ingresses.map((one) => classOf(one) ?? ""))].filter((name) => name !== "").sort();
  const rule =
    classes.length > 0 ? `no Ingress is of this class; there are ${classes.join(", ")}` : "there is no Ingress";
  throw usage(
    "--class",
    className,
    rule,
    classes.length > 0 ? `--class ${classes[0]}` : classless ? "-f with an Ingress" : "--namespace with an Ingress",
  );
}
