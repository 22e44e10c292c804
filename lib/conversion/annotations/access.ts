// Who gets in: addresses, passwords, certificates, an authentication service.
import { changed, inert, mapped, refused, type Verdict } from "../report";
import type { Settings } from "../settings";
import { externalAuth } from "./external-auth";
import { boolean, detailOf, listOf, noWay, type Annotation, type Family, type Told } from "./family";
import { everyAddress, isRange, needsAddress } from "./ranges";

function ranges(
  value: string,
  write: (given: string[], settings: Settings) => void,
  settings: Settings,
  what: string,
): Verdict {
  const given = listOf(value);
  const unfit = given.filter((range) => !isRange(range));
  if (unfit.length > 0 || given.length === 0) {
    return refused(
      `${unfit.length > 0 ? unfit.join(", ") : "nothing"} is neither an address nor a range, so NGINX answers 503`,
      "ranges such as 10.0.0.0/8, with commas between them",
    );
  }
  write([...new Set(given)].sort(), settings);
  return mapped(`AuthorizationPolicy DENY with ${what}, on the Gateway`, needsAddress);
}

/** True for the ranges of all addresses. */
function isEveryone(value: string): boolean {
  const given = listOf(value);
  return everyAddress.every((range) => given.includes(range)) && given.every(isRange);
}

const allowRanges = (name: string, told: Told): Annotation => ({
  name,
  told,
  does: "refuses (403) clients whose address is in none of these ranges",
  becomes: `an AuthorizationPolicy DENY on the Gateway with \`notRemoteIpBlocks\`, for the host and its paths; ${needsAddress}`,
  source: "ipallowlist",
  read: (value, settings, around) =>
    name === "whitelist-source-range" && around.other("allowlist-source-range") !== undefined
      ? inert("NGINX uses allowlist-source-range")
      : isEveryone(value)
        ? inert("it allows every address")
        : ranges(value, (given) => (settings.allow = given), settings, "notRemoteIpBlocks"),
});

const passwords = "oauth2-proxy by auth-url and --auth-provider, or a RequestAuthentication with JWTs";
const clientCertificates =
  "spec.tls.frontend of the Gateway, which holds for a whole port, or a Gateway of its own for the host";

/** What only says more about a refused leader. */
const with_ = (source: string, told: Told, leader: string, names: { [name: string]: string }): Annotation[] =>
  Object.entries(names).map(([name, does]) => detailOf(source, told, name, does, leader));

export const access: Family = {
  title: "Access",
  annotations: [
    allowRanges("whitelist-source-range", "table"),
    allowRanges("allowlist-source-range", "code"),
    {
      name: "denylist-source-range",
      told: "table",
      does: "refuses (403) clients whose address is in one of these ranges",
      becomes: `an AuthorizationPolicy DENY on the Gateway with \`remoteIpBlocks\`, for the host and its paths; ${needsAddress}`,
      source: "ipdenylist",
      read: (value, settings) => ranges(value, (given) => (settings.deny = given), settings, "remoteIpBlocks"),
    },
    noWay(
      "auth",
      "table",
      "auth-type",
      "asks for a user and a password",
      "Istio has no password authentication",
      passwords,
    ),
    ...with_("auth", "table", "auth-type", {
      "auth-secret": "the Secret with users and passwords",
      "auth-secret-type": "how that Secret is laid out",
      "auth-realm": "what the browser shows",
    }),
    ...externalAuth,
    {
      name: "enable-global-auth",
      told: "table",
      does: "false: leaves out the authentication service of NGINX's ConfigMap",
      becomes: "nothing: there is none for all routes",
      source: "authreqglobal",
      read: boolean(true, (on) =>
        on
          ? changed("NGINX's global-auth-url, if its ConfigMap has one, does not reach the gateway")
          : mapped("what the gateway does: it has no authentication for all routes"),
      ),
    },
    noWay(
      "authtls",
      "table",
      "auth-tls-secret",
      "asks clients of the host for a certificate by this CA",
      "a listener has no CA of its own",
      clientCertificates,
    ),
    ...with_("authtls", "table", "auth-tls-secret", {
      "auth-tls-verify-client": "whether a certificate is wanted or only welcome",
      "auth-tls-verify-depth": "how long its chain may be",
      "auth-tls-error-page": "where clients without one are sent",
      "auth-tls-pass-certificate-to-upstream": "sends it to the backend in a header",
      "auth-tls-match-cn": "the common name that it must have",
    }),
    {
      name: "satisfy",
      told: "table",
      does: "any: one of address and password is enough",
      becomes: "nothing for all; any is refused",
      source: "satisfy",
      read: (value) => {
        const word = value.trim().toLowerCase();
        if (word === "any")
          return refused("an AuthorizationPolicy cannot be satisfied by a password instead", passwords);
        return inert(word === "all" ? "this is the default" : "NGINX does not know this word and uses all");
      },
    },
  ],
};
