// `istio-ambient convert` as it is called: what goes where, exit codes, and wrong calls.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import { istioAmbient } from "../fixtures/terminal";
import { headersNote as note, ingressWith, type Given } from "./cases";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "convert-cli-"));
const write = (name: string, ...documents: object[]): string => {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, documents.map((document) => stringify(document)).join("---\n"));
  return file;
};
const plain = (given: Given = {}) => ingressWith(given);

const route = `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: web
  namespace: shop
spec:
  parentRefs:
  - name: hostk8s-gateway
    namespace: istio-system
  hostnames:
  - shop.example.com
  rules:
  - matches:
    - path:
        type: PathPrefix
        value: /
    backendRefs:
    - name: web
      port: 80
`;

const report = `Ingress shop/web
  converted  host shop.example.com → hostnames
  converted  path shop.example.com/ → PathPrefix /

2 converted
${note}
`;

describe("istio-ambient convert", () => {
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it("writes routes to stdout and the report to stderr", async () => {
    const file = write("plain.yaml", { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } }, plain());
    assert.deepEqual(await istioAmbient(["convert", "-f", file]), { code: 0, out: route, err: report });
  });

  it("reads directories, and files that are named twice once", async () => {
    const file = write("directory/deep/plain.json", plain());
    fs.writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: [plain()] }));
    fs.writeFileSync(path.join(folder, "directory", "notes.txt"), "no: [yaml");
    const argv = ["convert", "-f", path.join(folder, "directory"), "-f", file];
    assert.deepEqual(await istioAmbient(argv), { code: 0, out: route, err: report });
  });

  it("reads what aliases bring in, lists, and line ends of Windows", async () => {
    const text = `base: &base
  apiVersion: networking.k8s.io/v1
  kind: Ingress
---
common: &rule
  http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
<<: { apiVersion: networking.k8s.io/v1, kind: Ingress }
metadata: { name: web, namespace: shop }
spec:
  ingressClassName: nginx
  rules: [{ <<: *rule, host: shop.example.com }]
`;
    const file = path.join(folder, "merged.yaml");
    fs.writeFileSync(file, text.replace(/\n/g, "\r\n"));
    const stray = "  converted  ingress common\n             an Ingress has no such field, so an API server drops it\n";
    const told = report.replace("web\n", `web\n${stray}`).replace("2 converted", "3 converted");
    assert.deepEqual(await istioAmbient(["convert", "-f", file]), { code: 0, out: route, err: told });
    const list = path.join(folder, "list.json");
    fs.writeFileSync(list, JSON.stringify([plain()]));
    assert.deepEqual(await istioAmbient(["convert", "-f", list]), { code: 0, out: route, err: report });
  });

  it("writes nothing and fails where something is refused, unless that is accepted", async () => {
    const file = write("limited.yaml", plain({ "limit-rate": "5" }));
    const name = "nginx.ingress.kubernetes.io/limit-rate";
    const why = "Envoy limits the rate of all answers together, and not of each";
    const fix = "a limit in the application";
    const rest = report.split("\n").slice(1, 3).join("\n");
    assert.deepEqual(await istioAmbient(["convert", "-f", file]), {
      code: 1,
      out: "",
      err: `Ingress shop/web\n  refused    annotation ${name}: "5"\n             ${why}\n             way out: ${fix}\n${rest}\n\n2 converted, 1 refused\n`,
    });
    for (const accept of ["limit-rate", name]) {
      assert.deepEqual(await istioAmbient(["convert", "-f", file, "--accept", accept]), {
        code: 0,
        out: route,
        err: `Ingress shop/web\n  accepted   annotation ${name}: "5"\n             skipped: ${why}\n${rest}\n\n2 converted, 1 accepted\n${note}\n`,
      });
    }
  });

  it("writes nothing of a snippet that is skipped, and says what it turned away", async () => {
    const snippet =
      "location = /old { return 301 /new; } location /metrics { deny all; } location ~ [.](?=ht) { deny all; }";
    const file = write("snippet.yaml", plain({ "server-snippet": snippet }));
    const { code, out, err } = await istioAmbient(["convert", "-f", file, "--accept", "server-snippet"]);
    assert.deepEqual([code, out], [0, route]);
    assert.ok(
      err.includes(
        "skipped: it turns requests away, and Envoy, which does not read NGINX's configuration, would let them pass\n",
      ),
      err,
    );
  });

  it("gives the report as data", async () => {
    const { code, err } = await istioAmbient(["convert", "-f", write("data.yaml", plain()), "--report", "json"]);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(err), {
      counts: { converted: 2, mapped: 0, changed: 0, accepted: 0, refused: 0 },
      entries: [
        { ingress: "shop/web", part: "host", name: "shop.example.com", outcome: "converted", to: "hostnames" },
        { ingress: "shop/web", part: "path", name: "shop.example.com/", outcome: "converted", to: "PathPrefix /" },
      ],
      extensionProviders: [],
      notes: [note],
      envoyFilters: [],
    });
  });

  it("hangs routes on another gateway, with its own listeners and port", async () => {
    const file = write("gateway.yaml", plain({ "force-ssl-redirect": "true" }));
    const options = [
      "--gateway",
      "edge/public",
      "--http-listener",
      "web",
      "--https-listener",
      "tls",
      "--https-port",
      "8444",
      "--hsts",
    ];
    const { code, out } = await istioAmbient(["convert", "-f", file, ...options]);
    assert.equal(code, 0);
    for (const wanted of [
      "name: public",
      "namespace: edge",
      "sectionName: web",
      "sectionName: tls",
      "port: 8444",
      "value: max-age=31536000; includeSubDomains",
    ]) {
      assert.ok(out.includes(wanted), `no "${wanted}" in ${out}`);
    }
  });

  it("writes a program", async () => {
    const { code, out } = await istioAmbient([
      "convert",
      "-f",
      write("program.yaml", plain()),
      "--output",
      "typescript",
    ]);
    assert.deepEqual(
      { code, out },
      {
        code: 0,
        out: `// Written by \`istio-ambient convert\`.
import { HttpRoute } from "istio-ambient";

new HttpRoute("shop-web", {
  name: "web",
  namespace: "shop",
  parent: { name: "hostk8s-gateway", namespace: "istio-system" },
  hostnames: ["shop.example.com"],
  rules: [{ matches: [{ prefix: "/" }], backends: [{ service: "web", port: 80 }] }],
});
`,
      },
    );
  });

  const wrong: [argv: string[], err: string][] = [
    [
      [],
      "`-f`: missing; must name where to read Ingresses from; write `-f ingress.yaml, --namespace shop or --all-namespaces`",
    ],
    [
      ["-f", "PLAIN", "--output", "helm"],
      '`--output`: got "helm"; must be one of yaml, typescript; write `--output yaml`',
    ],
    [["-f", "PLAIN", "--report", "html"], '`--report`: got "html"; must be one of text, json; write `--report text`'],
    [
      ["-f", "PLAIN", "--gateway", "public"],
      '`--gateway`: got "public"; must be a namespace and a name with a slash between them; write `--gateway istio-system/hostk8s-gateway`',
    ],
    [
      ["-f", "PLAIN", "--https-port", "0"],
      '`--https-port`: got "0"; must be a whole number from 1 to 65535; write `--https-port 8444`',
    ],
    [
      ["-f", "PLAIN", "--auth-provider", "My_Auth"],
      '`--auth-provider`: got "My_Auth"; must end with a name of lowercase letters, digits and hyphens, 63 at most; write `--auth-provider oauth2-proxy`',
    ],
    [
      ["-f", "PLAIN", "--auth-provider", "auth", "--auth-provider", "https://x/y?z=1=auth-admin"],
      '`--auth-provider`: got "auth-admin"; must not begin like the name of another provider, here "auth"; write `--auth-provider admin-auth`',
    ],
    [
      ["-f", "PLAIN", "--default-issuer", "letsencrypt"],
      '`--default-issuer`: got "letsencrypt"; must be ClusterIssuer or Issuer and a name with a slash between them; write `--default-issuer ClusterIssuer/letsencrypt`',
    ],
    [
      ["-f", "PLAIN", "--class", "public"],
      '`--class`: got "public"; no Ingress is of this class; there are nginx; write `--class nginx`',
    ],
    [
      ["-f", "PLAIN", "--compare", "http://localhost:8080"],
      '`--compare`: got "http://localhost:8080"; must be two URLs of http, NGINX\'s first; write `--compare http://localhost:8080 http://localhost:8081`',
    ],
    [
      ["-f", "PLAIN", "--https", "http://localhost:8080", "https://localhost:8444"],
      '`--https`: got "http://localhost:8080 https://localhost:8444"; must be two URLs of https, NGINX\'s first; write `--https https://localhost:8443 https://localhost:8444`',
    ],
    [
      ["-f", "PLAIN", "--compare", "http://a", "http://b", "--methods", "GET,LOOK"],
      '`--methods`: got "GET,LOOK"; must be some of GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE, with commas between them; write `--methods GET,HEAD,OPTIONS`',
    ],
    [
      ["-f", "PLAIN", "--compare", "http://a", "http://b", "--rate", "fast"],
      '`--rate`: got "fast"; must be a whole number from 1; write `--rate 100`',
    ],
    [
      ["-f", "PLAIN", "--compare", "http://a", "http://b", "--output", "yaml"],
      '`--output`: got "yaml"; must be one of table, json; write `--output table`',
    ],
  ];
  for (const [argv, message] of wrong) {
    it(`refuses ${["convert", ...argv].join(" ")}`, async () => {
      const file = write("usage.yaml", plain());
      const { code, out, err } = await istioAmbient([
        "convert",
        ...argv.map((word) => (word === "PLAIN" ? file : word)),
      ]);
      assert.deepEqual({ code, out, err }, { code: 64, out: "", err: `${message}\n` });
    });
  }

  it("names a file that it cannot read, and what it is", async () => {
    const missing = path.join(folder, "missing.yaml");
    const { code, err } = await istioAmbient(["convert", "-f", missing]);
    assert.deepEqual(
      { code, err },
      { code: 64, err: `cannot read ${missing}: ENOENT: no such file or directory, stat '${missing}'\n` },
    );
  });

  it("names the file of a directory that it cannot read", async () => {
    const template = path.join(folder, "templates", "ingress.yaml");
    fs.mkdirSync(path.dirname(template));
    fs.writeFileSync(template, "kind: [\n");
    const { code, err } = await istioAmbient(["convert", "-f", path.dirname(template)]);
    assert.deepEqual([code, err.split(": ")[0]], [64, `cannot read ${template}`]);
  });

  it("says which of the two URLs of a comparison does not answer", async () => {
    const file = write("compare.yaml", plain());
    const { code, out, err } = await istioAmbient([
      "convert",
      "-f",
      file,
      "--compare",
      "http://127.0.0.1:9",
      "http://127.0.0.1:9",
      "--max-requests",
      "1",
    ]);
    assert.deepEqual({ code, out }, { code: 69, out: "" });
    assert.match(err, /^no answer from http:\/\/127\.0\.0\.1:9 to GET shop\.example\.com\/: connect ECONNREFUSED/);
  });

  it("compares answers whose bodies never end", async () => {
    const server = http.createServer((request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write("x".repeat(2 ** 16)));
      };
      response.writeHead(200, { "x-backend": request.headers.host ?? "" }).on("drain", more);
      more();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const file = write("endless.yaml", plain());
      const argv = ["convert", "-f", file, "--compare", url, url, "--methods", "GET", "--max-requests", "1"];
      const { code, out } = await istioAmbient(argv);
      assert.deepEqual([code, out.split(";")[0]], [0, "1 requests, 0 answered differently"]);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
