// Wrong input of a mesh's gateway: its certificate, and which routes may attach.
import { meshRules } from "../../components/mesh/rules";
import { UNKNOWN } from "../../lib/validation/violations";
import { checkCases, type WrongCase } from "./cases";

const wrong: WrongCase[] = [
  // The certificate as a whole.
  [
    { gateway: { certificate: { existing: true, secretName: "mine", issuerName: "letsencrypt" } } },
    '`gateway.certificate.issuerName`: got "letsencrypt"; must not be set with `existing: true`: the Secret is used ' +
      "unchanged and nothing is issued" +
      "; remove `issuerName`",
  ],
  [
    { gateway: { certificate: { existing: true } } },
    '`gateway.certificate.existing`: got "true"; must come with `secretName`, the name of the Secret that ' +
      'exists; write `secretName: "my-certificate"`',
  ],
  [
    { gateway: { certificate: { issuerKind: "Issuer" } } },
    '`gateway.certificate.issuerKind`: got "Issuer"; must come with `issuerName`; write `issuerName: ' +
      '"root-ca-cluster-issuer"`',
  ],
  [
    { gateway: { certificate: { issuerName: "root", issuerKind: "Clusterissuer" } } },
    '`gateway.certificate.issuerKind`: got "Clusterissuer"; must be one of "ClusterIssuer", "Issuer"; write ' +
      '`issuerKind: "ClusterIssuer"`',
  ],
  [
    { gateway: { certificate: { duration: "90d" } } },
    '`gateway.certificate.duration`: got "90d"; must be a duration of at least 1h, such as "2160h"; write ' +
      '`duration: "2160h"`',
  ],
  [
    { gateway: { certificate: { duration: "24h" } } },
    '`gateway.certificate.duration`: got "24h"; a certificate that is valid for 24h cannot be renewed 720h ' +
      'before it expires; write `renewBefore: "8h"`',
  ],
  [
    { gateway: { hostnames: ["localhost", "*.localhost"] } },
    '`gateway.hostnames[1]`: got "*.localhost"; must have two labels after `*` to be in the certificate: TLS ' +
      "libraries refuse a wildcard directly under a top-level name; write `certificate: { dnsNames: " +
      '["my-app.localhost"] }`',
  ],
  [
    { gateway: { hostnames: ["*.apps.example.com", "*.localhost"], certificate: { dnsNames: ["apps.example.com"] } } },
    '`gateway.certificate.dnsNames`: got "["apps.example.com"]"; must name a host of `hostnames`, or clients refuse it ' +
      'for all of them: *.apps.example.com, *.localhost; write `dnsNames: ["*.apps.example.com", "my-app.localhost"]`',
  ],
  [
    { gateway: { hostnames: ["*.a.example.com"], certificate: { dnsNames: ["*.example.com"] } } },
    '`gateway.certificate.dnsNames`: got "["*.example.com"]"; must name a host of `hostnames`, or clients refuse it for ' +
      'all of them: *.a.example.com; write `dnsNames: ["*.a.example.com"]`',
  ],
  // Who may attach.
  [
    { gateway: { allowedRoutes: { from: "all" } } },
    '`gateway.allowedRoutes.from`: got "all"; must be one of "All", "Same", "Selector"; write `from: "All"`',
  ],
  [
    { gateway: { allowedRoutes: { from: "Selector" } } },
    "`gateway.allowedRoutes.selector`: missing; must have a label of the namespaces, since `from` is " +
      '"Selector"; write `selector: { "hostk8s.stack": "shop" }`',
  ],
  [
    { gateway: { allowedRoutes: { selector: { team: "shop" } } } },
    '`gateway.allowedRoutes.selector`: got "{"team":"shop"}"; has no effect while `from` is "All"; write ' +
      '`from: "Selector"`',
  ],
  [
    { gateway: { allowedListeners: { from: "all" } } },
    '`gateway.allowedListeners.from`: got "all"; must be one of "All", "Same", "Selector", "None"; write ' +
      '`from: "All"`',
  ],
  [
    { gateway: { allowedListeners: { selector: { team: "shop" } } } },
    '`gateway.allowedListeners.selector`: got "{"team":"shop"}"; has no effect while `from` is "None"; write ' +
      '`from: "Selector"`',
  ],
  [
    { gateway: { allowedListeners: { from: "Selector" } } },
    "`gateway.allowedListeners.selector`: missing; must have a label of the namespaces, since `from` is " +
      '"Selector"; write `selector: { "hostk8s.stack": "shop" }`',
  ],
];

checkCases("the gateway of AmbientMesh", meshRules, wrong, [
  { gateway: { certificate: { issuerName: "letsencrypt" } } },
  { gateway: { allowedListeners: { from: "Selector", selector: { team: "shop" } } } },
  { gateway: { allowedListeners: { from: "None" } } },
  { gateway: { hostnames: ["*.localhost"], certificate: { enabled: false } } },
  { gateway: { hostnames: ["*.localhost"], certificate: { dnsNames: ["shop.localhost"] } } },
  // Some of the hosts may be for http alone.
  { gateway: { hostnames: ["a.example.com", "intra.corp"], certificate: { dnsNames: ["*.example.com"] } } },
  { gateway: { hostnames: ["*.example.com"], certificate: { dnsNames: ["*.a.example.com"] } } },
  { gateway: { hostnames: ["a.example.com"], certificate: { enabled: false, dnsNames: ["b.example.com"] } } },
  { gateway: { hostnames: ["a.example.com"], certificate: { dnsNames: [UNKNOWN] } } },
  { gateway: { hostnames: [UNKNOWN], certificate: { dnsNames: ["b.example.com"] } } },
]);
