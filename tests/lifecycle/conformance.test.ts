// The Gateway API project's own conformance suite against the gateways of a mesh; each of its tests is one here.
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { Test } from "mocha";
import { AmbientMesh, AmbientNamespace, HttpRoute, RouteRuleArgs } from "../../components";
import { partPath } from "../../sandbox/build/cache";
import { findTraffic } from "../../sandbox/pods/traffic";
import { send } from "./requests";
import { get, kubectl, settled, sources, TestStack } from "./support";

const suite = partPath("gateway-conformance", "gateway-conformance");

/** What is not run: the features that are not claimed, the tests that need one of them, and why. */
const leftOut = [
  {
    features: ["Mesh"],
    tests: [
      ...["MeshBasic", "MeshConsumerRoute", "MeshFrontend", "MeshFrontendHostname", "MeshGRPCRouteWeight"],
      ...["MeshHTTPRoute303Redirect", "MeshHTTPRoute307Redirect", "MeshHTTPRoute308Redirect"],
      ...["MeshHTTPRouteBackendRequestHeaderModifier", "MeshHTTPRouteMatching", "MeshHTTPRouteNamedRule"],
      ...["MeshHTTPRouteQueryParamMatching", "MeshHTTPRouteRedirectHostAndStatus", "MeshHTTPRouteRedirectPath"],
      ...["MeshHTTPRouteRedirectPort", "MeshHTTPRouteRequestHeaderModifier", "MeshHTTPRouteRewritePath"],
      ...["MeshHTTPRouteSchemeRedirect", "MeshHTTPRouteSimpleSameNamespace", "MeshHTTPRouteWeight"],
      ...["MeshPorts", "MeshTrafficSplit"],
    ],
    why: "between pods: this needs ztunnel, and a waypoint's Envoy with Istio's own filters, and neither runs here",
  },
  {
    features: ["UDPRoute"],
    tests: [
      ...["UDPRoute", "UDPRouteInvalidBackendRefNonexistent", "UDPRouteInvalidCrossNamespaceBackendRef"],
      ...["UDPRouteMultipleRoutesAttachment", "UDPRouteNotAllowedByListeners", "UDPRouteParentRefAttachAllListeners"],
      ...["UDPRouteParentRefPortAndSectionName", "UDPRouteReferenceGrant", "UDPRouteWeightedRouting"],
    ],
    why: "Istio does nothing for a UDPRoute",
  },
  {
    features: ["HTTPRouteRetry", "HTTPRouteRetryBackendTimeout", "HTTPRouteRetryConnectionError"],
    tests: ["HTTPRouteRetry"],
    why: "the field is experimental: the CRDs of the standard channel, which a mesh installs, do not have it",
  },
  {
    features: ["GatewayBackendClientCertificate"],
    tests: ["GatewayInvalidTLSBackendConfiguration", "GatewayTLSBackendClientCertificate"],
    why: "Istio 1.31 does not claim it: its gateways show backends no certificate of the Gateway's",
  },
  {
    features: ["GatewayHTTPSListenerDetectMisdirectedRequests"],
    tests: ["HTTPRouteHTTPSListenerDetectMisdirectedRequests"],
    why: "Istio 1.31 does not claim it: no answer has status 421",
  },
];

/** Names for `spec.addresses` of a Gateway: one that stands for something in the cluster, and one that does not. */
const addresses = {
  usable: "infra-backend-v1.gateway-conformance-infra.svc.cluster.local",
  unusable: "nothing",
};

const http = "http://localhost:8081";
const host = "stays.hostk8s.local";

function program(): Promise<void> {
  const mesh = new AmbientMesh("mesh", { ...sources, platform: "kind" });
  const { name: namespace } = new AmbientNamespace("stays", {}, { dependsOn: mesh });
  const rules: RouteRuleArgs[] = [{ redirect: { scheme: "https" } }];
  new HttpRoute("stays", { namespace, parent: mesh.gateway, hostnames: [host], rules });
  return Promise.resolve();
}

/** What became of one test, and what was said meanwhile. */
interface Verdict {
  verdict: string;
  said: string[];
}

/** More failures than these are no matter of a moment. */
const mostRepeated = 3;

/** Runs the suite, or one test of it, to its end, and gives what it says. */
function runSuite(...only: string[]): Promise<string> {
  const args = [
    ...only,
    ...["-test.v", "-test.run=^TestConformance$", "-test.timeout=10m", "-test.parallel=4"],
    ...["-gateway-class=istio", "-all-features"],
    `-exempt-features=${leftOut.flatMap(({ features }) => features).join(",")}`,
    ...[`-usable-address=${addresses.usable}`, `-unusable-address=${addresses.unusable}`],
  ];
  const child = spawn(suite, args, { stdio: ["ignore", "pipe", "pipe"] });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => said.push(data));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => resolve(Buffer.concat(said).toString()));
  });
}

/** Go's output by test. Its report counts those that run in parallel as passed before they begin, so it tells less. */
function parse(output: string): Map<string, Verdict> {
  const said = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of output.split("\n")) {
    const [, name] = /^=== (?:RUN|NAME|CONT) +TestConformance\/([^/\s]+)/.exec(line) ?? [];
    if (name !== undefined) {
      current = said.get(name) ?? [];
      said.set(name, current);
    } else if (!/^ *--- /.test(line)) current.push(line);
  }
  const ends = output.matchAll(/^ {4}--- (PASS|FAIL|SKIP): TestConformance\/(\S+) /gm);
  return new Map([...ends].map(([, verdict = "", name = ""]) => [name, { verdict, said: said.get(name) ?? [] }]));
}

const namespaces = () => get("namespaces").map(({ metadata }) => metadata.name);
const leftNamespaces = () => namespaces().filter((name) => name.startsWith("gateway-"));

/**
 * The verdicts, those of the few tests that failed from a second run of each alone: the suite waits a minute for what
 * istiod writes, and beside a hundred other tests on a busy machine that was too short now and then.
 */
async function repeated(verdicts: Map<string, Verdict>): Promise<Map<string, Verdict>> {
  const failed = [...verdicts].filter(([, { verdict }]) => verdict === "FAIL").map(([name]) => name);
  if (failed.length > mostRepeated) return verdicts;
  const all = new Map(verdicts);
  for (const name of failed) {
    // The suite makes its namespaces anew, and does not wait for the last ones to be gone.
    await settled(leftNamespaces, (left) => left.length === 0);
    const again = parse(await runSuite("-run-test", name)).get(name);
    console.log(`      ${name} failed beside the others; alone: ${again?.verdict ?? "no verdict"}`);
    if (again) all.set(name, again);
  }
  return all;
}

const lacks = [
  ...findTraffic().lacks,
  ...(fs.existsSync(suite)
    ? []
    : ["the suite itself, which could not be built: `make test` says why before it begins"]),
];

describe("the Gateway API's conformance suite", () => {
  if (lacks.length > 0) {
    it("cannot be run here", () => {
      console.log(`      this machine lacks ${lacks.join("; ")}`);
    });
    return;
  }

  let stack: TestStack;
  let verdicts: Map<string, Verdict>;
  let namespacesBefore: string[];
  const others = { answers: 0, wrong: [] as string[] };

  /** Asks the shared gateway for its own route again and again. */
  async function watch(enough: () => boolean): Promise<void> {
    while (!enough()) {
      const { status } = await send(http, { host }).catch((error: Error) => ({ status: error.message }));
      others.answers += 1;
      if (status !== 301) others.wrong.push(String(status));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  before(async function () {
    stack = await TestStack.open("conformance", program);
    await stack.up();
    await settled(
      () => send(http, { host }).catch(() => undefined),
      (answer) => answer?.status === 301,
    );
    namespacesBefore = namespaces();
    const run = { ended: false };
    const watching = watch(() => run.ended);
    const output = await runSuite();
    run.ended = true;
    await watching;
    verdicts = await repeated(parse(output));
    if (verdicts.size === 0) throw new Error(`the suite ended early:\n${output.split("\n").slice(-40).join("\n")}`);
    for (const [name, { verdict, said }] of verdicts) {
      if (verdict === "SKIP") continue;
      const test = new Test(name, () => assert.equal(verdict, "PASS", said.slice(-40).join("\n")));
      this.test?.parent?.addTest(test);
    }
  });

  after(async () => {
    const left = leftNamespaces();
    if (left.length > 0) kubectl("delete", "namespace", ...left);
    await stack.remove();
  });

  it("leaves out no test but those that are named above", () => {
    const skipped = [...verdicts].filter(([, { verdict }]) => verdict === "SKIP").map(([name]) => name);
    const named = leftOut.flatMap(({ tests }) => tests);
    assert.deepEqual(skipped.sort(), named.sort());
    for (const { tests, why } of leftOut) console.log(`      left out: ${tests.join(", ")}: ${why}`);
  });

  it("leaves the routes of the shared gateway alone", () => {
    assert.ok(others.answers > 50, `only ${others.answers} answers`);
    assert.deepEqual(others.wrong, []);
  });

  it("leaves nothing behind", async () => {
    const same = (now: string[]) => now.join() === namespacesBefore.join();
    assert.deepEqual(await settled(namespaces, same), namespacesBefore);
  });
});
