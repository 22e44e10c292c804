// What CertManager may be given, told with the whole message.
import * as assert from "node:assert/strict";
import { findCertManagerChart } from "../../components/cert-manager/chart-files";
import { certManagerRules, certManagerValuesRule } from "../../components/cert-manager/rules";
import { defaultCertManagerVersion } from "../../lib/istio/releases";
import { violationLine } from "../../lib/validation/violations";

const messages = (args: unknown) => certManagerRules(args, "").map(violationLine);

describe("the arguments of CertManager", () => {
  const right: object[] = [
    {},
    { version: "1.18.2", namespace: "tls", adoptNamespace: true, charts: { repository: "oci://example.com/charts" } },
    { adopt: true, values: { replicaCount: 2, global: { nodeSelector: { pool: "system" } } } },
    { install: false, issuer: { name: "corporate-ca", secretName: "corporate.ca" } },
    { charts: { directory: "./charts" }, issuer: { duration: "43800h" } },
    { charts: { directory: "./charts" }, values: { newerThanThisPackage: true } },
    { version: "1.22.0", values: { newerThanThisPackage: true } },
    { issuer: { enabled: false } },
  ];
  for (const args of right) {
    it(`take ${JSON.stringify(args)}`, () => assert.deepEqual(messages(args), []));
  }

  const wrong: [args: object, ...messages: string[]][] = [
    [
      { version: "v1.21.2" },
      '`version`: got "v1.21.2"; must be an exact release of cert-manager, without a v; write `version: "1.21.2"`',
    ],
    [
      { version: "1.x" },
      '`version`: got "1.x"; must be an exact release of cert-manager, without a v; write `version: "1.21.2"`',
    ],
    [
      { version: "1.14.7" },
      '`version`: got "1.14.7"; must be 1.15.0 or newer: older charts have no `crds.keep`, and delete their CRDs; write ' +
        '`version: "1.21.2"`',
    ],
    [
      { namespace: "Cert Manager" },
      '`namespace`: got "Cert Manager"; must be 1 to 63 lowercase letters, digits or hyphens, and must begin and end with ' +
        'a letter or digit; write `namespace: "cert-manager"`',
    ],
    [
      { charts: { repository: "charts.example.com" } },
      '`charts.repository`: got "charts.example.com"; must be an https:// or oci:// URL; write `repository: ' +
        '"oci://registry.example.com/charts"`',
    ],
    [
      { charts: { repository: "https://charts.example.com", directory: "./charts" } },
      '`charts.repository`: got "https://charts.example.com"; must not be set together with `directory`; remove ' +
        "`repository`",
    ],
    [
      { values: { replicacount: 2, webhook: { timeoutSecond: 5 } } },
      '`values.replicacount`: got "2"; the chart cert-manager of cert-manager 1.21 reads no such value; write ' +
        "`replicaCount: 2`",
      '`values.webhook.timeoutSecond`: got "5"; the chart cert-manager of cert-manager 1.21 reads no such value; write ' +
        "`timeoutSeconds: 5`",
    ],
    [
      { install: false, adopt: true, version: "1.21.2" },
      '`version`: got "1.21.2"; has no effect with `install: false`, which leaves cert-manager as it is; remove `version`',
      '`adopt`: got "true"; has no effect with `install: false`, which leaves cert-manager as it is; remove `adopt`',
    ],
    [
      { install: false, issuer: { enabled: false } },
      '`issuer.enabled`: got "false"; must not be false together with `install: false`: nothing would be created; ' +
        "write " +
        "`enabled: true`",
    ],
    [
      { issuer: { secretName: "corporate-ca", duration: "43800h" } },
      '`issuer.duration`: got "43800h"; must not be set together with `secretName`, whose certificate has its own ' +
        "expiry date" +
        "; remove `duration`",
    ],
    [
      { issuer: { duration: "1h" } },
      '`issuer.duration`: got "1h"; must be a duration of at least 24h, such as "87600h"; write `duration: "87600h"`',
    ],
    [
      { issuerName: "corporate-ca" },
      '`issuerName`: got "corporate-ca"; there is no such argument; write `issuer: { name: "corporate-ca" }`',
    ],
    [{ existing: true }, '`existing`: got "true"; there is no such argument; write `install: false`'],
  ];
  for (const [args, ...expected] of wrong) {
    it(`refuse ${JSON.stringify(args)}`, () => assert.deepEqual(messages(args), expected));
  }

  it("take any value for a chart of a release whose values are not known", () => {
    const unknown = { newer: true };
    assert.equal(certManagerValuesRule(defaultCertManagerVersion)(unknown, "values").length, 1);
    assert.deepEqual(certManagerValuesRule("1.22.0")(unknown, "values"), []);
  });
});

describe("a directory with the chart of cert-manager", () => {
  const find = (listing?: string[], version?: string) => {
    const found = findCertManagerChart("./charts", listing, version);
    return "file" in found ? `${found.version} ${found.file}` : violationLine(found);
  };

  it("holds it under the name that `helm pull` gives it, and under one without a v", () => {
    assert.equal(find(["base-1.31.4.tgz", "cert-manager-v1.21.2.tgz"]), "1.21.2 cert-manager-v1.21.2.tgz");
    assert.equal(find(["cert-manager-1.20.0.tgz"]), "1.20.0 cert-manager-1.20.0.tgz");
    assert.equal(
      find(["cert-manager-v1.20.0.tgz", "cert-manager-v1.21.2.tgz"], "1.20.0"),
      "1.20.0 cert-manager-v1.20.0.tgz",
    );
  });

  const wrong: [listing: string[] | undefined, version: string | undefined, message: string][] = [
    [
      undefined,
      undefined,
      '`charts.directory`: got "./charts"; must be an existing directory, relative to the program; write `charts: { ' +
        'directory: "./charts" }`',
    ],
    [
      ["cert-manager-istio-csr-v0.14.0.tgz"],
      undefined,
      '`charts.directory`: got "./charts"; must contain cert-manager-v1.21.2.tgz; write `charts: { directory: ' +
        '"./charts" }`',
    ],
    [
      ["cert-manager-v1.20.0.tgz"],
      "1.21.2",
      '`charts.directory`: got "./charts"; must contain cert-manager-v1.21.2.tgz; write `version: "1.20.0"`',
    ],
    [
      ["cert-manager-v1.20.0.tgz", "cert-manager-v1.21.2.tgz"],
      undefined,
      '`charts.directory`: got "./charts"; the directory holds the charts of 1.20.0 and 1.21.2, so `version` must name ' +
        'one of them; write `version: "1.21.2"`',
    ],
  ];
  for (const [listing, version, message] of wrong) {
    it(`of ${listing?.join(" and ") ?? "no files"} is refused for version ${version}`, () => {
      assert.equal(find(listing, version), message);
    });
  }
});
