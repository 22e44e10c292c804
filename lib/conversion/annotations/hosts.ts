// Names of a host, and TLS in front of it.
import { changed, converted, inert, mapped, refused, type Verdict } from "../report";
import { listenerOption, readCiphers } from "./ciphers";
import { boolean, booleanOf, listOf, speaksTls, type Family, type Surroundings } from "./family";

const hostname = /^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

export const hosts: Family = {
  title: "Hosts and their TLS",
  annotations: [
    {
      name: "server-alias",
      told: "table",
      does: "serves these names as the host, as far as they have no server of their own",
      becomes: "more `hostnames` of the HTTPRoutes of the host; regular expressions (`~…`) are refused",
      source: "alias",
      read: (value, settings) => aliases(listOf(value), settings.aliases),
    },
    {
      name: "ssl-passthrough",
      told: "table",
      does: "hands TLS connections on to the backend as they are; with --enable-ssl-passthrough only",
      becomes:
        "a TLSRoute and a listener of protocol TLS and mode Passthrough, in a ListenerSet, for the Service of the path `/`; refused where an AuthorizationPolicy of the same input would hold for its connections too",
      source: "sslpassthrough",
      read: boolean(false, (on, settings, around) => {
        settings.passthrough = on;
        if (on && speaksTls(around) && !isRedirected(around)) {
          settings.forceSslRedirect = true;
          return changed(
            "http is redirected to https: the gateway cannot speak TLS to a Service to which it passes TLS on",
            "TLSRoute on a listener of mode Passthrough",
          );
        }
        return on
          ? mapped("TLSRoute on a listener of mode Passthrough", "NGINX does it with --enable-ssl-passthrough only")
          : inert("this is the default");
      }),
    },
    {
      name: "ssl-ciphers",
      told: "table",
      does: "the ciphers of the host's TLS",
      becomes: `\`${listenerOption}\` of the host's own listener, for ciphers by their names that Envoy has; classes such as HIGH are refused, and a host without a certificate of its own`,
      source: "sslcipher",
      read: readCiphers,
    },
    {
      name: "ssl-prefer-server-ciphers",
      told: "table",
      does: "lets the server's order of ciphers decide",
      becomes: "nothing: Envoy's order decides in any case",
      source: "sslcipher",
      read: (value) =>
        /^(true|on)$/i.test(value)
          ? mapped("what Envoy does")
          : changed("the server's order of ciphers decides, and not the client's"),
    },
  ],
};

/** True where NGINX answers http with a redirect to https. */
export function isRedirected({ other, ingress }: Surroundings): boolean {
  const byCertificate = (ingress.spec.tls ?? []).length > 0 && booleanOf(other("ssl-redirect")) !== false;
  return byCertificate || booleanOf(other("force-ssl-redirect")) === true;
}

function aliases(given: string[], into: string[]): Verdict {
  const unfit = given.filter((name) => !hostname.test(name));
  if (unfit.length > 0) {
    return refused(`an HTTPRoute takes names and \`*.name\` only, not ${unfit.join(", ")}`, "name each host");
  }
  into.push(...new Set(given));
  return converted("hostnames");
}
