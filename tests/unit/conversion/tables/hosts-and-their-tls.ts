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
    'ssl-ciphers: refused (a listener takes ciphers by their names, not ALL) way out: ssl-ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"',
  ],
  [
    { "ssl-ciphers": "DHE-RSA-AES128-GCM-SHA256" },
    "ssl-ciphers: refused (Envoy has none of these ciphers) way out: ssl-ciphers with some of ECDHE-ECDSA-AES128-GCM-SHA256, ECDHE-RSA-AES128-GCM-SHA256, ECDHE-ECDSA-AES256-GCM-SHA384, ECDHE-RSA-AES256-GCM-SHA384, ECDHE-ECDSA-CHACHA20-POLY1305, ECDHE-RSA-CHACHA20-POLY1305",
  ],
  [
    {
      "ssl-ciphers": "TLS_AES_128_GCM_SHA256:AES128-SHA:DHE-RSA-AES128-SHA:AES256-SHA:-AES256-SHA",
      "ssl-passthrough": "true",
    },
    "ssl-ciphers: converted (NGINX passes TLS of shop.example.com on)",
    "ssl-passthrough: mapped → TLSRoute on a listener of mode Passthrough (NGINX does it with --enable-ssl-passthrough only)",
  ],
  [{ "ssl-prefer-server-ciphers": "true" }, "ssl-prefer-server-ciphers: mapped → what Envoy does"],
  [
    { "ssl-prefer-server-ciphers": "false" },
    "ssl-prefer-server-ciphers: changed (the server's order of ciphers decides, and not the client's)",
  ],
];
