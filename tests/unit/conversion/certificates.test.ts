// Annotations of cert-manager: the Certificate that each of them becomes a part of, and what cert-manager does not take.
import * as assert from "node:assert/strict";
import { convertedProgram } from "../../../cli/convert-program";
import { certificateAnnotations } from "../../../lib/conversion/certificates/annotations";
import { convert, standardOptions } from "../../../lib/conversion/convert";
import type { Ingress } from "../../../lib/conversion/objects";
import { ingressWith, only, verdicts, type Given } from "./cases";

const own = "cert-manager.io/";
const acme = "acme.cert-manager.io/";
const tls = [{ hosts: ["shop.example.com"], secretName: "web-tls" }];
const asked = { [`${own}cluster-issuer`]: "letsencrypt" };
const issuedBy = (given: Given, more: Partial<Ingress["spec"]> = {}) => ingressWith(given, { tls, ...more });
const orphan =
  "the one that cert-manager has made belongs to the Ingress: delete that with --cascade=orphan, or apply this one again";
const solver =
  'the solver http01: { gatewayHTTPRoute: { parentRefs: [{ name: "hostk8s-gateway", namespace: "istio-system" }] } }, and cert-manager config: { enableGatewayAPI: true }';
const led = `${own}cluster-issuer: mapped → Certificate shop/web-tls (${orphan}; an ACME issuer that answers HTTP-01 by an Ingress needs ${solver})`;

const certificate = (spec: object, annotations?: object) => ({
  apiVersion: "cert-manager.io/v1",
  kind: "Certificate",
  metadata: { name: "web-tls", namespace: "shop", ...(annotations ? { annotations } : {}) },
  spec: {
    secretName: "web-tls",
    dnsNames: ["shop.example.com"],
    issuerRef: { name: "letsencrypt", kind: "ClusterIssuer" },
    ...spec,
  },
});
const parent = {
  [`${acme}http01-parentrefkind`]: "Gateway",
  [`${acme}http01-parentrefname`]: "hostk8s-gateway",
  [`${acme}http01-parentrefnamespace`]: "istio-system",
};

/** An annotation beside the issuer, and what of the Certificate it becomes. */
const fields: [name: string, value: string, spec: object, annotations?: object][] = [
  [`${own}common-name`, "shop.example.com", { commonName: "shop.example.com" }],
  [`${own}alt-names`, "a.example.com,shop.example.com", { dnsNames: ["shop.example.com", "a.example.com"] }],
  [`${own}ip-sans`, "192.0.2.1,2001:db8::1", { ipAddresses: ["192.0.2.1", "2001:db8::1"] }],
  [`${own}email-sans`, "a@example.com,b@example.com", { emailAddresses: ["a@example.com", "b@example.com"] }],
  [
    `${own}subject-organizations`,
    'Shop,"Shop, Inc","the ""Shop"""',
    { subject: { organizations: ["Shop", "Shop, Inc", 'the "Shop"'] } },
  ],
  [`${own}subject-organizationalunits`, "web", { subject: { organizationalUnits: ["web"] } }],
  [`${own}subject-countries`, "DE,FR", { subject: { countries: ["DE", "FR"] } }],
  [`${own}subject-provinces`, "a", { subject: { provinces: ["a"] } }],
  [`${own}subject-localities`, "a", { subject: { localities: ["a"] } }],
  [`${own}subject-postalcodes`, "1,", { subject: { postalCodes: ["1", ""] } }],
  [`${own}subject-streetaddresses`, "a", { subject: { streetAddresses: ["a"] } }],
  [`${own}subject-serialnumber`, "1,2", { subject: { serialNumber: "1,2" } }],
  [`${own}duration`, "2160h", { duration: "2160h" }],
  [`${own}renew-before`, "360h", { renewBefore: "360h" }],
  [`${own}renew-before-percentage`, "67", { renewBeforePercentage: 67 }],
  [`${own}usages`, "server auth, client auth", { usages: ["server auth", "client auth"] }],
  [`${own}revision-history-limit`, "3", { revisionHistoryLimit: 3 }],
  [`${own}private-key-algorithm`, "ECDSA", { privateKey: { algorithm: "ECDSA" } }],
  [`${own}private-key-encoding`, "PKCS8", { privateKey: { encoding: "PKCS8" } }],
  [`${own}private-key-size`, "4096", { privateKey: { size: 4096 } }],
  [`${own}private-key-rotation-policy`, "Always", { privateKey: { rotationPolicy: "Always" } }],
  [`${own}secret-template`, '{"labels":{"a":"b"},"annotations":{}}', { secretTemplate: { labels: { a: "b" } } }],
  [`${acme}http01-edit-in-place`, "true", {}, { [`${own}issue-temporary-certificate`]: "true", ...parent }],
  [`${acme}http01-ingress-class`, "nginx", {}, parent],
  [`${acme}http01-ingress-ingressclassname`, "nginx", {}, parent],
];

const nothing = ", or cert-manager issues nothing";

/** What cert-manager does not take: the annotations beside the issuer, and the verdict on one of them. */
const wrong: [given: Given, verdict: string][] = [
  [
    { [`${own}common-name`]: "a".repeat(65) },
    `common-name: refused (must have 64 characters at most${nothing}) way out: ${own}common-name: 'shop.example.com'`,
  ],
  [
    { [`${own}ip-sans`]: "shop" },
    `ip-sans: refused (must be addresses${nothing}) way out: ${own}ip-sans: '192.0.2.10'`,
  ],
  [
    { [`${own}duration`]: "90d" },
    `duration: refused (must be a duration of at least 1h${nothing}) way out: ${own}duration: '2160h'`,
  ],
  [
    { [`${own}renew-before`]: "2160h" },
    `renew-before: refused (must be a duration of at least 5m, and less than that of the certificate${nothing}) way out: ${own}renew-before: '360h'`,
  ],
  [
    { [`${own}renew-before-percentage`]: "100" },
    `renew-before-percentage: refused (must be a whole number from 1 to 99${nothing}) way out: ${own}renew-before-percentage: '67'`,
  ],
  [
    { [`${own}renew-before`]: "1h", [`${own}renew-before-percentage`]: "67" },
    `renew-before-percentage: refused (must not stand beside renew-before${nothing}) way out: ${own}renew-before-percentage: 'one of them'`,
  ],
  [
    { [`${own}usages`]: "server auth,web" },
    `usages: refused (has no such usage as web${nothing}) way out: ${own}usages: 'server auth'`,
  ],
  [
    { [`${own}revision-history-limit`]: "0" },
    `revision-history-limit: refused (must be a whole number from 1 up${nothing}) way out: ${own}revision-history-limit: '1'`,
  ],
  [
    { [`${own}private-key-algorithm`]: "rsa" },
    `private-key-algorithm: refused (must be one of RSA, ECDSA, Ed25519${nothing}) way out: ${own}private-key-algorithm: 'RSA'`,
  ],
  [
    { [`${own}private-key-size`]: "256" },
    `private-key-size: refused (must be a size of RSA keys${nothing}) way out: ${own}private-key-size: '2048'`,
  ],
  [
    { [`${own}private-key-algorithm`]: "ECDSA", [`${own}private-key-size`]: "2048" },
    `private-key-size: refused (must be a size of ECDSA keys${nothing}) way out: ${own}private-key-size: '256'`,
  ],
  [
    { [`${own}subject-countries`]: 'DE,"FR' },
    `subject-countries: refused (must be one line of values with commas between them${nothing}) way out: ${own}subject-countries: 'Example'`,
  ],
  [
    { [`${own}secret-template`]: '{"annotations":{"cert-manager.io/a":"b"}}' },
    `secret-template: refused (must be JSON with annotations and labels, none of them of cert-manager.io${nothing}) way out: ${own}secret-template: '{"labels": {"team": "shop"}}'`,
  ],
  [
    { [`${own}issuer`]: "ca" },
    `issuer: refused (must not stand beside ${own}cluster-issuer${nothing}) way out: one of the two`,
  ],
  [
    { [`${own}issuer-kind`]: "Other" },
    `issuer-kind: refused (must not stand beside ${own}cluster-issuer${nothing}) way out: one of the two`,
  ],
];

describe("certificates of converted Ingresses", () => {
  it("are what cert-manager makes of each tls entry with hosts and a Secret", () => {
    const ingress = issuedBy(asked, {
      tls: [
        ...tls,
        { hosts: ["a.example.com", "192.0.2.1"], secretName: "a-tls" },
        { hosts: ["b.example.com"] },
        { secretName: "c-tls" },
      ],
    });
    ingress.metadata.labels = { app: "web", "applyset.kubernetes.io/part-of": "set" };
    const made = convert([ingress]).objects.filter(({ kind }) => kind === "Certificate");
    const labeled = (name: string, spec: object) => ({
      ...certificate({}),
      metadata: { name, namespace: "shop", labels: { app: "web" } },
      spec: { secretName: name, ...spec, issuerRef: { name: "letsencrypt", kind: "ClusterIssuer" } },
    });
    assert.deepEqual(made, [
      labeled("a-tls", { dnsNames: ["a.example.com"], ipAddresses: ["192.0.2.1"] }),
      labeled("web-tls", { dnsNames: ["shop.example.com"] }),
    ]);
  });

  for (const [name, value, spec, annotations] of fields) {
    it(`have ${name}`, () => {
      const { objects, entries } = convert([issuedBy({ ...asked, [name]: value })]);
      assert.deepEqual(only(objects, "Certificate"), certificate(spec, annotations));
      const { becomes } = certificateAnnotations.find((one) => one.name === name)!;
      const said = `${name}: mapped → ${becomes.replace(/`/g, "")} of Certificate shop/web-tls`;
      assert.deepEqual(new Set(verdicts(entries)), new Set([led, said]));
    });
  }

  it("have every annotation that cert-manager reads", () => {
    const leaders = ["issuer", "cluster-issuer", "issuer-kind", "issuer-group"].map((name) => own + name);
    const tested = new Set([...leaders, "kubernetes.io/tls-acme", ...fields.map(([name]) => name)]);
    assert.deepEqual(
      certificateAnnotations.map(({ name }) => name).filter((name) => !tested.has(name)),
      [],
    );
  });

  for (const [given, verdict] of wrong) {
    it(`are refused for ${JSON.stringify(given)}`, () => {
      const { objects, entries } = convert([issuedBy({ ...asked, ...given })]);
      assert.deepEqual(objects, []);
      assert.ok(verdicts(entries).includes(`${own}${verdict}`), verdicts(entries).join("\n"));
    });
  }

  it("go without what is accepted", () => {
    const accept = [`${own}duration`];
    const given = issuedBy({ ...asked, [`${own}duration`]: "90d" });
    assert.deepEqual(only(convert([given], { ...standardOptions, accept }).objects, "Certificate"), certificate({}));
  });

  it("name an Issuer of the namespace, or one of another kind and group", () => {
    const ref = (given: Given) =>
      (only(convert([issuedBy(given)]).objects, "Certificate").spec as { issuerRef: object }).issuerRef;
    assert.deepEqual(ref({ [`${own}issuer`]: "ca" }), { name: "ca", kind: "Issuer" });
    const other = {
      [`${own}issuer`]: "ca",
      [`${own}issuer-kind`]: "AWSPCAIssuer",
      [`${own}issuer-group`]: "awspca.cert-manager.io",
    };
    assert.deepEqual(ref(other), { name: "ca", kind: "AWSPCAIssuer", group: "awspca.cert-manager.io" });
  });

  it("say nothing of HTTP-01 where the issuer is known and needs nothing", () => {
    const issuer = (spec: object) => ({
      apiVersion: "cert-manager.io/v1",
      kind: "ClusterIssuer",
      metadata: { name: "letsencrypt" },
      spec,
    });
    const said = (spec: object) =>
      convert([issuedBy(asked), issuer(spec)]).entries.find(({ name }) => name in asked)?.detail;
    assert.equal(said({ ca: { secretName: "ca" } }), orphan);
    assert.equal(said({ acme: { solvers: [{ dns01: {} }] } }), orphan);
    assert.equal(
      said({ acme: { solvers: [{ dns01: {} }, { http01: { ingress: { ingressClassName: "nginx" } } }] } }),
      `${orphan}; ClusterIssuer letsencrypt answers HTTP-01 by an Ingress and needs ${solver}`,
    );
  });

  it("are not written where cert-manager issues nothing", () => {
    const said = (ingress: Ingress) => {
      const { objects, entries } = convert([ingress]);
      assert.deepEqual(
        objects.filter(({ kind }) => kind === "Certificate"),
        [],
      );
      return verdicts(entries);
    };
    const without = `without ${own}cluster-issuer or ${own}issuer cert-manager ignores it`;
    assert.deepEqual(said(issuedBy({ [`${own}duration`]: "1h", "kubernetes.io/tls-acme": "false" })), [
      `${own}duration: converted (${without})`,
      `kubernetes.io/tls-acme: converted (${without})`,
    ]);
    const noEntry = "no tls entry has hosts and a Secret, so cert-manager issues nothing";
    assert.deepEqual(said(issuedBy({ ...asked, [`${own}uri-sans`]: "x" }, { tls: [{ hosts: ["a.example.com"] }] })), [
      `${own}cluster-issuer: converted (${noEntry})`,
      `${own}uri-sans: converted (cert-manager does not read it from an Ingress)`,
    ]);
    const twice = "Secret web-tls stands in two tls entries, so cert-manager issues nothing";
    assert.deepEqual(said(issuedBy({ ...asked, [`${own}duration`]: "1h" }, { tls: [...tls, ...tls] })), [
      `${own}cluster-issuer: refused (${twice}) way out: one tls entry with all hosts`,
      `${own}duration: converted (${twice})`,
    ]);
    assert.deepEqual(said(issuedBy({ [`${own}issuer`]: "" })), [
      `${own}issuer: converted (it names no issuer, so cert-manager issues nothing)`,
    ]);
  });

  it("are of the default issuer for tls-acme, where that is known", () => {
    const acmeOnly = issuedBy({ "kubernetes.io/tls-acme": "true", [`${own}duration`]: "1h" });
    const unknown = `cert-manager has made it by its default issuer, and renews the Secret as long as it is there: delete the Ingress with --cascade=orphan; --default-issuer writes it, where cert-manager has not seen the Ingress; an ACME issuer that answers HTTP-01 by an Ingress needs ${solver}`;
    const { objects, entries } = convert([acmeOnly]);
    assert.deepEqual(
      objects.filter(({ kind }) => kind === "Certificate"),
      [],
    );
    assert.deepEqual(verdicts(entries), [
      `${own}duration: mapped → Certificate shop/web-tls as it is`,
      `kubernetes.io/tls-acme: mapped → Certificate shop/web-tls as it is (${unknown})`,
    ]);
    const defaultIssuer = { kind: "ClusterIssuer", name: "letsencrypt" };
    const named = convert([acmeOnly], { ...standardOptions, defaultIssuer });
    assert.deepEqual(only(named.objects, "Certificate"), certificate({ duration: "1h" }));
    assert.deepEqual(verdicts(named.entries).at(-1), led.replace(`${own}cluster-issuer`, "kubernetes.io/tls-acme"));
    const beside = convert([issuedBy({ ...asked, "kubernetes.io/tls-acme": "true" })]);
    assert.equal(verdicts(beside.entries).at(-1), "kubernetes.io/tls-acme: mapped → Certificate shop/web-tls");
  });

  it("of a default issuer that is not known are not renewed where the Ingress answers their challenges", () => {
    const inPlace = `${acme}http01-edit-in-place`;
    const given = { "kubernetes.io/tls-acme": "true", [inPlace]: "true", [`${acme}http01-ingress-class`]: "" };
    const why =
      "the Certificate that cert-manager has made answers ACME challenges by this Ingress, and is not renewed without it; --default-issuer writes one that asks the Gateway";
    assert.deepEqual(verdicts(convert([issuedBy(given)]).entries).slice(0, 2), [
      `${inPlace}: changed (${why})`,
      `${acme}http01-ingress-class: converted (this is the default)`,
    ]);
  });

  it("take the issuer of what cert-manager has made, and leave what is not its own", () => {
    const made = (ownerReferences: object[]) => ({
      ...certificate({ issuerRef: { name: "from-cluster", kind: "Issuer" } }),
      metadata: { name: "web-tls", namespace: "shop", ownerReferences },
    });
    const acmeOnly = issuedBy({ "kubernetes.io/tls-acme": "true" });
    const owned = convert([acmeOnly, made([{ kind: "Ingress", name: "web", controller: true }])]);
    assert.deepEqual((only(owned.objects, "Certificate").spec as { issuerRef: object }).issuerRef, {
      name: "from-cluster",
      kind: "Issuer",
    });
    const foreign = convert([issuedBy(asked), made([])]);
    assert.deepEqual(
      foreign.objects.filter(({ kind }) => kind === "Certificate"),
      [],
    );
    assert.deepEqual(verdicts(foreign.entries), [
      `${own}cluster-issuer: converted (Certificate shop/web-tls is there already, and cert-manager leaves it as it is)`,
    ]);
  });

  it("are one for a Secret that several Ingresses ask for: as the oldest says", () => {
    const old = issuedBy({ ...asked, [`${own}duration`]: "1h" });
    const young = issuedBy({ ...asked, [`${own}duration`]: "2h" });
    Object.assign(old.metadata, { name: "old", creationTimestamp: "2024-01-01T00:00:00Z" });
    Object.assign(young.metadata, { name: "young", creationTimestamp: "2025-01-01T00:00:00Z" });
    const { objects, entries } = convert([young, old]);
    assert.deepEqual(only(objects, "Certificate"), certificate({ duration: "1h" }));
    const other = entries.find(({ ingress, name }) => ingress === "shop/young" && name === `${own}duration`);
    assert.equal(other?.detail, "cert-manager issues Secret shop/web-tls as Ingress shop/old says");
  });

  it("are plain objects of a program", () => {
    const text = convertedProgram(convert([issuedBy(asked)]).objects);
    assert.match(
      text,
      /new k8s\.apiextensions\.CustomResource\("certificate-shop-web-tls", \{\n {4}apiVersion: "cert-manager\.io\/v1",\n {4}kind: "Certificate",/,
    );
  });
});
