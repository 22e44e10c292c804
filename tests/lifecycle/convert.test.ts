// `convert` proven by requests: its YAML applied, and the gateway asked what ingress-nginx's own specs ask NGINX.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import * as tls from "node:tls";
import { parse, stringify } from "yaml";
import { convertedProgram } from "../../cli/convert-program";
import { AmbientMesh, IngressGateway } from "../../components";
import { convert } from "../../lib/conversion/convert";
import type { Ingress, Secret } from "../../lib/conversion/objects";
import { findTraffic } from "../../sandbox/pods/traffic";
import { istioAmbient } from "../unit/fixtures/terminal";
import { nginx } from "../unit/conversion/models";
import { ingress, type Ask } from "./convert-ask";
import { answers, bodyAsks, limitedIngresses } from "./convert-bodies";
import { isSaid, type Comparison } from "./convert-compared";
import { alsoByEnvoyFilters } from "./convert-envoy";
import { askAs, askedByOld, base64, cipherOf, hasReachedBackend } from "./convert-handshake";
import { absent, moreSpecs } from "./convert-more-specs";
import { application, certificate, clientCertificate, selfSigned, service } from "./convert-objects";
import { otherSpecs } from "./convert-other-specs";
import { services, specs as usualSpecs } from "./convert-specs";
import { programOf, previewed, served } from "./convert-program";
import { apply, kubectl, settled, sources, TestStack } from "./support";

const linesFile = "customheaders.go, serversnippet.go";
const specs = [...usualSpecs, ...moreSpecs, ...otherSpecs];
const ingressesOfAll = specs.flatMap(({ ingresses }) => ingresses);
const documentsOfAll = [...ingressesOfAll, ...specs.flatMap(({ others = [] }) => others)];
/** What the conversion says that the mesh must have, save for one service, and with one for those who know users. */
const extensionProviders = convert(documentsOfAll)
  .providers.filter(({ envoyExtAuthzHttp: { service } }) => service !== absent)
  .map(({ name, envoyExtAuthzHttp: { service, ...rest } }) => ({
    name,
    envoyExtAuthzHttp: { ...rest, service: /^</.test(String(service)) ? "guard.convert.svc.cluster.local" : service },
  }));

function program(): Promise<Record<string, unknown>> {
  const mesh = new AmbientMesh("mesh", {
    ...sources,
    platform: "kind",
    // A program with a route for https alone is refused where no certificate names its host.
    gateway: { allowedListeners: { from: "All" }, certificate: { dnsNames: ["localhost", "force.test"] } },
    controlPlane: {
      values: {
        pilot: { env: { PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS: "true" } },
        meshConfig: { extensionProviders },
      },
    },
  });
  const listeners = { serviceType: "LoadBalancer", allowedListeners: { from: "All" } } as const;
  const edge = new IngressGateway("edge", listeners, { dependsOn: mesh });
  return Promise.resolve({ http: mesh.httpUrl, https: mesh.httpsUrl, edge: edge.httpsUrl });
}

interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
  /** Of the certificate that was shown. */
  serial: string;
  names: string;
}

const { lacks } = findTraffic();

describe("convert", () => {
  if (lacks.length > 0) {
    it("cannot be tried here", () => {
      console.log(`      this machine lacks ${lacks.join("; ")}`);
    });
    return;
  }

  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "convert-"));
  let stack: TestStack;
  let urls: { [scheme: string]: string };

  before(async () => {
    stack = await TestStack.open("convert", program);
    urls = (await stack.up()).outputs as { [scheme: string]: string };
    apply(JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: "convert" } }));
    apply(certificate());
    apply(selfSigned());
    for (const name of services) for (const object of application(name)) apply(JSON.stringify(object));
    for (const name of services) kubectl("rollout", "status", `deployment/${name}`, "-n", "convert", "--timeout=120s");
    const converted = await istioAmbient(["convert", "-f", write("ingresses.yaml", documentsOfAll)]);
    assert.equal(converted.code, 0, converted.err);
    fs.writeFileSync(path.join(folder, "routes.yaml"), converted.out);
    kubectl("apply", "-f", path.join(folder, "routes.yaml"));
    await settled(
      () => ask({ url: "/a", host: "secure.test", scheme: "https", status: 200 }).catch(() => undefined),
      (answer) => answer?.status === 200,
    );
    await settled(
      () => ask({ url: "/", host: "denied.test", status: 403 }).catch(() => undefined),
      (answer) => answer?.status === 403,
    );
    await settled(
      () => ask({ url: "/", host: "issued.test", scheme: "https", status: 200 }).catch(() => undefined),
      (answer) => answer?.names.includes("issued.test") === true,
    );
  });

  after(async () => {
    for (const file of fs.readdirSync(folder).filter((name) => /^(routes|limits-\d)\.yaml$/.test(name))) {
      kubectl("delete", "-f", path.join(folder, file), "--ignore-not-found");
    }
    kubectl("delete", "namespace", "convert", "--ignore-not-found");
    kubectl("delete", "clusterissuer", "convert-self", "--ignore-not-found");
    await stack.remove();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  function write(name: string, documents: object[]): string {
    const file = path.join(folder, name);
    fs.writeFileSync(
      file,
      documents.map((document) => stringify(document, { aliasDuplicateObjects: false })).join("---\n"),
    );
    return file;
  }

  function ask({ url, host = "", scheme = "http", method = "GET", send = {} }: Ask): Promise<Answer> {
    const base = new URL(urls[scheme]!);
    return new Promise((resolve, reject) => {
      const options = {
        method,
        host: base.hostname,
        port: base.port,
        path: url,
        agent: false,
        headers: { ...send, host },
        servername: host,
        rejectUnauthorized: false,
        timeout: 10_000,
      };
      const sent = (scheme === "https" ? https : http).request(options, (response) => {
        const { socket } = response;
        const shown =
          "getPeerCertificate" in socket ? (socket as import("node:tls").TLSSocket).getPeerCertificate() : undefined;
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
            serial: shown?.serialNumber ?? "",
            names: shown?.subjectaltname ?? "",
          }),
        );
      });
      sent.on("timeout", () => sent.destroy(new Error("no answer within 10 s")));
      sent.on("error", reject);
      sent.end();
    });
  }

  for (const spec of specs) {
    it(`${spec.file}: ${spec.says}`, async () => {
      const [first] = spec.ingresses[0]!.spec.rules!;
      for (const one of spec.asks) {
        const answer = await ask({ ...one, host: one.host ?? first!.host! });
        const { location, service, path: seen, saw = {}, headers = {} } = one;
        const said =
          service === undefined
            ? undefined
            : (JSON.parse(answer.body) as { version: string; path: string; headers: { [name: string]: string } });
        assert.deepEqual(
          {
            asked: one.url,
            status: answer.status,
            location: answer.headers.location,
            service: said?.version,
            path: said?.path,
          },
          { asked: one.url, status: one.status, location, service, path: seen },
        );
        for (const [name, value] of Object.entries(saw)) assert.equal(said?.headers[name], value);
        for (const [name, form] of Object.entries(headers)) {
          const value = String(answer.headers[name] ?? "");
          if (form) assert.match(value, form);
          else assert.equal(value, "");
        }
      }
    });
  }

  it("writes a program that makes the same objects, as the engine previews it", async () => {
    apply(JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: "typed" } }));
    for (const name of services) apply(JSON.stringify(service(name, "typed")));
    const moved = (documentsOfAll as { metadata: object }[]).map((one) => ({
      ...one,
      metadata: { ...one.metadata, namespace: "typed" },
    }));
    const { objects, providers, refused } = convert(moved);
    assert.equal(refused, false);
    const typed = await TestStack.open("convert-typed", programOf(convertedProgram(objects, providers), folder));
    try {
      const { made, outcome } = await previewed(typed);
      // The routes of the other namespace have the same hosts, which no certificate names: of that the look warns.
      const warned = /^warning: this program may not work as written:/;
      assert.deepEqual(
        outcome.diagnostics.filter((line) => !warned.test(line)),
        [],
      );
      assert.deepEqual(served(made), served(objects));
    } finally {
      await typed.remove();
      kubectl("delete", "namespace", "typed");
    }
  });

  it("shows the certificate of the host's own Secret, and the Gateway's to everybody else", async () => {
    const own = await ask({ url: "/", host: "secure.test", scheme: "https", status: 200 });
    const other = await ask({ url: "/", host: "force.test", scheme: "https", status: 200 });
    assert.notEqual(own.serial, other.serial);
    const issued = await ask({ url: "/", host: "issued.test", scheme: "https", status: 200 });
    assert.equal(issued.names, "DNS:issued.test");
  });

  it("has ciphers of a host's own, and Envoy's elsewhere; clients of HTTP/1.0 are sent away", async () => {
    assert.equal(await cipherOf("ciphers.test", urls["https"]!), "ECDHE-ECDSA-AES256-GCM-SHA384");
    assert.equal(await cipherOf("secure.test", urls["https"]!), "ECDHE-ECDSA-AES128-GCM-SHA256");
    assert.equal(await askedByOld("secure.test", urls["http"]!), "HTTP/1.1 426 Upgrade Required");
  });

  it("demands certificates of a host's clients, whichever name they shake hands with", async () => {
    apply(JSON.stringify(clientCertificate("client", "convert")));
    kubectl("wait", "certificate/client", "-n", "convert", "--for=condition=Ready", "--timeout=60s");
    const secret = JSON.parse(kubectl("get", "secret", "client", "-n", "convert", "-o", "json")) as Secret;
    const of = (name: string) => base64(secret.data![name]!);
    const client = { cert: of("tls.crt"), key: of("tls.key") };
    const annotations = {
      "auth-tls-secret": "convert/client",
      "auth-tls-verify-client": "on",
      "auth-tls-pass-certificate-to-upstream": "true",
    };
    const guarded = ingress("mutual.test", annotations, { "/": "web" }, { tls: true });
    const { code, out, err } = await istioAmbient([
      "convert",
      "-f",
      write("mutual.yaml", [guarded, secret]),
      "--no-envoy-filters",
    ]);
    assert.equal(code, 0, err);
    apply(out);
    const ask = (who: Parameters<typeof askAs>[0]) => askAs(who, "mutual.test", urls["https"]!);
    const known = await settled(
      () => ask({ ...client, send: { "ssl-client-verify": "NONE", "ssl-client-subject-dn": "CN=other" } }),
      ({ status }) => status === 200,
    );
    assert.equal(known.status, 200, known.error);
    assert.deepEqual(
      ["verify", "subject-dn", "issuer-dn"].map((name) => known.saw[`ssl-client-${name}`]),
      ["SUCCESS", "CN=client", "CN=client"],
    );
    assert.equal(decodeURIComponent(known.saw["ssl-client-cert"]!), client.cert);
    assert.equal((await ask({})).status, undefined);
    // Listeners of other hosts demand none, and so have no route to it; that of one with its certificate says so.
    for (const [servername, status] of Object.entries({ "secure.test": 421, "force.test": 404, "other.test": 404 })) {
      assert.deepEqual(await ask({ servername }), { status, saw: {} });
    }
  });

  it("does by EnvoyFilters what routes cannot, and leaves other routes as they are", async () => {
    // Both write the filter that limits bodies, the second one over the first.
    for (const [index, limited] of limitedIngresses.entries()) {
      const file = write(`limited-${index}.yaml`, limited);
      const { code, out, err } = await istioAmbient(["convert", "-f", file]);
      assert.equal(code, 0, err);
      fs.writeFileSync(path.join(folder, `limits-${index}.yaml`), out);
      kubectl("apply", "-f", path.join(folder, `limits-${index}.yaml`));
    }
    const refusals = bodyAsks.filter(
      ({ host, status, location, added, server, scheme }) =>
        status === 413 || location || added || server || scheme === "https" || host === "wordy.test",
    );
    await settled(
      () => answers(refusals, urls).catch(() => []),
      (given) => JSON.stringify(given) === JSON.stringify(refusals),
    );
    assert.deepEqual(await answers(bodyAsks, urls), bodyAsks);
  });

  alsoByEnvoyFilters(() => urls, write, path.join(folder, "limits-1.yaml"));

  it("passes TLS on to the backend of a host, and terminates that of the others", async () => {
    const passed = ingress("passed.test", { "ssl-passthrough": "true" }, { "/": "web" });
    const file = write("passed.yaml", [passed]);
    const { code, out, err } = await istioAmbient(["convert", "-f", file, "--gateway", "istio-system/edge"]);
    assert.equal(code, 0, err);
    apply(out);
    const shake = (servername: string) =>
      new Promise<string>((resolve) => {
        const { hostname: host, port } = new URL(urls["edge"]!);
        const socket = tls.connect({ host, port: Number(port || 443), servername, rejectUnauthorized: false });
        socket.on("secureConnect", () => socket.end(() => resolve(socket.getPeerCertificate().serialNumber)));
        socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
      });
    // The backend here speaks no TLS: what it answers to a handshake is the proof that the handshake reached it.
    assert.equal(await settled(() => shake("passed.test"), hasReachedBackend), "ERR_SSL_WRONG_VERSION_NUMBER");
    assert.match(await shake("other.test"), /^[0-9A-F]{16,}$/);
  });

  describe("--compare", () => {
    const ingresses = specs
      .filter(({ file }) => ["paths", "rewrite.go", "forcesslredirect.go", "tls", linesFile].includes(file))
      .flatMap((spec) => spec.ingresses);
    const documents = [...ingresses, ...specs.flatMap(({ others = [] }) => others)];
    const lines = { foo: "Bar", xpto: "Lalala" };
    const { stringData } = parse(certificate()) as Secret;
    const own = { cert: stringData!["tls.crt"]!, key: stringData!["tls.key"]! };

    /** What differs between two servers that behave as NGINX is documented to, and the gateway, over http and https. */
    async function compared(
      served: Ingress[],
      documents: object[],
      shown: typeof own,
      headers: { [name: string]: string } = lines,
    ): Promise<Comparison> {
      const answerTo =
        (scheme: "http" | "https"): http.RequestListener =>
        (request, response) => {
          const { pathname, search } = new URL(request.url ?? "/", "http://nginx");
          const host = request.headers.host ?? "";
          const answer = nginx(served, { scheme, host, path: pathname });
          if (host === "lines.test")
            for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
          if (host === "own-headers.test") response.setHeader("my-header", "42").setHeader("my-dollar", "$remote_addr");
          if (answer.kind === "none") return response.writeHead(404).end();
          if (answer.kind === "redirect") {
            // NGINX takes the last slash away on the way to https.
            const bare = host === "keep.test" ? answer.location : answer.location.replace(/(.)\/$/, "$1");
            const to = answer.status === 308 ? bare : `${scheme}://${host}${answer.location}`;
            return response.writeHead(answer.status, { location: to + search }).end();
          }
          const [version] = Object.keys(answer.weights);
          return response.end(JSON.stringify({ service: version, path: answer.path + search }));
        };
      const servers = [http.createServer(answerTo("http")), https.createServer(shown, answerTo("https"))];
      for (const server of servers) await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const [plain, secure] = servers.map((server) => (server.address() as AddressInfo).port);
      try {
        const file = write("compared.yaml", documents);
        const both = ["--compare", `http://127.0.0.1:${plain}`, urls["http"]!];
        const bothSecure = ["--https", `https://127.0.0.1:${secure}`, urls["https"]!];
        const bounds = ["--output", "json", "--rate", "200", "--max-requests", "1000"];
        const { code, out, err } = await istioAmbient(["convert", "-f", file, ...both, ...bothSecure, ...bounds]);
        assert.deepEqual({ code, err }, { code: 1, err: "" });
        return JSON.parse(out) as Comparison;
      } finally {
        for (const server of servers) server.close();
      }
    }

    it("finds nothing but what the report says, over http and https", async () => {
      const { sent, left, differences } = await compared(ingresses, documents, own);
      assert.ok(sent > 200, String(sent));
      assert.equal(left, 0);
      const unsaid = differences.filter(({ request: { host, path: asked } }) => !isSaid(host, asked));
      assert.deepEqual(unsaid, []);
    });

    it("finds a path that goes elsewhere, and says where", async () => {
      const asIs = ingress("paths.test", {}, { "/foo": "web" }, { name: "asis" });
      const elsewhere = ingress("paths.test", {}, { "/foo": "other" }, { name: "asis" });
      const { differences } = await compared([elsewhere], [asIs], own);
      const found = differences.filter(({ request: { path: asked } }) => asked === "/foo");
      assert.deepEqual(
        found.map(({ request: { scheme, method }, what }) => [scheme, method, what]),
        ["http", "https"].map((scheme) => [scheme, "GET", { backend: { nginx: "other", gateway: "web" } }]),
      );
    });

    it("finds a header that another value has, and a certificate that is another one", async () => {
      const tls = ingresses.filter(({ metadata: { name } }) => name === "both-test" || name === "lines-test");
      apply(JSON.stringify(clientCertificate("other-ca", "convert")));
      kubectl("wait", "certificate/other-ca", "-n", "convert", "--for=condition=Ready", "--timeout=60s");
      const secret = JSON.parse(kubectl("get", "secret", "other-ca", "-n", "convert", "-o", "json")) as Secret;
      const other = { cert: base64(secret.data!["tls.crt"]!), key: base64(secret.data!["tls.key"]!) };
      const { differences } = await compared(tls, tls, other, { foo: "Baz", xpto: "Lalala" });
      const seen = (host: string) => {
        const all = differences.filter(({ request }) => request.host === host && request.path === "/");
        return all.map(({ request: { scheme, method }, what }) => `${scheme} ${method} ${Object.keys(what).join()}`);
      };
      assert.deepEqual(seen("both.test"), ["https GET certificate", "https HEAD certificate"]);
      assert.deepEqual(seen("lines.test"), ["http GET foo", "http HEAD foo", "https GET foo", "https HEAD foo"]);
      const shown = differences.find(({ what }) => what["certificate"])!.what["certificate"]!;
      assert.match(shown.nginx, /other-ca, serial number [0-9A-F]+$/);
      assert.notEqual(shown.gateway, shown.nginx);
    });
  });
});
