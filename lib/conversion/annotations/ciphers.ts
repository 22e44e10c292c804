// The ciphers of a host's TLS: what of OpenSSL's list a listener takes by its names.
import { changed, mapped, refused } from "../report";
import type { Reader } from "./family";

/** What istiod hands on to Envoy; it drops every other name. */
const known = new Set([
  ...["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"],
  ...["ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"],
  ...["ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA", "ECDHE-RSA-AES256-SHA"],
  ...["AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA", "AES256-SHA", "DES-CBC3-SHA"],
]);

export const listenerOption = "gateway.istio.io/tls-cipher-suites";

export const readCiphers: Reader = (value, settings) => {
  const words = value.trim().split(":").filter(Boolean);
  // What a list of names does not have cannot be taken out of it; those of TLS 1.3 are not for this list.
  const excluded = new Set(words.filter((word) => /^[!-]/.test(word)).map((word) => word.slice(1)));
  const given = words.filter((word) => !/^[!-]/.test(word) && !word.startsWith("TLS_") && !excluded.has(word));
  const classes = given.filter((word) => !/^[A-Z0-9]+(-[A-Z0-9]+)+$/.test(word));
  if (classes.length > 0) {
    const example = `ssl-ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"`;
    return refused(`a listener takes ciphers by their names, not ${classes.join(", ")}`, example);
  }
  const names = given.filter((word) => known.has(word));
  const missing = given.filter((word) => !known.has(word));
  if (names.length === 0)
    return refused("Envoy has none of these ciphers", `ssl-ciphers with some of ${[...known].slice(0, 6).join(", ")}`);
  settings.ciphers = names;
  const to = `listener with ${listenerOption}`;
  return missing.length > 0 ? changed(`Envoy does not have ${missing.join(", ")}`, to) : mapped(to);
};
