// Authentication services that know Envoy as well as NGINX: what the extension provider for each of them has to say.

/** What an extension provider says beside Service and port. */
export interface ProviderSettings {
  pathPrefix?: string;
  includeRequestHeadersInCheck: string[];
  includeAdditionalHeadersInCheck: { [name: string]: string };
  headersToUpstreamOnAllow: string[];
  headersToDownstreamOnDeny?: string[];
}

/** A service that answers Envoy as it answers NGINX. */
export interface AuthService {
  name: string;
  /** The paths of its auth-url. */
  asked: RegExp;
  /** The paths of its auth-signin; any where it has an address of its own for that. */
  signin: RegExp;
  /** The query of its auth-url, where it has no need of it. */
  query?: RegExp;
  /** True where X-Auth-Request-Redirect says where clients go after they have signed in. */
  needsWayBack?: boolean;
  settings: ProviderSettings;
  /** What it needs for that. */
  needs: string;
}

const whereTo = "%REQ(:SCHEME)%://%REQ(:AUTHORITY)%%REQ(:PATH)%";
const usual = ["authorization", "cookie", "x-forwarded-*"];

const services: readonly AuthService[] = [
  {
    name: "oauth2-proxy",
    asked: /\/oauth2\/auth$/,
    signin: /\/oauth2\/(start|sign_in)$/,
    needsWayBack: true,
    settings: {
      includeRequestHeadersInCheck: usual,
      includeAdditionalHeadersInCheck: { "X-Auth-Request-Redirect": whereTo },
      headersToUpstreamOnAllow: [],
    },
    needs:
      "oauth2-proxy must run with --upstream=static://200 and --reverse-proxy, and with --skip-provider-button where auth-signin is /oauth2/start",
  },
  {
    name: "Authelia",
    asked: /\/api\/(verify|authz\/auth-request)$/,
    signin: /^/,
    query: /^\?rd=[^&#]*$/,
    settings: {
      pathPrefix: "/api/authz/ext-authz/",
      includeRequestHeadersInCheck: ["accept", "proxy-authorization", ...usual],
      includeAdditionalHeadersInCheck: { "X-Forwarded-Proto": "%REQ(:SCHEME)%" },
      headersToUpstreamOnAllow: [],
      headersToDownstreamOnDeny: ["set-cookie"],
    },
    needs:
      "Authelia must have the endpoint /api/authz/ext-authz/, which is for Envoy, and its own URL in session.cookies",
  },
  {
    name: "authentik",
    asked: /\/outpost\.goauthentik\.io\/auth\/nginx$/,
    signin: /\/outpost\.goauthentik\.io\/start$/,
    settings: {
      pathPrefix: "/outpost.goauthentik.io/auth/envoy",
      includeRequestHeadersInCheck: usual,
      includeAdditionalHeadersInCheck: {},
      headersToUpstreamOnAllow: ["set-cookie", "x-authentik-*"],
    },
    needs: "authentik must be 2022.6 or newer, for its endpoint /outpost.goauthentik.io/auth/envoy",
  },
];

/** What any other service gets of what NGINX sends it. */
export const unknownService: ProviderSettings = {
  includeRequestHeadersInCheck: usual,
  includeAdditionalHeadersInCheck: {
    "X-Original-URL": whereTo,
    "X-Original-Method": "%REQ(:METHOD)%",
    "X-Auth-Request-Redirect": "%REQ(:PATH)%",
  },
  headersToUpstreamOnAllow: [],
};

/** The service that a URL is of, by its path. */
export function authServiceOf(path: string): AuthService | undefined {
  return services.find(({ asked }) => asked.test(path));
}
