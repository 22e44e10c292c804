// Who made it × who touches it × up and destroy: with two stacks and kubectl on one cluster nothing is ever lost.
import * as assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import {
  AccessPolicy,
  AmbientMesh,
  AmbientNamespace,
  HttpRoute,
  IngressGateway,
  TrafficPolicy,
  Waypoint,
  ServiceType,
} from "../../components";
import { apply, get, kubectl, KubeObject, sources, TestStack } from "./support";

const gatewayApi = "gateway.networking.k8s.io/v1";
const listener = "{ name: http, port: 8080, protocol: HTTP }";

/** Everything that the program below makes, under the same names. */
const byHand = `
apiVersion: v1
kind: Namespace
metadata: { name: contested, labels: { team: theirs } }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: contested }
spec: { selector: { app: web }, ports: [{ name: http, port: 80 }] }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: contested }
spec: { mtls: { mode: PERMISSIVE } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: proxy-overlay, namespace: contested }
data: { theirs: "yes" }
---
apiVersion: ${gatewayApi}
kind: Gateway
metadata: { name: proxy, namespace: contested }
spec: { gatewayClassName: nobody, listeners: [${listener}] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: edge-overlay, namespace: contested }
data: { theirs: "yes" }
---
apiVersion: ${gatewayApi}
kind: Gateway
metadata: { name: edge, namespace: contested }
spec: { gatewayClassName: nobody, listeners: [${listener}] }
---
apiVersion: ${gatewayApi}
kind: HTTPRoute
metadata: { name: route, namespace: contested }
spec: { parentRefs: [{ name: edge }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: access-deny, namespace: contested }
spec: {}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: traffic, namespace: contested }
spec: { host: web }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: traffic, namespace: contested }
spec: { hosts: [web], http: [{ route: [{ destination: { host: web } }] }] }
---
apiVersion: cert-manager.io/v1
kind: Issuer
metadata: { name: edge-selfsigned, namespace: contested }
spec: { selfSigned: {} }
---
apiVersion: cert-manager.io/v1
kind: Issuer
metadata: { name: edge-ca, namespace: contested }
spec: { ca: { secretName: nobody } }
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: edge-ca, namespace: contested }
spec: { secretName: theirs-ca, commonName: theirs, issuerRef: { name: nobody } }
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: edge-cert, namespace: contested }
spec: { secretName: theirs, commonName: theirs, issuerRef: { name: nobody } }
`;

const kinds = [
  "services,configmaps,gateways.gateway.networking.k8s.io,httproutes,peerauthentications,authorizationpolicies",
  "destinationrules,virtualservices,issuers,certificates",
].join();

/** What of the contested namespace must stay as it is: its objects, their marks and what they say. */
function contested(): string[] {
  const all = [...get("namespace", "contested"), ...get(kinds, "-n", "contested")];
  return all
    .map(({ kind, metadata: { name, uid, labels, annotations }, spec, data }) =>
      JSON.stringify({ kind, name, uid, labels, annotations, spec, data }),
    )
    .filter((text) => !text.includes("istio-ca-") && !text.includes("kube-root-ca"))
    .sort();
}

/** The mesh: its objects, whose they are, and which releases of Helm there are. */
function meshObjects(): string[] {
  const kinds =
    "secrets,services,deployments,daemonsets,serviceaccounts,gateways.gateway.networking.k8s.io,certificates";
  const cluster = "clusterroles,clusterrolebindings,mutatingwebhookconfigurations,validatingwebhookconfigurations";
  const all = [...get("namespace", "istio-system"), ...get(kinds, "-n", "istio-system"), ...get(cluster)];
  return all
    .map(({ kind, metadata: { name, uid, annotations } }) => {
      const { "istio-ambient/stack": stack, "meta.helm.sh/release-name": release } = annotations ?? {};
      return [kind, name, uid, stack, release].join(" ");
    })
    .sort();
}

/** All components in one namespace. */
function application(): void {
  const made = new AmbientNamespace("contested", { mtls: "strict" });
  const namespace = made.name;
  const metadata = { name: "web", namespace, annotations: { "pulumi.com/skipAwait": "true" } };
  const spec = { selector: { app: "web" }, ports: [{ name: "http", port: 80 }] };
  const service = new k8s.core.v1.Service("service", { metadata, spec }, { dependsOn: made });
  const dependsOn = [made, service];
  const proxy = new Waypoint("proxy", { namespace, for: [{ namespace, service: "web" }] }, { dependsOn });
  new IngressGateway("edge", { serviceType: ServiceType.ClusterIP, namespace }, { dependsOn });
  const parent = { name: "hostk8s-gateway", namespace: "istio-system" };
  const backends = [{ service: "web", port: 80 }];
  new HttpRoute("route", { namespace, parent, hostnames: ["contested.example.com"], backends }, { dependsOn });
  new AccessPolicy("access", { namespace, defaultDeny: true }, { dependsOn });
  const shaped = { connectionPool: { maxConnections: 10 }, timeout: "1s" };
  new TrafficPolicy("traffic", { namespace, service: "web", waypoint: proxy.reference, ...shaped }, { dependsOn });
}

/** What is said of each object of the application; of the Service's labels only where a waypoint has it. */
function refusals(owner: string): string[] {
  const another = "choose another name";
  const taken = (what: string, object: string, got: string, advice = another) =>
    `${what}: \`name\`: got "${got}"; ${object} ${owner}; ${advice}; write \`name: "${got}-2"\``;
  const theirs = `${another}, or attach routes to that gateway by \`parent: { name: "edge", namespace: "contested" }\``;
  const useTheirs = `${another}, or use that waypoint by the label istio.io/use-waypoint: proxy`;
  return [
    `AmbientNamespace "contested": \`name\`: got "contested"; Namespace contested ${owner}; adopt it, so that destroy ` +
      "leaves it in place, or choose another name; write `adopt: true`",
    `AmbientNamespace "contested": \`mtls\`: got "strict"; PeerAuthentication contested/default ${owner}; its owner ` +
      'decides there who needs mTLS; write `mtls: "permissive"`',
    taken('Waypoint "proxy"', "ConfigMap contested/proxy-overlay", "proxy"),
    taken('Waypoint "proxy"', "Gateway contested/proxy", "proxy", useTheirs),
    taken('IngressGateway "edge"', "ConfigMap contested/edge-overlay", "edge"),
    taken('IngressGateway "edge"', "Gateway contested/edge", "edge", theirs),
    taken('HttpRoute "route"', "HTTPRoute contested/route", "route"),
    taken('AccessPolicy "access"', "AuthorizationPolicy contested/access-deny", "access"),
    taken('TrafficPolicy "traffic"', "DestinationRule contested/traffic", "traffic"),
    taken('TrafficPolicy "traffic"', "VirtualService contested/traffic", "traffic"),
    taken('IngressGateway "edge"', "Issuer contested/edge-selfsigned", "edge"),
    taken('IngressGateway "edge"', "Issuer contested/edge-ca", "edge"),
    taken('IngressGateway "edge"', "Certificate contested/edge-ca", "edge"),
    `IngressGateway "edge": \`certificate.secretName\`: got "edge-cert"; Certificate contested/edge-cert ${owner}; ` +
      'choose another name for the Secret; write `certificate: { secretName: "edge-cert-2" }`',
  ].sort();
}

/** The lines of the one error that a run ends with. */
async function refused(run: Promise<unknown>): Promise<string[]> {
  const error = await run.then(
    () => assert.fail("nothing was refused"),
    (reason: { diagnostics: string[] }) => reason,
  );
  // After a run that failed, this process hears the errors of later ones several times.
  const told = [...new Set(error.diagnostics.filter((line) => line.startsWith("error: this program")))];
  assert.equal(told.length, 1, error.diagnostics.join("\n"));
  const [head, ...lines] = told[0]!.split("\n").map((line) => line.trim());
  assert.equal(head, "error: this program would overwrite objects of other owners:");
  return lines.sort();
}

describe("what others have made", () => {
  let mesh: TestStack;
  let second: TestStack;
  let program: () => void = () => undefined;
  const run: PulumiFn = () => Promise.resolve(program());

  before(async () => {
    mesh = await TestStack.open("ownership-mesh", () => {
      new AmbientMesh("mesh", sources);
      return Promise.resolve();
    });
    await mesh.up();
    second = await TestStack.open("ownership-second", run);
  });

  after(async () => {
    program = () => undefined;
    await second?.remove();
    kubectl("delete", "namespace", "contested", "labelled", "renamed", "kept", "--ignore-not-found");
    await mesh.remove();
  });

  it("is neither taken nor deleted where kubectl made it", async () => {
    apply(byHand);
    const before = contested();
    program = application;
    assert.deepEqual(await refused(second.preview()), refusals("was created by kubectl"));
    assert.deepEqual(await refused(second.up()), refusals("was created by kubectl"));
    await second.destroy();
    assert.deepEqual(contested(), before);
  });

  describe("by another stack", () => {
    let first: TestStack;

    before(async () => {
      kubectl("delete", "namespace", "contested");
      first = await TestStack.open("ownership-first", () => Promise.resolve(application()));
      await first.up();
    });

    after(() => first?.remove());

    it("is neither taken nor deleted, nor is what the second stack has lost by it", async () => {
      const before = contested();
      program = () => void new AmbientNamespace("kept");
      await second.up();
      const [kept] = get("namespace", "kept");
      program = () => {
        new AmbientNamespace("kept");
        application();
      };
      const owner = "belongs to the stack istio-ambient/ownership-first";
      assert.deepEqual(await refused(second.preview()), refusals(owner));
      assert.deepEqual(await refused(second.up()), refusals(owner));
      assert.equal(get("namespace", "kept")[0]!.metadata.uid, kept!.metadata.uid);
      await second.destroy();
      assert.deepEqual(contested(), before);
      assert.deepEqual((await first.preview()).steps, []);
    });

    it("may be adopted with the labels that it has, which stay when the second stack goes", async () => {
      const before = contested();
      program = () => void new AmbientNamespace("guest", { name: "contested", adopt: true, labels: { team: "guest" } });
      await second.up();
      assert.equal(get("namespace", "contested")[0]!.metadata.labels!["team"], "guest");
      assert.deepEqual((await second.preview()).steps, []);
      assert.deepEqual((await first.preview()).steps, []);
      // Its `up --refresh`, which `check` names for a label that was changed by hand.
      kubectl("label", "namespace", "contested", "team=other", "--overwrite");
      await second.refresh();
      await second.up();
      assert.equal(get("namespace", "contested")[0]!.metadata.labels!["team"], "guest");
      await second.destroy();
      assert.deepEqual(contested(), before);
    });

    it("keeps its labels where the second stack wants other ones", async () => {
      const before = contested();
      program = () => void new AmbientNamespace("guest", { name: "contested", adopt: true, dataplaneMode: "none" });
      const line =
        'AmbientNamespace "guest": `dataplaneMode`: got "istio.io/dataplane-mode: none"; Namespace contested belongs to ' +
        "the stack istio-ambient/ownership-first and has istio.io/dataplane-mode: ambient; use that value, or remove " +
        'the label first; write `dataplaneMode: "ambient"`';
      assert.deepEqual(await refused(second.preview()), [line]);
      assert.deepEqual(await refused(second.up()), [line]);
      const { name, namespace } = { name: "other", namespace: "kept" };
      program = () => {
        const kept = new AmbientNamespace(namespace);
        const users = [{ namespace: "contested", service: "web" }];
        new Waypoint(name, { namespace: kept.name, for: users });
      };
      assert.deepEqual(await refused(second.preview()), [
        'Waypoint "other": `for[0]`: got "istio.io/use-waypoint: other"; Waypoint "proxy" of the stack ' +
          "istio-ambient/ownership-first sets istio.io/use-waypoint: proxy on Service contested/web, and a label has one " +
          'value; agree with that stack on one; write `for: [{ namespace: "other" }]`',
      ]);
      assert.deepEqual(contested(), before);
    });

    it("is its own again after it was renamed, once its objects are marked", async () => {
      const former = "istio-ambient/ownership-first";
      first = await first.renamed("ownership-renamed", () => Promise.resolve(application()));
      assert.deepEqual(await refused(first.preview()), refusals(`belongs to the stack ${former}`));
      const own = [...get("namespace", "contested"), ...get(kinds, "-n", "contested")].filter(
        ({ metadata }) => metadata.annotations?.["istio-ambient/stack"] === former,
      );
      for (const { apiVersion, kind, metadata } of own as (KubeObject & { apiVersion: string })[]) {
        const [group, version] = apiVersion.split("/");
        const object = [version === undefined ? kind : `${kind}.${version}.${group}`, metadata.name];
        kubectl(
          "annotate",
          ...object,
          "-n",
          "contested",
          "istio-ambient/stack=istio-ambient/ownership-renamed",
          "--overwrite",
        );
      }
      const uids = () => contested().map((each) => (JSON.parse(each) as { uid: string }).uid);
      const before = uids();
      await first.up();
      assert.deepEqual(uids().sort(), before.sort());
      assert.deepEqual((await first.preview()).steps, []);
    });
  });

  it("is not deleted by the stack itself when it is adopted, or made by a component of another name", async () => {
    program = () => void new AmbientNamespace("renamed");
    await second.up();
    const { uid } = get("namespace", "renamed")[0]!.metadata;
    program = () => void new AmbientNamespace("another", { name: "renamed" });
    assert.deepEqual(await refused(second.preview()), [
      'AmbientNamespace "another": `name`: got "renamed"; Namespace renamed was made by AmbientNamespace "renamed" of this ' +
        "stack, and would be deleted with it; tell the engine that it was renamed; write " +
        '`{ aliases: [{ name: "renamed" }] }`',
    ]);
    program = () => void new AmbientNamespace("another", { name: "renamed" }, { aliases: [{ name: "renamed" }] });
    await second.up();
    program = () => void new AmbientNamespace("another", { name: "renamed", adopt: true });
    await second.up();
    assert.deepEqual((await second.preview()).steps, []);
    await second.destroy();
    assert.equal(get("namespace", "renamed")[0]!.metadata.uid, uid);
  });

  it("is used and not taken over where it is a mesh", async () => {
    const kept = meshObjects();
    program = () => void new AmbientMesh("mesh", sources);
    for (const run of [() => second.preview(), () => second.up()]) {
      const error = await run().then(
        ({ diagnostics }) => assert.fail(`nothing was refused: ${diagnostics.join("\n")}`),
        (reason: { diagnostics: string[] }) => reason,
      );
      const told = [...new Set(error.diagnostics.filter((line) => line.startsWith("error: AmbientMesh")))];
      assert.equal(told.length, 1);
      assert.match(
        told[0]!,
        /\n {2}`Namespace istio-system`: got "it holds the mesh of the stack istio-ambient\/ownership-mesh"; a cluster can have one mesh: use that one/,
      );
      assert.equal(told[0]!.split("\n").length, 2);
      assert.deepEqual(meshObjects(), kept);
    }
    program = () => undefined;
    await second.destroy();
    assert.deepEqual((await mesh.preview()).steps, []);
  });
});
