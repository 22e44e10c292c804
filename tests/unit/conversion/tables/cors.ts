// Annotations on CORS: what is given, and the whole verdict on each of them.
import type { Case } from "../cases";

export const cors: Case[] = [
  [
    { "enable-cors": "true" },
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "permanent-redirect": "https://new.example.com/a", "limit-rps": "5" },
    "enable-cors: changed → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers; answers of permanent-redirect and limit-rps have no CORS headers, which NGINX sends: pages see a network error instead of the status)",
    "limit-rps: converted (the Ingress redirects every request before NGINX looks at who sends it)",
    "permanent-redirect: mapped → RequestRedirect, and EnvoyFilter with strip_query",
  ],
  [
    { "enable-cors": "true", "configuration-snippet": "deny 192.0.2.0/24;" },
    "configuration-snippet: mapped → AuthorizationPolicy DENY with remoteIpBlocks, on the Gateway (the gateway must see the client's own address: externalTrafficPolicy Local on its Service, or meshConfig.defaultConfig.gatewayTopology.numTrustedProxies)",
    "enable-cors: changed → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers; answers of configuration-snippet have no CORS headers, which NGINX sends: pages see a network error instead of the status)",
  ],
  [
    { "enable-cors": "true", "server-snippet": "location = /old { return 301 /new; }" },
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
    "server-snippet: mapped → RequestRedirect of the path, and EnvoyFilter with strip_query",
  ],
  [{ "enable-cors": "false" }, "enable-cors: converted (this is the default)"],
  [{ "enable-cors": "on" }, "enable-cors: converted (not a boolean, so NGINX uses its default, false)"],
  [
    { "cors-allow-origin": "https://a.example.com" },
    "cors-allow-origin: converted (without enable-cors NGINX ignores it)",
  ],
  [
    { "enable-cors": "true", "cors-allow-origin": "*" },
    "cors-allow-origin: converted → allowOrigins",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-allow-origin": "https://a.example.com, https://b.example.com:8443" },
    "cors-allow-origin: converted → allowOrigins",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-allow-origin": "https://*.example.com" },
    "cors-allow-origin: changed → allowOrigins (a `*` stands for any number of labels; NGINX takes one)",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-allow-origin": "myapp://example.com" },
    "cors-allow-origin: refused (HTTPRoute takes origins of http and https only, not myapp://example.com) way out: leave these origins out, or let the backend answer for them",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-allow-origin": "a.example.com, https://b.example.com" },
    "cors-allow-origin: converted → allowOrigins (NGINX skips a.example.com)",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-allow-origin": "https://app.example.com/" },
    "cors-allow-origin: converted (not a list of origins, so NGINX uses its default, *)",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-allow-origin": "https://my_app.example.com" },
    "cors-allow-origin: converted (not a list of origins, so NGINX uses its default, *)",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-allow-origin": "https://*" },
    "cors-allow-origin: converted (not a list of origins, so NGINX uses its default, *)",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-allow-origin": "https://a.example.com, https://b.example.com/" },
    "cors-allow-origin: converted (not a list of origins, so NGINX uses its default, *)",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-allow-origin": "https://a.example.com\n" },
    "cors-allow-origin: converted (not a list of origins, so NGINX uses its default, *)",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-allow-origin": `${"https://a.example.com:8443, ".repeat(40)}/` },
    "cors-allow-origin: converted (not a list of origins, so NGINX uses its default, *)",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-allow-origin": "https://a.example.com/", "cors-allow-credentials": "true" },
    "cors-allow-credentials: mapped → allowCredentials: false (browsers send none to an origin of `*`, which is what NGINX answers with)",
    "cors-allow-origin: converted (not a list of origins, so NGINX uses its default, *)",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-allow-methods": `${"G".repeat(60)}-` },
    "cors-allow-methods: converted (not a list of methods, so NGINX uses its default)",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-expose-headers": `${"X-".repeat(60)}:` },
    "cors-expose-headers: converted (not a list of headers, so NGINX sends none)",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-allow-origin": "   " },
    "cors-allow-origin: converted (NGINX ignores an empty value)",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-allow-methods": "GET, post" },
    "cors-allow-methods: converted → allowMethods",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-allow-methods": "GET, PURGE" },
    "cors-allow-methods: refused (HTTPRoute takes GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH only, not PURGE) way out: leave these methods out",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-allow-methods": "G-ET" },
    "cors-allow-methods: converted (not a list of methods, so NGINX uses its default)",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-allow-headers": "X-One X-Two, X-Three" },
    'cors-allow-headers: refused ("X-One X-Two" is no name of a header) way out: commas between the names',
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-expose-headers": "X-One X-Two, X-Three" },
    'cors-expose-headers: refused ("X-One X-Two" is no name of a header) way out: commas between the names',
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-allow-headers": "X-One, X-Two" },
    "cors-allow-headers: converted → allowHeaders",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-allow-headers": "X:One" },
    "cors-allow-headers: converted (not a list of headers, so NGINX uses its default)",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-expose-headers": "X-One, *" },
    "cors-expose-headers: converted → exposeHeaders",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-expose-headers": "X:One" },
    "cors-expose-headers: converted (not a list of headers, so NGINX sends none)",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-allow-credentials": "false" },
    "cors-allow-credentials: converted → allowCredentials",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-allow-credentials": "true" },
    "cors-allow-credentials: mapped → allowCredentials: false (browsers send none to an origin of `*`, which is what NGINX answers with)",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-max-age": "1728000" },
    "cors-max-age: mapped → maxAge: 86400 (browsers keep an answer for a day at most)",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-max-age": "600" },
    "cors-max-age: mapped → maxAge",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-max-age": "0" },
    'cors-max-age: refused (HTTPRoute takes 1 second and more) way out: cors-max-age: "1"',
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
  [
    { "enable-cors": "true", "cors-max-age": "1h" },
    "cors-max-age: converted (not a whole number, so NGINX uses its default, 1728000)",
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
  ],
];
