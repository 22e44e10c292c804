// Annotations on hosts and their TLS: what is given, and the whole verdict on each of them.
import type { Case } from "../cases";

export const hostsAndTheirTls: Case[] = [
  [{ "server-alias": "a.example.com, *.b.example.com" }, "server-alias: converted → hostnames"],
  [
    { "server-alias": "~^www\\d+\\.example\\.com$" },
    "server-alias: refused (an HTTPRoute takes names and `*.name` only, not ~^www\\d+\\.example\\.com$) way out: name each host",
  ],
  [
    { "ssl-passthrough": "true" },
    "ssl-passthrough: mapped → TLSRoute on a listener of mode Passthrough (NGINX does it with --enable-ssl-passthrough only)",
  ],
  [{ "ssl-passthrough": "false" }, "ssl-passthrough: converted (this is the default)"],
  [
    { "ssl-ciphers": "ALL:!aNULL" },
    "ssl-ciphers: refused (a listener has no ciphers of its own; Envoy's are ECDHE with AES-GCM or ChaCha20) way out: take Envoy's, or set meshConfig.tlsDefaults.cipherSuites for all gateways",
  ],
  [{ "ssl-prefer-server-ciphers": "true" }, "ssl-prefer-server-ciphers: mapped → what Envoy does"],
  [
    { "ssl-prefer-server-ciphers": "false" },
    "ssl-prefer-server-ciphers: changed (the server's order of ciphers decides, and not the client's)",
  ],
];
