// Certificates that clients must show: auth-tls-secret, and what says more about it.
import { isRe2 } from "../expressions";
import { changed, inert, mapped, refused, type Verdict } from "../report";
import type { ClientJudgement } from "../settings";
import {
  booleanOf,
  detailOf,
  integerOf,
  withFilters,
  type Annotation,
  type Reader,
  type Surroundings,
  type Told,
} from "./family";

const source = "authtls";
const leader = "auth-tls-secret";
const verify = "auth-tls-verify-client";
const pass = "auth-tls-pass-certificate-to-upstream";
const depth = "auth-tls-verify-depth";
const page = "auth-tls-error-page";
const cn = "auth-tls-match-cn";
const mode = "a listener with gateway.istio.io/tls-terminate-mode";
const listener = `${mode} MUTUAL`;
const filter = "EnvoyFilter with envoy.filters.http.lua";
const headers = "RequestHeaderModifier with %DOWNSTREAM_PEER_CERT%";
/** What differs where any CA will do: Envoy says that a certificate is not valid, and not why. */
const anyCa =
  "ssl-client-verify is FAILED, without NGINX's reason; a certificate that is revoked, or at the end of a longer chain, passes with it";

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
  if (word !== "on" && !around.envoyFilters) {
    return refused(
      `a listener demands a certificate or asks for none: where one is only welcome, istiod does not give the gateway its CA`,
      `${withFilters}; ${verify}: "on"; or spec.tls.frontend of the Gateway, which holds for a whole port`,
    );
  }
  const secret = around.secret(value.trim());
  if (secret && (secret.data?.["ca.crt"] ?? secret.stringData?.["ca.crt"]) === undefined) {
    return refused("the Secret has no ca.crt, so NGINX asks for no certificate", "a Secret with ca.crt");
  }
  if (around.envoyFilters) {
    const to = `${mode} OPTIONAL_MUTUAL, and ${filter}`;
    return word === "optional_no_ca" ? changed(anyCa, to) : mapped(to);
  }
  return changed(
    "a client without a valid certificate gets no answer: the TLS handshake fails, where NGINX answers 400; the chain may be of any length",
    listener,
  );
}

const readSecret: Reader = (value, settings, around) => {
  const verdict = outcomeOf(value, around);
  if (verdict.outcome === "refused" || verdict.outcome === "converted") return verdict;
  const [namespace, secret] = value.trim().split("/") as [string, string];
  settings.clientCertificates = {
    secret,
    pass: booleanOf(around.other(pass)) === true,
    ...(around.envoyFilters ? { judged: judgement(namespace, around) } : {}),
  };
  return verdict;
};

function judgement(namespace: string, around: Surroundings): ClientJudgement {
  const { other } = around;
  const url = other(page)?.trim() ?? "";
  const name = other(cn) ?? "";
  return {
    namespace,
    demanded: wanted(around) === "on",
    anyCa: wanted(around) === "optional_no_ca",
    depth: Math.max(0, integerOf(other(depth)) ?? 0) || 1,
    ...(isUrl.test(url) ? { page: url } : {}),
    ...(name.startsWith("CN=") && isRe2(name) ? { name } : {}),
  };
}

/** Elsewhere than a URL, a page is one that the host itself has. */
const isUrl = /^https?:\/\/[\w.-]+(:\d+)?(\/[\w.-]+)*\/?$/;

const verifying: Reader = (value, _, around) => {
  const word = value.trim();
  if (wanted(around) !== word) return inert("NGINX does not know this word and uses on");
  if (!around.envoyFilters) return mapped("tls-terminate-mode MUTUAL");
  return word === "optional_no_ca" ? changed(anyCa, filter) : mapped(filter);
};

const limiting: Reader = (value, _, around) => {
  if (!around.envoyFilters) return changed("the chain may be of any length");
  const most = integerOf(value);
  if (most === undefined) return inert("not a whole number, so NGINX uses its default, 1");
  return most < 0
    ? refused("NGINX does not load a depth below 0", `${depth}: "1"`)
    : mapped("EnvoyFilter with max_verify_depth", most === 0 ? "NGINX takes 1 for 0" : undefined);
};

const matching: Reader = (value, _, { envoyFilters }) => {
  const way = "a CA of its own for these clients, or the check of ssl-client-subject-dn in the application";
  if (!envoyFilters) {
    return refused("an AuthorizationPolicy cannot search the name of a certificate", `${withFilters}, or ${way}`);
  }
  if (!value.startsWith("CN="))
    return refused("NGINX takes no certificates by it: it must begin with CN=", `${cn}: "CN=…"`);
  return isRe2(value)
    ? mapped("EnvoyFilter with envoy.filters.http.rbac")
    : refused("NGINX and Envoy take regular expressions of RE2 only", "write it without lookaround and backreferences");
};

const sending: Reader = (value, _, around) => {
  const way = `--accept ${page}`;
  if (!around.envoyFilters) {
    return refused("the TLS handshake fails before there is a request to answer", `${withFilters}, or ${way}`);
  }
  return isUrl.test(value.trim())
    ? mapped(filter)
    : refused("NGINX serves a page of the host itself, for which no route is", `${page}: "https://…", or ${way}`);
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
    becomes: `${mode} OPTIONAL_MUTUAL, in a ListenerSet of the host alone, and the CA in a ConfigMap; an EnvoyFilter answers 400 as NGINX does. With \`--no-envoy-filters\` ${listener}, and the CA in a Secret beside that of the host's own certificate, by the name that istiod looks for: then the handshake fails. Refused where the host has no certificate of its own`,
    source,
    read: readSecret,
  },
  detail(
    "table",
    verify,
    "whether a certificate is demanded (on), only welcome (optional, optional_no_ca), or neither (off)",
    "nothing for off, else the EnvoyFilter, where `optional_no_ca` cannot say why a certificate is not valid; with `--no-envoy-filters` tls-terminate-mode MUTUAL for on, and a refusal for the others",
    verifying,
  ),
  detail(
    "table",
    depth,
    "how many CAs may be between it and the one of the Secret, 1 by default",
    "an EnvoyFilter with `max_verify_depth`, which counts the CA of the Secret too; with `--no-envoy-filters` nothing: any length",
    limiting,
  ),
  detail(
    "table",
    page,
    "where clients without one are sent",
    "the EnvoyFilter, which redirects to a URL; refused for a page of the host itself, and with `--no-envoy-filters`, since the handshake fails before there is a request",
    sending,
  ),
  detail(
    "table",
    pass,
    "sends it to the backend in a header",
    `the EnvoyFilter; with \`--no-envoy-filters\` \`${headers}\``,
    (value, _, { envoyFilters }) =>
      booleanOf(value) === true ? mapped(envoyFilters ? filter : headers) : inert("this is the default"),
  ),
  detail(
    "table",
    cn,
    "the common name that it must have",
    "an EnvoyFilter with `envoy.filters.http.rbac`, which answers 403 as NGINX does; refused with `--no-envoy-filters`, since an AuthorizationPolicy cannot search the name of a certificate",
    matching,
  ),
];
