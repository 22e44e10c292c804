// Clients with all kinds of certificates, and without, as hosts that ask for them answer.
import * as assert from "node:assert/strict";
import * as https from "node:https";
import type { Ingress, Secret } from "../../lib/conversion/objects";
import { ingress } from "./convert-ask";
import { askAs, base64, type Client, type Got } from "./convert-handshake";
import { clientCertificate, issuerBy } from "./convert-objects";
import { apply, kubectl, settled } from "./support";

const namespace = "convert";
const page = "https://help.test/certificates";

/** The Secret of a certificate, once it is there. */
function made(name: string, by?: string): Secret {
  apply(JSON.stringify(clientCertificate(name, namespace, by)));
  kubectl("wait", `certificate/${name}`, "-n", namespace, "--for=condition=Ready", "--timeout=60s");
  apply(JSON.stringify(issuerBy(name, namespace)));
  return JSON.parse(kubectl("get", "secret", name, "-n", namespace, "-o", "json")) as Secret;
}

/** Tries hosts that want a certificate, that welcome one, and that take any. */
export async function judgesClients(
  applied: (...documents: [Ingress, ...object[]]) => Promise<void>,
  url: string,
): Promise<void> {
  const root = made("partners");
  const [near, far, farther] = [made("near", "partners"), made("far", "near"), made("farther", "far")];
  const stranger = made("stranger");
  const shown = ({ data }: Secret): Client => ({ cert: base64(data!["tls.crt"]!), key: base64(data!["tls.key"]!) });
  const hosts = {
    "demanded.test": { "auth-tls-pass-certificate-to-upstream": "true" },
    "deeper.test": { "auth-tls-verify-depth": "2", "auth-tls-error-page": page },
    "welcome.test": { "auth-tls-verify-client": "optional" },
    "any.test": { "auth-tls-verify-client": "optional_no_ca" },
    "named.test": { "auth-tls-verify-client": "optional", "auth-tls-match-cn": "CN=ne[ab]r" },
  };
  for (const [host, given] of Object.entries(hosts)) {
    const annotations = { "auth-tls-secret": `${namespace}/partners`, ...given };
    await applied(ingress(host, annotations, { "/": "web" }, { tls: true }), root);
  }
  // No client can say these by itself.
  const send = {
    "ssl-client-verify": "SUCCESS",
    "ssl-client-subject-dn": "CN=other",
    "ssl-client-issuer-dn": "CN=other",
  };
  const ask = (host: string, who: Client) => askAs({ send, ...who }, host, url);
  for (const host of Object.keys(hosts)) {
    await settled(
      () => ask(host, shown(near)),
      ({ status }) => status === 200,
    );
  }
  const clients = { none: {}, near: shown(near), far: shown(far), farther: shown(farther), stranger: shown(stranger) };
  const got: { [host: string]: { [client: string]: string } } = {};
  for (const host of Object.keys(hosts)) {
    got[host] = {};
    for (const [name, who] of Object.entries(clients)) got[host][name] = told(await ask(host, who));
  }
  const success = (subject: string, issuer: string) => `200 SUCCESS CN=${subject} CN=${issuer}`;
  const known = { near: success("near", "partners"), far: success("far", "near") };
  assert.deepEqual(got, {
    "demanded.test": { none: "400", ...known, farther: "400", stranger: "400" },
    "deeper.test": {
      none: `302 ${page}`,
      ...known,
      farther: success("farther", "far"),
      stranger: `302 ${page}`,
    },
    "welcome.test": { none: "200 NONE", ...known, farther: "400", stranger: "400" },
    "any.test": {
      none: "200 NONE",
      ...known,
      farther: "200 FAILED CN=farther CN=far",
      stranger: "200 FAILED CN=stranger CN=stranger",
    },
    "named.test": { none: "403", near: known.near, far: "403", farther: "400", stranger: "400" },
  });
  const passed = await ask("demanded.test", shown(near));
  assert.match(passed.saw["ssl-client-cert"]!, /^-----BEGIN%20CERTIFICATE-----/);
  assert.ok(shown(near).cert!.startsWith(decodeURIComponent(passed.saw["ssl-client-cert"]!)));

  // Of a session that it resumes Envoy does not say that the certificate is valid.
  const agent = new https.Agent();
  for (const time of ["first", "second"]) {
    assert.equal((await ask("demanded.test", { ...shown(near), agent })).status, 200, time);
  }
  // The listeners of other hosts ask for none.
  assert.equal((await ask("secure.test", {})).status, 200);
}

/** Status, Location and what the backend saw, as one text. */
function told({ status, location, error, saw }: Got): string {
  const seen = ["verify", "subject-dn", "issuer-dn"].map((name) => saw[`ssl-client-${name}`]);
  return [status ?? error, location, ...seen].filter((one) => one !== undefined).join(" ");
}
