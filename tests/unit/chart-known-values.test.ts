// Values that a chart does not read are told with the key that was meant; free-form maps take anything.
import * as assert from "node:assert/strict";
import { baseValues, cniValues, istiodValues, ztunnelValues } from "../../components/mesh/objects";
import { chartViolations } from "../../components/mesh/charts";
import { chartValuesRule } from "../../lib/istio/chart-values";
import { istioLines, type ChartName } from "../../lib/istio/releases";
import { UNKNOWN, violationLine } from "../../lib/validation/violations";
import { chartKeys } from "../../tools/chart-keys";

const messages = (chart: ChartName, values: unknown, version = "1.31.4") =>
  chartValuesRule(chart, version)(values, "values").map(violationLine);

const wrong: [chart: ChartName, values: object, ...messages: string[]][] = [
  [
    "istiod",
    { autoscaleEnable: true },
    '`values.autoscaleEnable`: got "true"; the chart istiod of Istio 1.31 reads no such value; write ' +
      "`autoscaleEnabled: true`",
  ],
  [
    "istiod",
    { global: { proxy: { loglevel: "debug" } } },
    '`values.global.proxy.loglevel`: got "debug"; the chart istiod of Istio 1.31 reads no such value; write ' +
      '`logLevel: "debug"`',
  ],
  [
    "istiod",
    { pilot: { replicaCout: 2 } },
    '`values.pilot.replicaCout`: got "2"; the chart istiod of Istio 1.31 reads no such value; write `replicaCount: 2`',
  ],
  [
    "istiod",
    { clusterDomain: "corp.local" },
    '`values.clusterDomain`: got "corp.local"; the chart istiod of Istio 1.31 reads no such value; write ' +
      '`values: { global: { proxy: { clusterDomain: "corp.local" } } }`',
  ],
  [
    "istiod",
    { ambient: { dnsCapture: false } },
    '`values.ambient`: got "{"dnsCapture":false}"; the chart istiod of Istio 1.31 reads no such value, that of cni ' +
      "does; write `cni: { values: { ambient: { dnsCapture: false } } }`",
  ],
  [
    "istiod",
    { taint: { zone: "a" } },
    '`values.taint.zone`: got "a"; the chart istiod of Istio 1.31 reads no such value, only enabled, name, namespace; ' +
      "remove `zone`",
  ],
  [
    "istiod",
    { something: { entirely: UNKNOWN } },
    '`values.something`: got "{"entirely":"..."}"; the chart istiod of Istio 1.31 reads no such value; remove `something`',
  ],
  [
    "istiod",
    { autoscaleEnable: UNKNOWN },
    "`values.autoscaleEnable`: got a value not known yet; the chart istiod of Istio 1.31 reads no such value; write " +
      "`autoscaleEnabled: ...`",
  ],
  [
    "cni",
    { ambient: { dnsCaptur: false, ipv6: false }, cniBindir: "/opt" },
    '`values.ambient.dnsCaptur`: got "false"; the chart cni of Istio 1.31 reads no such value; write ' +
      "`dnsCapture: false`",
    '`values.cniBindir`: got "/opt"; the chart cni of Istio 1.31 reads no such value; write `cniBinDir: "/opt"`',
  ],
  [
    "ztunnel",
    { terminationGracePeriod: 60 },
    '`values.terminationGracePeriod`: got "60"; the chart ztunnel of Istio 1.31 reads no such value; write ' +
      "`terminationGracePeriodSeconds: 60`",
  ],
  [
    "ztunnel",
    { meshConfig: "none" },
    '`values.meshConfig`: got "none"; must be a map: the chart ztunnel of Istio 1.31 reads keys in it; write ' +
      "`meshConfig: { defaultConfig: ... }`",
  ],
];

const right: [chart: ChartName, values: unknown][] = [
  ["istiod", { pilot: { env: { PILOT_ENABLE_IP_AUTOALLOCATE: "true" } } }],
  ["istiod", { env: { ANYTHING: "true" }, podAnnotations: { "a.b/c": "d" }, meshConfig: { any: { thing: 1 } } }],
  ["istiod", { resources: { limits: { cpu: "1" } }, global: { waypoint: { resources: { limits: { cpu: "1" } } } } }],
  [
    "istiod",
    { gatewayClasses: { istio: { service: { spec: {} } } }, sidecarInjectorWebhook: { templates: { a: "b" } } },
  ],
  [
    "istiod",
    { global: { proxy: null, tracer: { zipkin: { address: "zipkin:9411" } } }, tolerations: [{ any: "thing" }] },
  ],
  ["istiod", { global: { readerServiceAccount: { name: "reader" } }, taint: { enabled: true } }],
  ["cni", { cniBinDir: "/opt/cni/bin", cni: { ambient: { ipv6: false } }, updateStrategy: { any: "thing" } }],
  ["ztunnel", { terminationGracePeriodSeconds: 60, global: { logLevel: "debug" }, env: { RUST_LOG: "debug" } }],
  ["ztunnel", UNKNOWN],
  ["ztunnel", { global: UNKNOWN }],
  ["ztunnel", Promise.resolve({ anything: true })],
];

describe("values for a chart", () => {
  for (const [chart, values, ...expected] of wrong) {
    it(`are told of ${chart}: ${JSON.stringify(values)}`, () => assert.deepEqual(messages(chart, values), expected));
  }

  for (const [index, [chart, values]] of right.entries()) {
    it(`are fine for ${chart} (${index + 1})`, () => assert.deepEqual(messages(chart, values), []));
  }

  it("that the mesh gives itself are known in every line", () => {
    for (const { newest: version } of istioLines) {
      const images = { hub: "example.com", tag: "1", pullSecrets: ["a"] };
      const shared = { version, namespace: "mesh", platform: "openshift", images };
      const part = { cpu: "1", memory: "1Gi", memoryLimit: "1Gi", replicas: 2 };
      assert.deepEqual(messages("base", baseValues(shared), version), []);
      assert.deepEqual(messages("istiod", istiodValues(shared, part), version), []);
      assert.deepEqual(messages("cni", cniValues(shared, part), version), []);
      assert.deepEqual(messages("ztunnel", ztunnelValues(shared, part), version), []);
    }
  });

  it("of a newer line count for an older one, to which patches bring them, and those of the nearest for an unlisted", () => {
    assert.deepEqual(messages("istiod", { taint: { name: "a" } }, "1.30.8"), []);
    assert.deepEqual(messages("istiod", { replicaCout: 2 }, "1.30.8"), [
      '`values.replicaCout`: got "2"; the chart istiod of Istio 1.30 reads no such value; write `replicaCount: 2`',
    ]);
    assert.deepEqual(messages("istiod", { replicaCout: 2 }, "1.33.0"), [
      '`values.replicaCout`: got "2"; the chart istiod of Istio 1.31 reads no such value; write `replicaCount: 2`',
    ]);
  });

  it("are told of the part that takes them, unless that is waived", () => {
    const args = { controlPlane: { values: { imag: "pilot" } }, dataplane: { values: { env: { any: "thing" } } } };
    assert.deepEqual(chartViolations(args).map(violationLine), [
      '`controlPlane.values.imag`: got "pilot"; the chart istiod of Istio 1.31 reads no such value; write `image: "pilot"`',
    ]);
    assert.deepEqual(chartViolations({ ...args, preflight: { ignore: { "chart-values": "our charts" } } }), []);
    // One thing at a time: which chart it is nobody knows.
    assert.deepEqual(chartViolations({ ...args, version: "latest" }), []);
  });
});

describe("the keys of a chart", () => {
  const values = {
    _internal_defaults_do_not_set: {
      image: "pilot",
      free: {},
      list: [],
      walked: { a: 1 },
      part: { of: { it: 1 } },
      global: { hub: "x" },
    },
  };

  it("are those of its values file and those that its templates read; what these write out whole is free-form", () => {
    const templates = [
      "{{- if .Values.part }}{{ .Values.part.other }}{{ end }}{{ toYaml .Values.walked | indent 2 }}",
      "{{ (($.Values.global).tracer).address }} {{ .Values.free.known }} {{ $.Values._original }}",
      '{{ if dig "global" "reader" "name" "" .Values }}{{ end }}{{ index .Values "quoted" "key" }}',
    ];
    assert.deepEqual(chartKeys(values, templates), [
      "free.*",
      "global.hub",
      "global.reader.name",
      "global.tracer.address",
      "image",
      "list",
      "part.of.it",
      "part.other",
      "quoted.key",
      "walked.*",
    ]);
  });

  it("stand at the top of some charts too where they stand below a word", () => {
    const legacy = '{{- $_ := mustMergeOverwrite $.Values (index $.Values "pilot") }}';
    const flat = "#  Flatten globals, if defined on a per-chart basis\n{{- if true }}\n{{ .Values.image }}";
    assert.ok(chartKeys(values, [legacy]).includes("pilot.@"));
    assert.ok(chartKeys(values, [flat]).includes("global.@"));
    assert.ok(!chartKeys(values, [flat.replace("true", "false")]).includes("global.@"));
  });
});
