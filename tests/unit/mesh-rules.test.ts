// Wrong input of AmbientMesh: every case names the setting, what was given, the rule and the fix.
import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { checkArgs } from "../../components/support/arguments";
import { violationLine } from "../../lib/validation/violations";
import { meshRules } from "../../components/mesh/rules";

type Case = [args: object, ...messages: string[]];

const quantity = 'memory is a Kubernetes quantity above 0, as text: "128Mi"';
const hostRule =
  "a host name is lower-case labels joined by dots, of which the first may be `*`, without scheme, port or path";
const nameRule = (longest: number) =>
  `a name has 1 to ${longest} lower-case letters, digits and hyphens, and no hyphen at either end`;
const objectName =
  "a name has 1 to 253 lower-case letters, digits, hyphens and dots, and begins and ends with a letter or digit";
const existing = "a Secret that exists is used as it is, so nothing is issued for it";
const nodePort = "a NodePort is a whole number from 30000 to 32767";
const platforms =
  'it is one of "kind", "docker-desktop", "eks", "aks", "gke", "k3d", "k3s", "microk8s", "minikube", "openshift"';

const wrong: Case[] = [
  // Versions.
  [
    { version: "^1.31.0" },
    '`version`: got "^1.31.0"; it is one exact release: a range would move on by itself; write `version: "1.31.1"`',
  ],
  [
    { version: ">=1.24.0 <2.0.0" },
    '`version`: got ">=1.24.0 <2.0.0"; it is one exact release: a range would move on by itself; write `version: "1.31.1"`',
  ],
  [
    { version: "1.30" },
    '`version`: got "1.30"; it is one exact release: a range would move on by itself; write `version: "1.30.5"`',
  ],
  [
    { version: "v1.31.1" },
    '`version`: got "v1.31.1"; it is one exact release: a range would move on by itself; write `version: "1.31.1"`',
  ],
  [
    { version: 1.31 },
    '`version`: got "1.31"; it is one exact release: a range would move on by itself; write `version: "1.31.1"`',
  ],
  [
    { version: "1.24.2" },
    '`version`: got "1.24.2"; this package installs Istio 1.31 and 1.30; write `version: "1.31.1"`',
  ],
  [
    { version: "1.32.0" },
    '`version`: got "1.32.0"; this package installs Istio 1.31 and 1.30; write `version: "1.31.1"`',
  ],
  [
    { version: "1.30.1" },
    '`version`: got "1.30.1"; older patches of this line leave its webhooks drifting; write `version: "1.30.5"`',
  ],
  [
    { gatewayApi: { version: "1.x" } },
    '`gatewayApi.version`: got "1.x"; it is one exact release of Gateway API; write `version: "1.6.0"`',
  ],
  [
    { gatewayApi: { version: "1.0.0" } },
    '`gatewayApi.version`: got "1.0.0"; istiod ignores the kinds of bundles before 1.1.0; write `version: "1.6.0"`',
  ],
  [
    { gatewayApi: { version: "1.6.0", source: "./crds" } },
    '`gatewayApi.version`: got "1.6.0"; a source says itself which version it holds; write `version: undefined`',
  ],
  // Words.
  [{ platform: "openshft" }, `\`platform\`: got "openshft"; ${platforms}; write \`platform: "openshift"\``],
  [{ platform: "KIND" }, `\`platform\`: got "KIND"; ${platforms}; write \`platform: "kind"\``],
  [
    { namespace: "Istio_System" },
    `\`namespace\`: got "Istio_System"; ${nameRule(63)}; write \`namespace: "istio-system"\``,
  ],
  [
    { adoptNamespace: "true" },
    '`adoptNamespace`: got "true"; it is true or false, without quotes; write `adoptNamespace: true`',
  ],
  [{ telemetry: "false" }, '`telemetry`: got "false"; it is true or false, without quotes; write `telemetry: false`'],
  [{ accessLogs: 0 }, '`accessLogs`: got "0"; it is true or false, without quotes; write `accessLogs: false`'],
  // Unknown settings, at any depth.
  [{ controlplane: {} }, '`controlplane`: got "{}"; there is no such setting; write `controlPlane: {}`'],
  [
    { gateway: { httpNodeport: 30081 } },
    '`gateway.httpNodeport`: got "30081"; there is no such setting; write `httpNodePort: 30081`',
  ],
  [
    { gateway: { certificate: { dnsName: "a" } } },
    '`gateway.certificate.dnsName`: got "a"; there is no such setting; write `dnsNames: ["a"]`',
  ],
  [
    { dataplane: { replicas: 2 } },
    '`dataplane.replicas`: got "2"; there is no such setting, only cpu, memory, memoryLimit, values; write `replicas: undefined`',
  ],
  // Shapes.
  [{ gateway: "on" }, '`gateway`: got "on"; it is an object of settings; write `gateway: { enabled: true }`'],
  [
    { controlPlane: { values: ["a"] } },
    '`controlPlane.values`: got "["a"]"; it is a map; write `values: { key: value }`',
  ],
  [
    { images: { pullSecrets: "registry" } },
    '`images.pullSecrets`: got "registry"; it is a list; write `pullSecrets: ["registry"]`',
  ],
  [
    { controlPlane: "256Mi" },
    '`controlPlane`: got "256Mi"; it is an object of settings; write `controlPlane: { memory: "256Mi" }`',
  ],
  [
    { preflight: false },
    '`preflight`: got "false"; it is an object of settings; write `preflight: { enabled: false }`',
  ],
  [
    { gateway: [{ replicas: 2 }] },
    '`gateway`: got "[{"replicas":2}]"; it is an object of settings; write `gateway: { replicas: 2 }`',
  ],
  [{ charts: null }, '`charts`: got "null"; it is an object of settings; write `charts: { repository: ... }`'],
  [
    { gateway: { hostnames: "apps.example.com" } },
    '`gateway.hostnames`: got "apps.example.com"; it is a list; write `hostnames: ["apps.example.com"]`',
  ],
  [
    { gateway: { hostnames: "" } },
    '`gateway.hostnames`: got ""; it is a list; write `hostnames: ["apps.example.com"]`',
  ],
  // The beginning of a name, and one with a slip whose value is wrong too.
  [
    { charts: { repo: "oci://registry.example.com/istio" } },
    '`charts.repo`: got "oci://registry.example.com/istio"; there is no such setting; write `repository: "oci://registry.example.com/istio"`',
  ],
  [{ gateway: { replica: "2" } }, '`gateway.replica`: got "2"; there is no such setting; write `replicas: 2`'],
  [
    { gateway: { certificate: { issuer: "letsencrypt" } } },
    '`gateway.certificate.issuer`: got "letsencrypt"; there is no such setting; write `issuerName: "letsencrypt"`',
  ],
  // Nothing to be near to.
  [{ platform: "" }, `\`platform\`: got ""; ${platforms}; write \`platform: "kind"\``],
  // Quantities.
  [
    { controlPlane: { cpu: "256Mi" } },
    '`controlPlane.cpu`: got "256Mi"; CPU is counted in cores, and has no unit of memory; write `cpu: "100m"`',
  ],
  [
    { controlPlane: { memory: "128M1" } },
    `\`controlPlane.memory\`: got "128M1"; ${quantity}; write \`memory: "128Mi"\``,
  ],
  [
    { controlPlane: { memory: "128 MB" } },
    `\`controlPlane.memory\`: got "128 MB"; ${quantity}; write \`memory: "128Mi"\``,
  ],
  [{ dataplane: { memory: 64 } }, `\`dataplane.memory\`: got "64"; ${quantity}; write \`memory: "64Mi"\``],
  [
    { dataplane: { memory: "64m" } },
    '`dataplane.memory`: got "64m"; less than 1Mi is no memory that a pod can start with; write `memory: "64Mi"`',
  ],
  [{ cni: { memory: "-1Mi" } }, `\`cni.memory\`: got "-1Mi"; ${quantity}; write \`memory: "128Mi"\``],
  [
    { cni: { cpu: "fast" } },
    '`cni.cpu`: got "fast"; CPU is a Kubernetes quantity above 0, as text: "100m" is a tenth of a core; write `cpu: "100m"`',
  ],
  [
    { controlPlane: { cpu: 0.5 } },
    '`controlPlane.cpu`: got "0.5"; CPU is a Kubernetes quantity above 0, as text: "100m" is a tenth of a core; write `cpu: "0.5"`',
  ],
  [{ gateway: { cpu: "0.1m" } }, '`gateway.cpu`: got "0.1m"; Kubernetes counts CPU in steps of 1m; write `cpu: "1m"`'],
  [
    { controlPlane: { memoryLimit: "128Mi" } },
    '`controlPlane.memoryLimit`: got "128Mi"; istiod is killed by a limit below 256Mi; write `memoryLimit: "512Mi"`',
  ],
  [
    { dataplane: { memoryLimit: "32Mi" } },
    '`dataplane.memoryLimit`: got "32Mi"; a limit is no smaller than the request, which is 64Mi; write `memoryLimit: "64Mi"`',
  ],
  [
    { controlPlane: { memory: "1Gi", memoryLimit: "512Mi" } },
    '`controlPlane.memoryLimit`: got "512Mi"; a limit is no smaller than the request, which is 1Gi; write `memoryLimit: "1Gi"`',
  ],
  // Numbers.
  [
    { controlPlane: { replicas: 0 } },
    '`controlPlane.replicas`: got "0"; a number of istiod pods is a whole number from 1 to 100; write `replicas: 1`',
  ],
  [
    { gateway: { replicas: 0 } },
    '`gateway.replicas`: got "0"; a number of gateway pods is a whole number from 1 to 100; write `replicas: 1`',
  ],
  [
    { gateway: { replicas: 1.5 } },
    '`gateway.replicas`: got "1.5"; a number of gateway pods is a whole number from 1 to 100; write `replicas: 1`',
  ],
  [
    { gateway: { replicas: "2" } },
    '`gateway.replicas`: got "2"; a number of gateway pods is a whole number from 1 to 100, without quotes; write `replicas: 2`',
  ],
  // Ports.
  [
    { gateway: { httpNodePort: 8081 } },
    `\`gateway.httpNodePort\`: got "8081"; ${nodePort}; write \`httpNodePort: 30081\``,
  ],
  [
    { gateway: { httpsNodePort: 32768 } },
    `\`gateway.httpsNodePort\`: got "32768"; ${nodePort}; write \`httpsNodePort: 30444\``,
  ],
  [
    { gateway: { httpsNodePort: "30444" } },
    `\`gateway.httpsNodePort\`: got "30444"; ${nodePort}, without quotes; write \`httpsNodePort: 30444\``,
  ],
  [
    { gateway: { httpNodePort: 31000, httpsNodePort: 31000 } },
    '`gateway.httpsNodePort`: got "31000"; http and https cannot share a port; write `httpsNodePort: 30444`',
  ],
  [
    { gateway: { httpNodePort: 30444 } },
    '`gateway.httpNodePort`: got "30444"; http and https cannot share a port; write `httpNodePort: 30081`',
  ],
  [
    { gateway: { httpHostPort: 70000 } },
    '`gateway.httpHostPort`: got "70000"; a port is a whole number from 1 to 65535; write `httpHostPort: 8081`',
  ],
  [
    { gateway: { serviceType: "ClusterIP", httpNodePort: 30081 } },
    '`gateway.httpNodePort`: got "30081"; it is about NodePorts, which a Service of type ClusterIP does not publish here; write `serviceType: "NodePort"`',
  ],
  [
    { gateway: { serviceType: "nodeport" } },
    '`gateway.serviceType`: got "nodeport"; it is one of "NodePort", "LoadBalancer", "ClusterIP"; write `serviceType: "NodePort"`',
  ],
  // Names.
  [
    { gateway: { name: "a".repeat(58) } },
    `\`gateway.name\`: got "${"a".repeat(58)}"; ${nameRule(57)}; write \`name: "${"a".repeat(50)}"\``,
  ],
  [
    { gateway: { host: "https://localhost:8444" } },
    '`gateway.host`: got "https://localhost:8444"; a host is a name or an IP address, without scheme, port or path; write `host: "localhost"`',
  ],
  [
    { gateway: { hostnames: ["My_App.local"] } },
    `\`gateway.hostnames[0]\`: got "My_App.local"; ${hostRule}; write \`hostnames: ["my-app.local"]\``,
  ],
  [
    { gateway: { hostnames: ["10.0.0.1"] } },
    '`gateway.hostnames[0]`: got "10.0.0.1"; a host name is text, and no IP address; write `hostnames: ["apps.example.com"]`',
  ],
  [
    { gateway: { hostnames: [] } },
    '`gateway.hostnames`: got "[]"; an empty list is no choice: leave the setting out for the default; write `hostnames: [...]`',
  ],
  [
    { gateway: { hostnames: ["a.*.com"] } },
    `\`gateway.hostnames[0]\`: got "a.*.com"; ${hostRule}; write \`hostnames: ["apps.example.com"]\``,
  ],
  [
    { gateway: { certificate: { dnsNames: ["*.localhost"] } } },
    '`gateway.certificate.dnsNames[0]`: got "*.localhost"; a wildcard right under a top-level name is refused by TLS libraries: name the hosts; write `dnsNames: ["my-app.localhost"]`',
  ],
  [
    { gateway: { certificate: { ipAddresses: ["localhost"] } } },
    '`gateway.certificate.ipAddresses[0]`: got "localhost"; it is an IPv4 or IPv6 address; write `ipAddresses: ["127.0.0.1"]`',
  ],
  [
    { gateway: { certificate: { secretName: "Cert!" } } },
    `\`gateway.certificate.secretName\`: got "Cert!"; ${objectName}; write \`secretName: "cert"\``,
  ],
  // The certificate as a whole.
  [
    { gateway: { certificate: { existing: true, secretName: "mine", issuerName: "letsencrypt" } } },
    `\`gateway.certificate.issuerName\`: got "letsencrypt"; ${existing}; write \`issuerName: undefined\``,
  ],
  [
    { gateway: { certificate: { existing: true } } },
    '`gateway.certificate.existing`: got "true"; a Secret that exists is named, and no certificate of that name is made; write `secretName: "my-certificate"`',
  ],
  [
    { gateway: { certificate: { issuerKind: "Issuer" } } },
    '`gateway.certificate.issuerKind`: got "Issuer"; a kind of issuer says nothing without its name; write `issuerName: "root-ca-cluster-issuer"`',
  ],
  [
    { gateway: { certificate: { issuerName: "root", issuerKind: "Clusterissuer" } } },
    '`gateway.certificate.issuerKind`: got "Clusterissuer"; it is one of "ClusterIssuer", "Issuer"; write `issuerKind: "ClusterIssuer"`',
  ],
  [
    { gateway: { certificate: { duration: "90d" } } },
    '`gateway.certificate.duration`: got "90d"; it is a duration of at least 1h, in hours, minutes and seconds; write `duration: "2160h"`',
  ],
  [
    { gateway: { certificate: { duration: "24h" } } },
    '`gateway.certificate.duration`: got "24h"; a certificate of 24h cannot be renewed 720h before its end; write `renewBefore: "8h"`',
  ],
  // Who may attach.
  [
    { gateway: { allowedRoutes: { from: "all" } } },
    '`gateway.allowedRoutes.from`: got "all"; it is one of "All", "Same", "Selector"; write `from: "All"`',
  ],
  [
    { gateway: { allowedRoutes: { from: "Selector" } } },
    '`gateway.allowedRoutes.selector`: got ""; routes are allowed by the labels of their namespaces, so at least one is named; write `selector: { "hostk8s.stack": "shop" }`',
  ],
  [
    { gateway: { allowedRoutes: { selector: { team: "shop" } } } },
    '`gateway.allowedRoutes.selector`: got "{"team":"shop"}"; labels select nothing while routes are allowed from "All"; write `from: "Selector"`',
  ],
  // Sources.
  [
    { charts: { repository: "charts.example.com" } },
    '`charts.repository`: got "charts.example.com"; a chart repository is an https:// or oci:// address; write `repository: "https://charts.example.com/istio"`',
  ],
  [
    { charts: { repository: "https://charts.example.com", directory: "./charts" } },
    '`charts.repository`: got "https://charts.example.com"; charts come from a repository or from a directory, not from both; write `repository: undefined`',
  ],
  [
    { images: { hub: "https://registry.example.com/istio/" } },
    '`images.hub`: got "https://registry.example.com/istio/"; a hub is a registry and path, without scheme, tag or slash at the end; write `hub: "registry.example.com/istio"`',
  ],
  [
    { images: { tag: "1.31.1 " } },
    '`images.tag`: got "1.31.1 "; a tag has letters, digits and `_.-`; write `tag: "1.31.1"`',
  ],
  // Several at once.
  [
    { platfrom: "kind", controlPlane: { memory: "lots", replicas: 0 }, gateway: { httpNodePort: 80 } },
    '`platfrom`: got "kind"; there is no such setting; write `platform: "kind"`',
    `\`controlPlane.memory\`: got "lots"; ${quantity}; write \`memory: "128Mi"\``,
    '`controlPlane.replicas`: got "0"; a number of istiod pods is a whole number from 1 to 100; write `replicas: 1`',
    `\`gateway.httpNodePort\`: got "80"; ${nodePort}; write \`httpNodePort: 30081\``,
  ],
];

describe("wrong input of AmbientMesh", () => {
  for (const [args, ...messages] of wrong) {
    it(JSON.stringify(args), () => {
      assert.deepEqual(meshRules(args, "").map(violationLine), messages);
    });
  }

  for (const args of [null, "kind", []]) {
    it(`is told of what is no object: ${JSON.stringify(args)}`, () => {
      const [violation] = meshRules(args, "");
      assert.equal(
        violationLine(violation!).replace(/got ".*";/, "got;"),
        "`args`: got; it is an object of settings; write `args: { version: ... }`",
      );
    });
  }

  it("is reported all at once, in one error that carries every path", () => {
    const args = { version: "latest", gateway: { replicas: 0 } };
    assert.throws(
      () => checkArgs("AmbientMesh", "mesh", args, meshRules),
      (error: unknown) => {
        assert.ok(pulumi.InputPropertiesError.isInstance(error));
        const version =
          'got "latest"; it is one exact release: a range would move on by itself; write `version: "1.31.1"`';
        const replicas = 'got "0"; a number of gateway pods is a whole number from 1 to 100; write `replicas: 1`';
        assert.equal(
          error.message,
          `AmbientMesh "mesh" cannot be made:\n  \`version\`: ${version}\n  \`gateway.replicas\`: ${replicas}`,
        );
        assert.deepEqual(error.errors, [
          { propertyPath: "version", reason: version },
          { propertyPath: "gateway.replicas", reason: replicas },
        ]);
        return true;
      },
    );
  });
});

describe("right input of AmbientMesh", () => {
  const right: object[] = [
    {},
    { version: "1.31.0" },
    { version: "1.30.9", platform: "minikube" },
    {
      controlPlane: {
        cpu: "0.25",
        memory: "1e9",
        memoryLimit: "2Gi",
        replicas: 2,
        values: { pilot: { env: { A: "b" } } },
      },
    },
    { dataplane: { memory: "64Mi", memoryLimit: "64Mi" } },
    { gateway: { hostnames: ["*.hostk8s.local", "localhost"], host: "::1", serviceType: "NodePort" } },
    { gateway: { serviceType: "LoadBalancer", certificate: { existing: true, secretName: "wildcard.example.com" } } },
    {
      gateway: {
        certificate: { dnsNames: ["*.apps.example.com"], ipAddresses: [], duration: "48h", renewBefore: "1h30m" },
      },
    },
    { gateway: { allowedRoutes: { from: "Selector", selector: { "example.com/team": "shop" } } } },
    { charts: { repository: "oci://registry.example.com/istio" }, images: { hub: "registry.example.com:5000/istio" } },
    { gatewayApi: { source: "./crds" }, cluster: { context: "kind-kind" } },
  ];
  for (const args of right) {
    it(JSON.stringify(args), () => assert.deepEqual(meshRules(args, "").map(violationLine), []));
  }
});
