// Names that other tools use for an argument: each leads to an argument that exists, and none hides one.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import * as exported from "../../components";
import { ObjectRule } from "../../lib/validation/object";
import { Rule } from "../../lib/validation/rules";
import { violationLine } from "../../lib/validation/violations";

const folder = path.join(__dirname, "..", "..", "components");
const load = createRequire(__filename);

/** Rules of the arguments, by their names in lowercase: of the class, or of what it is without Ambient. */
const rulesByName = new Map<string, ObjectRule>(
  fs
    .readdirSync(folder)
    .map((each) => path.join(folder, each, "rules.ts"))
    .filter((file) => fs.existsSync(file))
    .flatMap((file) => Object.entries(load(file) as Record<string, ObjectRule>))
    .map(([name, rule]) => [name.toLowerCase(), rule]),
);

/** The rules of every component that the package has. */
const components: Record<string, ObjectRule> = Object.fromEntries(
  Object.entries(exported)
    .filter(([, each]) => typeof each === "function" && each.prototype instanceof pulumi.ComponentResource)
    .map(([name]) => {
      const called = [name, name.replace(/^Ambient/, "")].map((each) => `${each.toLowerCase()}rules`);
      const found = called.flatMap((each) => rulesByName.get(each) ?? [])[0];
      return [name, found ?? assert.fail(`${name} has no rules called ${called[0]}`)];
    }),
);

/** The rules of a component and of all objects in it. */
function tables(name: string, rule: Rule): [string, ObjectRule][] {
  const inside = (rule.inside ?? []).flatMap((each) => tables(name, each));
  if (!("synonyms" in rule)) return inside;
  const own = rule as ObjectRule;
  return [[name, own], ...Object.entries(own.fields).flatMap(([field, each]) => tables(`${name}.${field}`, each))];
}

const all = Object.entries(components).flatMap(([name, rule]) => tables(name, rule));

/** Names in written code that the rules do not know. */
function unknownIn(rule: ObjectRule, code: string): string[] {
  const args = parse(`{ ${code} }`) as object;
  return rule(args, "")
    .filter((each) => each.rule.startsWith("there is no such argument"))
    .map(violationLine);
}

describe("other names of arguments", () => {
  for (const [name, rule] of all) {
    it(`of ${name} lead to arguments that exist`, () => {
      for (const [synonym, meant] of Object.entries(rule.synonyms)) {
        assert.equal(synonym in rule.fields, false, `${synonym} is an argument`);
        if (typeof meant === "object" && "write" in meant) {
          assert.deepEqual(unknownIn(rule, meant.write), [], synonym);
          if (meant.example) assert.ok(meant.write.includes(meant.example), synonym);
        } else {
          for (const target of [meant].flat()) assert.ok(target! in rule.fields, `${synonym}: ${target}`);
        }
      }
    });
  }

  it("exist for every component", () => {
    const without = Object.entries(components).filter(([, rule]) => Object.keys(rule.synonyms).length === 0);
    assert.deepEqual(without, []);
  });

  /** Words of Istio, Gateway API, ingress-nginx and Helm charts. */
  const words: Record<string, string> = {
    AccessPolicy:
      "from to rules principals source action paths methods ports jwt requestAuthentication targetRefs gateway",
    AmbientMesh:
      "istiod pilot ztunnel ingressGateway hub tag nodePort hostnames issuer tls replicas kubeconfig domain crds",
    AmbientNamespace: "namespace existing mode enroll waypoint peerAuthentication strict mTLS application context",
    CertManager: "release existing createNamespace chart issuerName clusterIssuer secretName installCRDs crds context",
    GatewayApi: "release bundle",
    HttpRoute:
      "gateway parentRefs hosts backendRefs weight match path prefix timeout retry cors httpsRedirect sslRedirect",
    IngressGateway: "type nodePort hosts tls clusterIssuer issuerName dnsNames resources allowedNamespaces listeners",
    TrafficPolicy:
      "faultInjection retry circuitBreaker subsets host weight canary timeouts perTryTimeout destinationRule",
    Waypoint: "users services type trafficType resources replicaCount useWaypoint",
  };
  it("are tried of every component", () => assert.deepEqual(Object.keys(words), Object.keys(components).sort()));

  for (const [name, all] of Object.entries(words)) {
    it(`are known of ${name}: ${all}`, () => {
      for (const word of all.split(" ")) {
        const told = components[name]!({ [word]: "x" }, "").find(({ path }) => path === word);
        assert.equal(typeof told?.fix, "string", `${word}: ${JSON.stringify(told)}`);
      }
    });
  }

  const slips: [string, object, string][] = [
    [
      "HttpRoute",
      { namespace: "shop", gateway: { name: "edge" }, backends: [{ service: "web", port: 80 }] },
      '`gateway`: got "{"name":"edge"}"; there is no such argument; write `parent: { name: "edge" }`',
    ],
    [
      "HttpRoute",
      { namespace: "shop", parent: { name: "edge" }, backends: [{ service: "web", port: 80 }], weight: 90 },
      '`weight`: got "90"; there is no such argument; write `backends: [{ service: "web", port: 80, weight: 90 }]`',
    ],
    [
      "HttpRoute",
      {
        namespace: "shop",
        parent: { name: "edge" },
        canary: { stable: { service: "web", port: 80 }, candidate: { service: "next", port: 80 }, weight: 10 },
      },
      '`canary.weight`: got "10"; there is no such argument; write `percent: 10`',
    ],
    [
      "HttpRoute",
      { namespace: "shop", parent: { name: "edge" }, backends: [{ service: "web", port: 80 }], httpsRedirect: true },
      '`httpsRedirect`: got "true"; there is no such argument; write `httpsOnly: true`',
    ],
    [
      "HttpRoute",
      {
        namespace: "shop",
        parent: { name: "edge" },
        backends: [{ service: "web", port: 80 }],
        hosts: ["a.example.com"],
      },
      '`hosts`: got "["a.example.com"]"; there is no such argument; write `hostnames: ["a.example.com"]`',
    ],
    [
      "AccessPolicy",
      { namespace: "shop", allow: [{ from: ["shop"] }] },
      '`allow[0].from`: got "["shop"]"; there is no such argument; write `namespaces: ["shop"]`',
    ],
    [
      "AccessPolicy",
      { namespace: "shop", allow: [{ from: ["shop/web"] }] },
      '`allow[0].from`: got "["shop/web"]"; there is no such argument; write `serviceAccounts: ["shop/web"]`',
    ],
    [
      "TrafficPolicy",
      {
        namespace: "shop",
        service: "web",
        waypoint: { name: "w", namespace: "shop" },
        timeout: "1s",
        faultInjection: { abort: { status: 503, percent: 1 } },
      },
      '`faultInjection`: got "{"abort":{"status":503,"percent":1}}"; there is no such argument; ' +
        "write `fault: { abort: { status: 503, percent: 1 } }`",
    ],
    [
      "Waypoint",
      { namespace: "shop", for: [{ namespace: "shop" }], color: "blue" },
      '`color`: got "blue"; there is no such argument, only name, namespace, waypointFor, for, replicas, cpu, memory, ' +
        "labels, annotations, cluster; remove `color`",
    ],
  ];
  for (const [name, args, message] of slips) {
    it(`${name}: ${message}`, () => assert.deepEqual(components[name]!(args, "").map(violationLine), [message]));
  }
});
