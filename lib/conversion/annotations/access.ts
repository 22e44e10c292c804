// Who gets in: addresses, passwords, certificates, an authentication service.
import { changed, inert, mapped, refused, type Verdict } from "../report";
import type { Settings } from "../settings";
import { clientCertificates } from "./client-certificates";
import { externalAuth } from "./external-auth";
import { passwords } from "./passwords";
import { admittedAs, boolean, listOf, type Annotation, type Family, type Surroundings, type Told } from "./family";
import { byAddress, everyAddress, isRange, needsAddress } from "./ranges";

function ranges(
  value: string,
  write: (given: string[], settings: Settings) => void,
  settings: Settings,
  around: Surroundings,
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
  return admittedAs(byAddress(what, around), around);
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
        : ranges(value, (given) => (settings.allow = given), settings, around, "notRemoteIpBlocks"),
});

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
      read: (value, settings, around) =>
        ranges(value, (given) => (settings.deny = given), settings, around, "remoteIpBlocks"),
    },
    ...passwords,
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
    ...clientCertificates,
    {
      name: "satisfy",
      told: "table",
      does: "any: one of address and password is enough",
      becomes: "nothing for all; any is refused",
      source: "satisfy",
      read: (value) => {
        const word = value.trim().toLowerCase();
        if (word === "any")
          return refused("an AuthorizationPolicy cannot be satisfied by a password instead", 'satisfy: "all"');
        return inert(word === "all" ? "this is the default" : "NGINX does not know this word and uses all");
      },
    },
  ],
};
