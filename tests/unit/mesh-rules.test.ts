// Wrong input of AmbientMesh: every case names the setting, what was given, the rule and the fix.
import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { checkArgs } from "../../components/support/arguments";
import { violationLine } from "../../lib/validation/violations";
import { meshRules } from "../../components/mesh/rules";

type Case = [args: object, ...messages: string[]];

const nameRule = (longest: number) =>
  `must be 1 to ${longest} lowercase letters, digits or hyphens, and must begin and end with a letter or digit`;

const wrong: Case[] = [
  // Versions.
  [
    { version: "^1.31.0" },
    '`version`: got "^1.31.0"; must be an exact release, not a range; write `version: "1.31.4"`',
  ],
  [
    { version: ">=1.24.0 <2.0.0" },
    '`version`: got ">=1.24.0 <2.0.0"; must be an exact release, not a range; write `version: "1.31.4"`',
  ],
  [{ version: "1.30" }, '`version`: got "1.30"; must be an exact release, not a range; write `version: "1.30.8"`'],
  [
    { version: "v1.31.4" },
    '`version`: got "v1.31.4"; must be an exact release, not a range; write `version: "1.31.4"`',
  ],
  [{ version: 1.31 }, '`version`: got "1.31"; must be an exact release, not a range; write `version: "1.31.4"`'],
  [
    { version: "1.24.2" },
    '`version`: got "1.24.2"; must be a release of Istio 1.31 or 1.30, unless `allowUnlistedRelease` is true; write `version: "1.31.4"`',
  ],
  [
    { version: "1.32.0" },
    '`version`: got "1.32.0"; must be a release of Istio 1.31 or 1.30, unless `allowUnlistedRelease` is true; write `version: "1.31.4"`',
  ],
  [
    { version: "1.30.1", allowUnlistedRelease: true },
    `\`version\`: got "1.30.1"; must be 1.30.3 or newer: Helm and older patches keep overwriting each other's ` +
      'webhooks; write `version: "1.30.8"`',
  ],
  [
    { version: "1.32", allowUnlistedRelease: true },
    '`version`: got "1.32"; must be an exact release, not a range; write `version: "1.31.4"`',
  ],
  [
    { version: "1.30.1" },
    `\`version\`: got "1.30.1"; must be 1.30.3 or newer: Helm and older patches keep overwriting each other's ` +
      'webhooks; write `version: "1.30.8"`',
  ],
  [
    { gatewayApi: { version: "1.x" } },
    '`gatewayApi.version`: got "1.x"; must be an exact release of Gateway API; write `version: "1.6.0"`',
  ],
  [
    { gatewayApi: { version: "1.0.0" } },
    '`gatewayApi.version`: got "1.0.0"; must be 1.1.0 or newer: istiod ignores the kinds of older bundles; ' +
      'write `version: "1.6.0"`',
  ],
  [
    { gatewayApi: { version: "1.6.0", source: "./crds" } },
    '`gatewayApi.version`: got "1.6.0"; must not be set together with `source`, which determines the version' +
      "; remove `version`",
  ],
  // Words.
  [
    { platform: "openshft" },
    '`platform`: got "openshft"; must be one of "kind", "docker-desktop", "eks", "aks", "gke", "k3d", "k3s", ' +
      '"microk8s", "minikube", "openshift"; write `platform: "openshift"`',
  ],
  [
    { platform: "KIND" },
    '`platform`: got "KIND"; must be one of "kind", "docker-desktop", "eks", "aks", "gke", "k3d", "k3s", ' +
      '"microk8s", "minikube", "openshift"; write `platform: "kind"`',
  ],
  [
    { namespace: "Istio_System" },
    `\`namespace\`: got "Istio_System"; ${nameRule(63)}; write \`namespace: "istio-system"\``,
  ],
  [
    { adoptNamespace: "true" },
    '`adoptNamespace`: got "true"; must be true or false, without quotes; write `adoptNamespace: true`',
  ],
  [{ telemetry: "false" }, '`telemetry`: got "false"; must be true or false, without quotes; write `telemetry: false`'],
  [{ accessLogs: 0 }, '`accessLogs`: got "0"; must be true or false, without quotes; write `accessLogs: false`'],
  // Unknown settings, at any depth.
  [{ controlplane: {} }, '`controlplane`: got "{}"; there is no such argument; write `controlPlane: {}`'],
  [
    { gateway: { httpNodeport: 30081 } },
    '`gateway.httpNodeport`: got "30081"; there is no such argument; write `httpNodePort: 30081`',
  ],
  [
    { gateway: { certificate: { dnsName: "a" } } },
    '`gateway.certificate.dnsName`: got "a"; there is no such argument; write `dnsNames: ["a"]`',
  ],
  [
    { dataplane: { replicas: 2 } },
    '`dataplane.replicas`: got "2"; there is no such argument, only cpu, memory, memoryLimit, values; remove ' +
      "`replicas`",
  ],
  // Shapes.
  [{ gateway: "on" }, '`gateway`: got "on"; must be an object; write `gateway: { enabled: true }`'],
  [
    { controlPlane: { values: ["a"] } },
    '`controlPlane.values`: got "["a"]"; must be a map; write `values: { key: value }`',
  ],
  [
    { images: { pullSecrets: "registry" } },
    '`images.pullSecrets`: got "registry"; must be a list; write `pullSecrets: ["registry"]`',
  ],
  [
    { controlPlane: "256Mi" },
    '`controlPlane`: got "256Mi"; must be an object; write `controlPlane: { memory: "256Mi" }`',
  ],
  [{ preflight: false }, '`preflight`: got "false"; must be an object; write `preflight: { enabled: false }`'],
  [
    { gateway: [{ replicas: 2 }] },
    '`gateway`: got "[{"replicas":2}]"; must be an object; write `gateway: { replicas: 2 }`',
  ],
  [{ charts: null }, '`charts`: got "null"; must be an object; write `charts: { repository: ... }`'],
  [
    { gateway: { hostnames: "apps.example.com" } },
    '`gateway.hostnames`: got "apps.example.com"; must be a list; write `hostnames: ["apps.example.com"]`',
  ],
  [
    { gateway: { hostnames: "" } },
    '`gateway.hostnames`: got ""; must be a list; write `hostnames: ["apps.example.com"]`',
  ],
  // The beginning of a name, and one with a slip whose value is wrong too.
  [
    { charts: { repo: "oci://registry.example.com/istio" } },
    '`charts.repo`: got "oci://registry.example.com/istio"; there is no such argument; write `repository: ' +
      '"oci://registry.example.com/istio"`',
  ],
  [{ gateway: { replica: "2" } }, '`gateway.replica`: got "2"; there is no such argument; write `replicas: 2`'],
  [
    { gateway: { certificate: { issuer: "letsencrypt" } } },
    '`gateway.certificate.issuer`: got "letsencrypt"; there is no such argument; write `issuerName: "letsencrypt"`',
  ],
  // Nothing to be near to.
  [
    { platform: "" },
    '`platform`: got ""; must be one of "kind", "docker-desktop", "eks", "aks", "gke", "k3d", "k3s", ' +
      '"microk8s", "minikube", "openshift"; write `platform: "kind"`',
  ],
  // Quantities.
  [
    { controlPlane: { cpu: "256Mi" } },
    '`controlPlane.cpu`: got "256Mi"; must be a number of cores, without a memory unit; write `cpu: "100m"`',
  ],
  [
    { controlPlane: { memory: "128M1" } },
    '`controlPlane.memory`: got "128M1"; must be a Kubernetes quantity above 0 in quotes, such as "128Mi"; ' +
      'write `memory: "128Mi"`',
  ],
  [
    { controlPlane: { memory: "128 MB" } },
    '`controlPlane.memory`: got "128 MB"; must be a Kubernetes quantity above 0 in quotes, such as "128Mi"; ' +
      'write `memory: "128Mi"`',
  ],
  [
    { dataplane: { memory: 64 } },
    '`dataplane.memory`: got "64"; must be a Kubernetes quantity above 0 in quotes, such as "128Mi"; write ' +
      '`memory: "64Mi"`',
  ],
  [
    { dataplane: { memory: "64m" } },
    '`dataplane.memory`: got "64m"; must be at least 1Mi, or no pod can start; write `memory: "64Mi"`',
  ],
  [
    { cni: { memory: "-1Mi" } },
    '`cni.memory`: got "-1Mi"; must be a Kubernetes quantity above 0 in quotes, such as "128Mi"; write ' +
      '`memory: "128Mi"`',
  ],
  [
    { cni: { cpu: "fast" } },
    '`cni.cpu`: got "fast"; must be a Kubernetes quantity above 0 in quotes, such as "100m" for a tenth of a ' +
      'core; write `cpu: "100m"`',
  ],
  [
    { controlPlane: { cpu: 0.5 } },
    '`controlPlane.cpu`: got "0.5"; must be a Kubernetes quantity above 0 in quotes, such as "100m" for a ' +
      'tenth of a core; write `cpu: "0.5"`',
  ],
  [{ gateway: { cpu: "0.1m" } }, '`gateway.cpu`: got "0.1m"; must be at least 1m; write `cpu: "1m"`'],
  [
    { controlPlane: { memoryLimit: "128Mi" } },
    '`controlPlane.memoryLimit`: got "128Mi"; must be at least 256Mi, or istiod is killed; write `memoryLimit: ' +
      '"512Mi"`',
  ],
  [
    { controlPlane: { memory: "1Gi", memoryLimit: "512Mi" } },
    '`controlPlane.memoryLimit`: got "512Mi"; must not be below the request, which is 1Gi; write `memoryLimit: "1Gi"`',
  ],
  // Numbers.
  [
    { controlPlane: { replicas: 0 } },
    '`controlPlane.replicas`: got "0"; must be a whole number from 1 to 100; write `replicas: 1`',
  ],
  [
    { gateway: { replicas: 0 } },
    '`gateway.replicas`: got "0"; must be a whole number from 1 to 100; write `replicas: 1`',
  ],
  [
    { gateway: { replicas: 1.5 } },
    '`gateway.replicas`: got "1.5"; must be a whole number from 1 to 100; write `replicas: 1`',
  ],
  [
    { gateway: { replicas: "2" } },
    '`gateway.replicas`: got "2"; must be a whole number from 1 to 100, without quotes; write `replicas: 2`',
  ],
  // Ports.
  [
    { gateway: { httpNodePort: 8081 } },
    '`gateway.httpNodePort`: got "8081"; must be a whole number from 30000 to 32767; write `httpNodePort: 30081`',
  ],
  [
    { gateway: { httpsNodePort: 32768 } },
    '`gateway.httpsNodePort`: got "32768"; must be a whole number from 30000 to 32767; write `httpsNodePort: 30444`',
  ],
  [
    { gateway: { httpsNodePort: "30444" } },
    '`gateway.httpsNodePort`: got "30444"; must be a whole number from 30000 to 32767, without quotes; write ' +
      "`httpsNodePort: 30444`",
  ],
  [
    { gateway: { httpNodePort: 31000, httpsNodePort: 31000 } },
    '`gateway.httpsNodePort`: got "31000"; must differ from `httpNodePort`; write `httpsNodePort: 30444`',
  ],
  [
    { gateway: { httpNodePort: 30444 } },
    '`gateway.httpNodePort`: got "30444"; must differ from `httpsNodePort`; write `httpNodePort: 30081`',
  ],
  [
    { gateway: { httpHostPort: 70000 } },
    '`gateway.httpHostPort`: got "70000"; must be a whole number from 1 to 65535; write `httpHostPort: 8081`',
  ],
  [
    { gateway: { serviceType: "ClusterIP", httpNodePort: 30081 } },
    '`gateway.httpNodePort`: got "30081"; must not be set for a Service of type ClusterIP, which publishes no ' +
      'NodePorts here; write `serviceType: "NodePort"`',
  ],
  [
    { gateway: { serviceType: "nodeport" } },
    '`gateway.serviceType`: got "nodeport"; must be one of "NodePort", "LoadBalancer", "ClusterIP"; write ' +
      '`serviceType: "NodePort"`',
  ],
  // Names.
  [
    { gateway: { name: "a".repeat(58) } },
    `\`gateway.name\`: got "${"a".repeat(58)}"; ${nameRule(57)}; write \`name: "${"a".repeat(50)}"\``,
  ],
  [
    { gateway: { host: "https://localhost:8444" } },
    '`gateway.host`: got "https://localhost:8444"; must be a hostname or an IP address, without scheme, port ' +
      'or path; write `host: "localhost"`',
  ],
  [
    { gateway: { hostnames: ["My_App.local"] } },
    '`gateway.hostnames[0]`: got "My_App.local"; must be a lowercase hostname without scheme, port or path; ' +
      'only its first label may be `*`; write `hostnames: ["my-app.local"]`',
  ],
  [
    { gateway: { hostnames: ["10.0.0.1"] } },
    '`gateway.hostnames[0]`: got "10.0.0.1"; must be a hostname, not an IP address; write `hostnames: ' +
      '["apps.example.com"]`',
  ],
  [
    { gateway: { hostnames: [] } },
    '`gateway.hostnames`: got "[]"; must not be empty; without it the default applies; write `hostnames: [...]`',
  ],
  [
    { gateway: { hostnames: ["a.*.com"] } },
    '`gateway.hostnames[0]`: got "a.*.com"; must be a lowercase hostname without scheme, port or path; only ' +
      'its first label may be `*`; write `hostnames: ["apps.example.com"]`',
  ],
  [
    { gateway: { certificate: { dnsNames: ["*.localhost"] } } },
    '`gateway.certificate.dnsNames[0]`: got "*.localhost"; must have two labels after `*`: TLS libraries ' +
      'refuse a wildcard directly under a top-level name; write `dnsNames: ["my-app.localhost"]`',
  ],
  [
    { gateway: { certificate: { ipAddresses: ["localhost"] } } },
    '`gateway.certificate.ipAddresses[0]`: got "localhost"; must be an IPv4 or IPv6 address; write ' +
      '`ipAddresses: ["127.0.0.1"]`',
  ],
  [
    { gateway: { certificate: { secretName: "Cert!" } } },
    '`gateway.certificate.secretName`: got "Cert!"; must be 1 to 253 lowercase letters, digits, hyphens or ' +
      'dots, and must begin and end with a letter or digit; write `secretName: "cert"`',
  ],
  // Sources.
  [
    { charts: { repository: "charts.example.com" } },
    '`charts.repository`: got "charts.example.com"; must be an https:// or oci:// URL; write `repository: ' +
      '"https://charts.example.com/istio"`',
  ],
  [
    { charts: { repository: "https://charts.example.com", directory: "./charts" } },
    '`charts.repository`: got "https://charts.example.com"; must not be set together with `directory`; remove ' +
      "`repository`",
  ],
  [
    { images: { hub: "https://registry.example.com/istio/" } },
    '`images.hub`: got "https://registry.example.com/istio/"; must be a registry and path, without scheme, tag ' +
      'or trailing slash; write `hub: "registry.example.com/istio"`',
  ],
  [
    { images: { tag: "1.31.4 " } },
    '`images.tag`: got "1.31.4 "; must be an image tag: letters, digits, `_`, `.` or `-`; write `tag: "1.31.4"`',
  ],
  // Several at once.
  [
    { platfrom: "kind", controlPlane: { memory: "lots", replicas: 0 }, gateway: { httpNodePort: 80 } },
    '`platfrom`: got "kind"; there is no such argument; write `platform: "kind"`',
    '`controlPlane.memory`: got "lots"; must be a Kubernetes quantity above 0 in quotes, such as "128Mi"; ' +
      'write `memory: "128Mi"`',
    '`controlPlane.replicas`: got "0"; must be a whole number from 1 to 100; write `replicas: 1`',
    '`gateway.httpNodePort`: got "80"; must be a whole number from 30000 to 32767; write `httpNodePort: 30081`',
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
        "`args`: got; must be an object; write `args: { version: ... }`",
      );
    });
  }

  it("is reported all at once, in one error that carries every path", () => {
    const args = { version: "latest", gateway: { replicas: 0 } };
    assert.throws(
      () => checkArgs("AmbientMesh", "mesh", args, meshRules),
      (error: unknown) => {
        assert.ok(pulumi.InputPropertiesError.isInstance(error));
        const version = 'got "latest"; must be an exact release, not a range; write `version: "1.31.4"`';
        const replicas = 'got "0"; must be a whole number from 1 to 100; write `replicas: 1`';
        assert.equal(
          error.message,
          'invalid arguments for AmbientMesh "mesh":\n  `version`: got "latest"; must be an exact release, not a ' +
            'range; write `version: "1.31.4"`\n  `gateway.replicas`: got "0"; must be a whole number from 1 to 100; ' +
            "write `replicas: 1`",
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
    { version: "1.32.0", allowUnlistedRelease: true },
    { version: "1.29.6", allowUnlistedRelease: true },
    { preflight: { ignore: { "kubernetes-untested": "tried on staging", "chart-values": "our own charts" } } },
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
