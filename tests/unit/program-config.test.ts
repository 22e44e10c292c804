// The stack's configuration: which keys make which arguments, and what is said of those that cannot be used.
import * as assert from "node:assert/strict";
import { violationLine } from "../../lib/validation/violations";
import { programSettings } from "../../components/mesh/program-config";

describe("the configuration of the program", () => {
  it("makes arguments of the seven flat keys and of the structured one", () => {
    const settings = programSettings({
      enabled: "true",
      controlPlaneMemory: "256Mi",
      dataplaneMemory: "96Mi",
      gatewayReplicas: "2",
      telemetryEnabled: "true",
      accessLogs: "false",
      footprint: "lean",
      mesh: '{"platform":"kind","gateway":{"httpNodePort":30082},"controlPlane":{"cpu":"200m"}}',
    });
    assert.deepEqual(settings, {
      enabled: true,
      violations: [],
      mesh: {
        platform: "kind",
        controlPlane: { cpu: "200m", memory: "256Mi" },
        dataplane: { memory: "96Mi" },
        gateway: { httpNodePort: 30082, replicas: 2 },
        telemetry: true,
        accessLogs: false,
        footprint: "lean",
      },
    });
  });

  it("asks for cert-manager by true, or by its arguments as an object", () => {
    assert.deepEqual(programSettings({ certManager: "true" }).certManager, {});
    assert.equal(programSettings({ certManager: "false" }).certManager, undefined);
    const args = { charts: { directory: "./charts" }, issuer: { name: "corporate-ca" } };
    assert.deepEqual(programSettings({ certManager: JSON.stringify(args) }), {
      enabled: true,
      mesh: {},
      certManager: args,
      violations: [],
    });
  });

  it("may be empty", () => {
    assert.deepEqual(programSettings({}), { enabled: true, mesh: {}, violations: [] });
  });

  it("can switch the whole off, whatever the mesh would be", () => {
    const settings = programSettings({ enabled: "false", gatewayReplicas: "0" });
    assert.deepEqual([settings.enabled, settings.violations], [false, []]);
  });

  const wrong: [config: Record<string, string>, ...messages: string[]][] = [
    [
      { gatewayReplica: "2" },
      '`istio-ambient:gatewayReplica`: got "2"; there is no such key; write `gatewayReplicas: 2`',
    ],
    [
      { "mesh.gateway.host": "my host", platform: "kind" },
      '`istio-ambient:mesh.gateway.host`: got "my host"; must be set under istio-ambient:mesh, like every ' +
        "argument of the mesh; run `pulumi config rm istio-ambient:mesh.gateway.host && pulumi config set --path " +
        "istio-ambient:mesh.gateway.host 'my host'`",
      '`istio-ambient:platform`: got "kind"; must be set under istio-ambient:mesh, like every argument of the ' +
        "mesh; run `pulumi config rm istio-ambient:platform && pulumi config set --path " +
        "istio-ambient:mesh.platform kind`",
    ],
    [
      { telemetry: "true" },
      '`istio-ambient:telemetry`: got "true"; there is no such key; write `telemetryEnabled: true`',
    ],
    [
      { colour: "blue" },
      '`istio-ambient:colour`: got "blue"; there is no such key, only enabled, controlPlaneMemory, ' +
        "dataplaneMemory, gatewayReplicas, telemetryEnabled, accessLogs, footprint, certManager, mesh; run `pulumi config " +
        "rm istio-ambient:colour`",
    ],
    [
      { certManager: "yes" },
      '`istio-ambient:certManager`: got "yes"; must be true or false, or an object of arguments; run `pulumi config set ' +
        "istio-ambient:certManager true`",
    ],
    [
      { certManager: '{"install":false,"version":"1.21.2","issuer":{"name":"Root CA"}}' },
      '`istio-ambient:certManager.issuer.name`: got "Root CA"; must be 1 to 253 lowercase letters, digits, hyphens or dots, ' +
        'and must begin and end with a letter or digit; write `name: "root-ca"`',
      '`istio-ambient:certManager.version`: got "1.21.2"; has no effect with `install: false`, which leaves cert-manager as ' +
        "it is; run `pulumi config rm --path istio-ambient:certManager.version`",
    ],
    [
      { accessLogs: "yes" },
      '`istio-ambient:accessLogs`: got "yes"; must be true or false; run `pulumi config set ' +
        "istio-ambient:accessLogs true`",
    ],
    [
      { gatewayReplicas: "two" },
      '`istio-ambient:gatewayReplicas`: got "two"; must be a whole number; run `pulumi config set ' +
        "istio-ambient:gatewayReplicas 1`",
    ],
    [
      { gatewayReplicas: "0" },
      '`istio-ambient:gatewayReplicas`: got "0"; must be a whole number from 1 to 100; write `gatewayReplicas: 1`',
    ],
    [
      { controlPlaneMemory: "128MB" },
      '`istio-ambient:controlPlaneMemory`: got "128MB"; must be a Kubernetes quantity above 0 in quotes, such as ' +
        '"128Mi"; write `controlPlaneMemory: "128Mi"`',
    ],
    [
      { footprint: "small" },
      '`istio-ambient:footprint`: got "small"; must be one of "standard", "lean"; write `footprint: "lean"`',
    ],
    [
      { footprint: "lean", mesh: '{"dataplane":{"memoryLimit":"24Mi"}}' },
      '`istio-ambient:mesh.dataplane.memoryLimit`: got "24Mi"; must be at least 64Mi, or ztunnel is killed when all pods of ' +
        'a node connect at once; write `memoryLimit: "256Mi"`',
    ],
    [
      { mesh: "kind" },
      '`istio-ambient:mesh`: got "kind"; must be an object; run `pulumi config set --path ' +
        "istio-ambient:mesh.platform kind`",
    ],
    [
      { mesh: '{"gateway":{"httpNodePort":80,"tls":true}}' },
      '`istio-ambient:mesh.gateway.tls`: got "true"; there is no such argument; write `certificate: { enabled: true }`',
      '`istio-ambient:mesh.gateway.httpNodePort`: got "80"; must be a whole number from 30000 to 32767; write ' +
        "`httpNodePort: 30081`",
    ],
    [
      { controlPlaneMemory: "256Mi", mesh: '{"controlPlane":{"memory":"512Mi"}}' },
      '`istio-ambient:controlPlaneMemory`: got "256Mi"; must not be set next to controlPlane.memory in ' +
        "istio-ambient:mesh; run `pulumi config rm istio-ambient:controlPlaneMemory`",
    ],
  ];
  for (const [config, ...messages] of wrong) {
    it(`refuses ${JSON.stringify(config)}`, () => {
      assert.deepEqual(programSettings(config).violations.map(violationLine), messages);
    });
  }
});
