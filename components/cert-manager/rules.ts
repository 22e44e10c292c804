// What CertManager may be given.
import { certManagerKeys } from "../../lib/istio/cert-manager-keys";
import { certManagerDefaults as defaults } from "../../lib/istio/defaults";
import { certManagerChartFloor, defaultCertManagerVersion, isOlder } from "../../lib/istio/releases";
import { keysFrom, readValuesRule } from "../../lib/validation/chart-values";
import { dnsLabel, dnsSubdomain, duration, exactVersion } from "../../lib/validation/formats";
import { ObjectRule, objectWithSynonyms, Together } from "../../lib/validation/object";
import { anything, below, first, flag, mapOf, text, value, type Rule } from "../../lib/validation/rules";
import { chartSource, chartSourceSynonyms, clusterRules, oneChartSource } from "../support/rules";
import type { CertManagerArgs, CertManagerChartsArgs, RootIssuerArgs } from "./args";

/** An exact release whose chart makes the CRDs as this package has it do. */
export const certManagerRelease: Rule = first(
  text(exactVersion, "must be an exact release of cert-manager, without a v", (got) => {
    const bare = /^v(\d+\.\d+\.\d+)$/.exec(String(got))?.[1];
    return `"${bare ?? defaultCertManagerVersion}"`;
  }),
  value(
    (got) => !isOlder(String(got), certManagerChartFloor),
    `must be ${certManagerChartFloor} or newer: older charts have no \`crds.keep\`, and delete their CRDs`,
    `"${defaultCertManagerVersion}"`,
  ),
);

const minorOf = (version: string) => version.replace(/^(\d+\.\d+)\..*$/, "$1");

/** A rule for the values of the chart; of another minor than the known one its own schema has the word. */
export function certManagerValuesRule(version: string): Rule {
  const minor = minorOf(defaultCertManagerVersion);
  const known = readValuesRule({
    named: `the chart cert-manager of cert-manager ${minor}`,
    keys: keysFrom(certManagerKeys.split(/\s+/)),
  });
  return first(mapOf(anything, "key: value"), minorOf(version) === minor ? known : anything);
}

/** Of a chart in a directory the release is known once that is read. */
const valuesOfRelease: Together<CertManagerArgs> = ({ version, charts, values }, path) => {
  const isInDirectory = (charts as CertManagerChartsArgs | undefined)?.directory !== undefined;
  const release = version ?? (isInDirectory ? undefined : defaultCertManagerVersion);
  const isRelease = certManagerRelease(release, "version").length === 0 && typeof release === "string";
  return isRelease ? certManagerValuesRule(release)(values, below(path, "values")) : [];
};

/** What is said of a release has no effect where none is installed. */
const installed = ["version", "adopt", "adoptNamespace", "charts", "values"] as const;

const onlyInstalled: Together<CertManagerArgs> = (given, path) =>
  given.install === false
    ? installed
        .filter((field) => given[field] !== undefined && given[field] !== false)
        .map((field) => ({
          path: below(path, field),
          got: given[field],
          rule: "has no effect with `install: false`, which leaves cert-manager as it is",
          fix: { remove: field },
        }))
    : [];

const somethingToMake: Together<CertManagerArgs> = (given, path) =>
  given.install === false && (given.issuer as RootIssuerArgs | undefined)?.enabled === false
    ? [
        {
          path: below(path, "issuer.enabled"),
          got: false,
          rule: "must not be false together with `install: false`: nothing would be created",
          fix: "enabled: true",
        },
      ]
    : [];

const ownRootOnly: Together<RootIssuerArgs> = (issuer, path) =>
  issuer["secretName"] !== undefined && issuer["duration"] !== undefined
    ? [
        {
          path: below(path, "duration"),
          got: issuer["duration"],
          rule: "must not be set together with `secretName`, whose certificate has its own expiry date",
          fix: { remove: "duration" },
        },
      ]
    : [];

/** Rules for CertManagerArgs. */
export const certManagerRules: ObjectRule = objectWithSynonyms<CertManagerArgs>(
  {
    version: certManagerRelease,
    install: flag,
    adopt: flag,
    namespace: dnsLabel(defaults.namespace),
    adoptNamespace: flag,
    charts: objectWithSynonyms<CertManagerChartsArgs>(
      chartSource('"oci://registry.example.com/charts"', "the chart"),
      chartSourceSynonyms,
      oneChartSource,
    ),
    values: mapOf(anything, "key: value"),
    issuer: objectWithSynonyms<RootIssuerArgs>(
      {
        enabled: flag,
        name: dnsSubdomain(defaults.issuerName),
        secretName: dnsSubdomain("corporate-ca"),
        duration: duration("24h", defaults.duration),
      },
      { issuerName: "name", secret: "secretName", caSecret: "secretName", validity: "duration" },
      ownRootOnly,
    ),
    cluster: clusterRules,
  },
  {
    release: "version",
    certManagerVersion: "version",
    existing: { write: "install: false" },
    enabled: { write: "install: true" },
    createNamespace: { write: "adoptNamespace: true" },
    chart: "charts",
    repository: { write: 'charts: { repository: "oci://registry.example.com/charts" }' },
    directory: { write: 'charts: { directory: "./charts" }', example: '"./charts"' },
    issuerName: { write: `issuer: { name: "${defaults.issuerName}" }`, example: `"${defaults.issuerName}"` },
    clusterIssuer: { write: `issuer: { name: "${defaults.issuerName}" }`, example: `"${defaults.issuerName}"` },
    secretName: { write: 'issuer: { secretName: "corporate-ca" }', example: '"corporate-ca"' },
    installCRDs: { write: "values: { crds: { enabled: true } }" },
    crds: { write: "values: { crds: { enabled: true } }" },
    kubeconfig: { write: 'cluster: { kubeconfig: "~/.kube/config" }', example: '"~/.kube/config"' },
    context: { write: 'cluster: { context: "kind-kind" }', example: '"kind-kind"' },
  },
  valuesOfRelease,
  onlyInstalled,
  somethingToMake,
);
