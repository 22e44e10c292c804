// The stack's configuration: which keys make which arguments, and what is said of those that cannot be used.
import * as assert from "node:assert/strict";
import { violationLine } from "../../lib/validation/violations";
import { programSettings } from "../../components/mesh/program-config";

describe("the configuration of the program", () => {
  it("makes arguments of the six flat keys and of the structured one", () => {
    const settings = programSettings({
      enabled: "true",
      controlPlaneMemory: "256Mi",
      dataplaneMemory: "96Mi",
      gatewayReplicas: "2",
      telemetryEnabled: "true",
      accessLogs: "false",
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
      },
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
      '`istio-ambient:gatewayReplica`: got "2"; there is no such setting; write `gatewayReplicas: 2`',
    ],
    [
      { "mesh.gateway.host": "my host", platform: "kind" },
      '`istio-ambient:mesh.gateway.host`: got "my host"; an argument of the mesh stands under istio-ambient:mesh, where its ' +
        "path leads; write `pulumi config rm istio-ambient:mesh.gateway.host && " +
        "pulumi config set --path istio-ambient:mesh.gateway.host 'my host'`",
      '`istio-ambient:platform`: got "kind"; an argument of the mesh stands under istio-ambient:mesh, where its path leads; ' +
        "write `pulumi config rm istio-ambient:platform && pulumi config set --path istio-ambient:mesh.platform kind`",
    ],
    [
      { telemetry: "true" },
      '`istio-ambient:telemetry`: got "true"; there is no such setting; write `telemetryEnabled: true`',
    ],
    [
      { colour: "blue" },
      '`istio-ambient:colour`: got "blue"; there is no such setting, only enabled, controlPlaneMemory, dataplaneMemory, ' +
        "gatewayReplicas, telemetryEnabled, accessLogs, mesh; write `pulumi config rm --path istio-ambient:colour`",
    ],
    [
      { accessLogs: "yes" },
      '`istio-ambient:accessLogs`: got "yes"; it is true or false; write `pulumi config set istio-ambient:accessLogs true`',
    ],
    [
      { gatewayReplicas: "two" },
      '`istio-ambient:gatewayReplicas`: got "two"; it is a whole number; write `pulumi config set istio-ambient:gatewayReplicas 1`',
    ],
    [
      { gatewayReplicas: "0" },
      '`istio-ambient:gatewayReplicas`: got "0"; a number of gateway pods is a whole number from 1 to 100; write `gatewayReplicas: 1`',
    ],
    [
      { controlPlaneMemory: "128MB" },
      '`istio-ambient:controlPlaneMemory`: got "128MB"; memory is a Kubernetes quantity above 0, as text: "128Mi"; write `controlPlaneMemory: "128Mi"`',
    ],
    [
      { mesh: "kind" },
      '`istio-ambient:mesh`: got "kind"; it is an object of settings; write `pulumi config set --path istio-ambient:mesh.platform kind`',
    ],
    [
      { mesh: '{"gateway":{"httpNodePort":80,"tls":true}}' },
      '`istio-ambient:mesh.gateway.tls`: got "true"; there is no such setting, only enabled, name, namespace, serviceType, ' +
        "httpNodePort, httpsNodePort, httpHostPort, httpsHostPort, host, hostnames, replicas, cpu, memory, allowedRoutes, " +
        "certificate; write `pulumi config rm --path istio-ambient:mesh.gateway.tls`",
      '`istio-ambient:mesh.gateway.httpNodePort`: got "80"; a NodePort is a whole number from 30000 to 32767; write `httpNodePort: 30081`',
    ],
    [
      { controlPlaneMemory: "256Mi", mesh: '{"controlPlane":{"memory":"512Mi"}}' },
      '`istio-ambient:controlPlaneMemory`: got "256Mi"; istio-ambient:mesh sets controlPlane.memory too, and one of the two ' +
        "would be lost; write `pulumi config rm istio-ambient:controlPlaneMemory`",
    ],
  ];
  for (const [config, ...messages] of wrong) {
    it(`refuses ${JSON.stringify(config)}`, () => {
      assert.deepEqual(programSettings(config).violations.map(violationLine), messages);
    });
  }
});
