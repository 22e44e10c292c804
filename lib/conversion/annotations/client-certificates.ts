// Certificates that clients must show: auth-tls-secret, and what says more about it.
import { changed, inert, mapped, refused, type Verdict } from "../report";
import { booleanOf, detailOf, type Annotation, type Reader, type Surroundings, type Told } from "./family";

const source = "authtls";
const leader = "auth-tls-secret";
const verify = "auth-tls-verify-client";
const pass = "auth-tls-pass-certificate-to-upstream";
const listener = "a listener with gateway.istio.io/tls-terminate-mode MUTUAL";
const headers = "RequestHeaderModifier with %DOWNSTREAM_PEER_CERT%";

/** What NGINX does with a client without a certificate; of any other word it takes `on`. */
function wanted({ other }: Surroundings): string {
  const word = other(verify)?.trim() ?? "";
  return /^(off|optional|optional_no_ca)$/.test(word) ? word : "on";
}

/** What becomes of the leader, and so of all that says more about it. */
function outcomeOf(value: string, around: Surroundings): Verdict {
  const [namespace = "", name = "", ...rest] = value.trim().split("/");
  const own = around.ingress.metadata.namespace;
  if (namespace === "" || name === "" || rest.length > 0) {
    const fix = `${leader}: "${own ?? "default"}/${value.trim()}"`;
    return refused("must be namespace/name; NGINX answers 403", fix);
  }
  if (own !== undefined && namespace !== own) {
    return refused("NGINX takes Secrets of the Ingress's own namespace only, and answers 403", `a Secret of ${own}`);
  }
  const word = wanted(around);
  if (word === "off") return inert(`with ${verify} off NGINX asks for no certificate`);
  if (word !== "on") {
    return refused(
      `a listener demands a certificate or asks for none: where one is only welcome, istiod does not give the gateway its CA`,
      `${verify}: "on", or spec.tls.frontend of the Gateway, which holds for a whole port`,
    );
  }
  const secret = around.secret(value.trim());
  if (secret && (secret.data?.["ca.crt"] ?? secret.stringData?.["ca.crt"]) === undefined) {
    return refused("the Secret has no ca.crt, so NGINX asks for no certificate", "a Secret with ca.crt");
  }
  return changed(
    "a client without a valid certificate gets no answer: the TLS handshake fails, where NGINX answers 400; the chain may be of any length",
    listener,
  );
}

const readSecret: Reader = (value, settings, around) => {
  const verdict = outcomeOf(value, around);
  if (verdict.outcome !== "changed") return verdict;
  settings.clientCertificates = { secret: value.trim().split("/")[1]!, pass: booleanOf(around.other(pass)) === true };
  return verdict;
};

/** What says more about the leader, as far as that is not refused or without effect. */
function detail(told: Told, name: string, does: string, becomes: string, read: Reader): Annotation {
  const reader: Reader = (value, settings, around) => {
    const { outcome, detail: why } = outcomeOf(around.other(leader)!, around);
    if (outcome === "refused") return refused(`it belongs to ${leader}, which is refused`, `see ${leader}`);
    return outcome === "converted" ? inert(why ?? "") : read(value, settings, around);
  };
  return { ...detailOf(source, told, name, does, leader, reader), becomes };
}

export const clientCertificates: Annotation[] = [
  {
    name: leader,
    told: "table",
    does: "asks clients of the host for a certificate by this CA",
    becomes: `${listener}, in a ListenerSet of the host alone, and the CA in a Secret beside that of the host's own certificate, by the name that istiod looks for; refused where the host has no certificate of its own`,
    source,
    read: readSecret,
  },
  detail(
    "table",
    verify,
    "whether a certificate is demanded (on), only welcome (optional), or neither (off)",
    "tls-terminate-mode MUTUAL for on, nothing for off; optional is refused",
    (value) =>
      value.trim() === "on" ? mapped("tls-terminate-mode MUTUAL") : inert("NGINX does not know this word and uses on"),
  ),
  detail("table", "auth-tls-verify-depth", "how long its chain may be, 1 by default", "nothing: any length", () =>
    changed("the chain may be of any length"),
  ),
  detail(
    "table",
    "auth-tls-error-page",
    "where clients without one are sent",
    "refused: the handshake fails before there is a request",
    () => refused("the TLS handshake fails before there is a request to answer", `--accept auth-tls-error-page`),
  ),
  detail("table", pass, "sends it to the backend in a header", `\`${headers}\``, (value) =>
    booleanOf(value) === true ? mapped(headers) : inert("this is the default"),
  ),
  detail(
    "table",
    "auth-tls-match-cn",
    "the common name that it must have",
    "refused: an AuthorizationPolicy cannot search the name of a certificate",
    () =>
      refused(
        "an AuthorizationPolicy cannot search the name of a certificate",
        "a CA of its own for these clients, or the check of ssl-client-subject-dn in the application",
      ),
  ),
];
