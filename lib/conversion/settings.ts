// What the annotations of one Ingress ask for, in terms of what a gateway can do.
import type { Expression } from "./expressions";
import type { ExtensionProvider } from "./extension-providers";

/** Requests that go to the canary's backend. */
export interface CanarySettings {
  weight: number;
  total: number;
  header?: string;
  headerValue?: string;
  headerPattern?: string;
  cookie?: string;
}

/** A redirect of everything. */
export interface RedirectSettings {
  scheme?: string;
  hostname?: string;
  port?: number;
  /** Absent: the request's own path. */
  path?: string;
  code: number;
  /** True where Envoy leaves the query out. */
  isQueryless?: boolean;
}

/** A redirect of one path. */
export interface PathRedirect {
  from: string;
  to: string;
  code: number;
  /** True where Envoy leaves the query out. */
  isQueryless?: boolean;
  /** True for a location of the host, which no path of the Ingress has to take. */
  ofHost?: boolean;
}

/** Who may call from a page of another origin. */
export interface CorsSettings {
  origins: string[];
  methods: string[];
  headers: string[];
  exposeHeaders: string[];
  credentials: boolean;
  maxAge: number;
}

/** A cookie by which a client keeps to a pod, as a DestinationRule says it: without a lifetime it is a session cookie. */
export interface SessionCookie {
  name: string;
  path?: string;
  ttl?: string;
  attributes?: { name: string; value?: string }[];
}

/** How a backend is spoken to, as port settings of a DestinationRule. */
export interface BackendSettings {
  connectTimeout?: number;
  loadBalancer?: object;
  tls?: object;
  upgrade?: boolean;
}

/** A backend whose certificate is verified. */
export interface VerifiedBackend {
  secret: string;
  hostname: string;
}

/** The CA of the certificates that clients must show. */
export interface ClientCertificateSettings {
  /** A Secret of the Ingress's namespace. */
  secret: string;
  /** True where the backend gets the certificate. */
  pass: boolean;
  /** How Envoy judges certificates request by request; absent where its handshake alone does. */
  judged?: ClientJudgement;
}

/** What becomes of requests by the certificate of their client. */
export interface ClientJudgement {
  /** The namespace of the Secret. */
  namespace: string;
  /** True where a certificate is demanded. */
  demanded: boolean;
  /** True where one that another CA has signed passes. */
  anyCa: boolean;
  /** How many certificates may be between the client's and the CA. */
  depth: number;
  /** The URL for clients that do not pass, which otherwise get 400. */
  page?: string;
  /** A regular expression that is to be found in the name of a certificate. */
  name?: string;
}

/** Changes to headers. */
export interface HeaderChanges {
  set: { [name: string]: string };
  add: { [name: string]: string };
  remove: string[];
}

/** A copy of every request for another Service. */
export interface MirrorSettings {
  service: string;
  namespace?: string;
  port: number;
}

/** A path whose requests reach the backend below another one. */
export interface PathRewrite {
  /** Without a slash at its end; "" for all paths. */
  from: string;
  to: string;
  /** What the path itself becomes; absent where it stays as it is. */
  itself?: string;
}

/** A path that a snippet turns all requests away from. */
export interface ClosedPath {
  path: string;
  /** The path alone, or everything that begins with it. */
  reach: "exact" | "string";
  /** How NGINX ranks it among other paths; a condition comes before all of them. */
  rank: "condition" | "exact" | "firm" | "prefix" | "expression";
  /** For the host, or for the paths of the Ingress. */
  scope: "server" | "location";
  /** True where NGINX redirects to https before. */
  late: boolean;
}

/** What a path becomes, as Envoy has it of RE2. */
export interface RegexRewrite {
  pattern: string;
  substitution: string;
}

/** A location beside those of an Ingress: after an exact one, or after a longer one too. */
export type RivalLocation = { expression: Expression } | { prefix: string; isFirm: boolean } | { exact: string };

/** Requests that a snippet answers by itself, as a route that Envoy asks before those of the Ingress. */
export interface Interception {
  /** What their headers look like, `:path` among them: matchers of Envoy. */
  when: object[];
  /** `redirect` or `direct_response` of the route. */
  answer: object;
  /** Which routes it comes before: all of the host's, or those to backends. */
  before: "everything" | "backends";
  /** The path that a policy closes too, where that is all. */
  beside?: string;
  /** A location of the host, of which NGINX finds others before. */
  location?: RivalLocation;
}

/** How often one address may ask. */
export interface RequestLimits {
  perSecond: number;
  perMinute: number;
  /** How many times as much may come at once. */
  burst: number;
  /** Ranges of addresses without a limit. */
  exempt: string[];
}

/** When a request is sent to another pod. */
export interface RepeatSettings {
  /** Where the connection fails, breaks or stays silent. */
  connects: boolean;
  /** Statuses of answers. */
  codes: number[];
  /** False: what may change something is sent again only where nothing of it was sent. */
  everyMethod: boolean;
}

/** A text, and what stands there instead. */
export interface Replacement {
  from: string;
  to: string;
}

/** What is changed in the headers of answers. */
export interface AnswerChanges {
  /** What Location begins with, or the URL of Refresh. */
  location?: Replacement;
  /** What the path of a cookie begins with. */
  cookiePath?: Replacement;
  /** The domain of a cookie as a whole. */
  cookieDomain?: Replacement;
}

/** What only Envoy's own API can say of the routes of an Ingress. */
export interface EnvoySettings {
  /** The largest body of a request, in bytes. */
  bodyBytes?: number;
  /** Seconds that a backend may stay silent once it has the request. */
  readSeconds?: number;
  /** Seconds without anything in either direction. */
  idleSeconds?: number;
  /** True where a session stays on its pod while other pods come and go. */
  persistent?: boolean;
  /** True where a redirect leaves the query out. */
  queryless?: boolean;
  requests?: RequestLimits;
  /** How often a request is tried again. */
  retries?: number;
  /** When a request is sent again. */
  repeats?: RepeatSettings;
  /** What is changed in the headers of the backend's answers. */
  answers?: AnswerChanges;
  /** Headers of answers that are no errors. */
  successHeaders?: { [name: string]: string };
  /** True where answers have a Server header that is not Envoy's, or none. */
  serverHeader?: boolean;
  /** In the order of the snippet. */
  interceptions?: Interception[];
  /** What the backend sees of a path, where it looks like that. */
  pathRewrite?: RegexRewrite;
  /** True where any groups may be in a rewrite-target. */
  captures?: boolean;
  /** True where headers with underscores must not get in. */
  plainHeaders?: boolean;
  /** How long the headers of an answer may be, in KiB. */
  answerKibibytes?: number;
}

/** All that the annotations of one Ingress say. */
export interface Settings {
  useRegex: boolean;
  rewriteTarget?: string;
  sslRedirect: boolean;
  forceSslRedirect: boolean;
  preserveTrailingSlash: boolean;
  appRoot?: string;
  aliases: string[];
  fromToWww: boolean;
  passthrough: boolean;
  clientCertificates?: ClientCertificateSettings;
  /** Ciphers of the host's TLS, by their names. */
  ciphers?: string[];
  redirect?: RedirectSettings;
  /** Redirects of single paths, before anything else happens to them. */
  pathRedirects: PathRedirect[];
  pathRewrites: PathRewrite[];
  canary?: CanarySettings;
  cors?: CorsSettings;
  backend: BackendSettings;
  verified?: VerifiedBackend;
  /** Set where it has a CA for backends, which NGINX takes for its hosts; true where their certificates are verified by it. */
  verifiesHosts?: boolean;
  vhost?: string;
  requestHeaders: HeaderChanges;
  responseHeaders: HeaderChanges;
  forwardedPrefix?: string;
  mirror?: MirrorSettings;
  allow?: string[];
  deny?: string[];
  closed: ClosedPath[];
  /** The only methods that get in. */
  methods?: string[];
  /** Extension provider of the mesh that is asked about every request. */
  authProvider?: ExtensionProvider;
  envoy: EnvoySettings;
  /** True where some of it is for every path of its hosts. */
  hostWide: boolean;
  /** Annotations of others that the routes keep. */
  kept: { [name: string]: string };
}

/** The settings of an Ingress without annotations, by the defaults of NGINX's ConfigMap. */
export function defaultSettings(): Settings {
  return {
    useRegex: false,
    sslRedirect: true,
    forceSslRedirect: false,
    preserveTrailingSlash: false,
    aliases: [],
    fromToWww: false,
    passthrough: false,
    pathRedirects: [],
    pathRewrites: [],
    closed: [],
    backend: {},
    requestHeaders: { set: {}, add: {}, remove: [] },
    responseHeaders: { set: {}, add: {}, remove: [] },
    envoy: {},
    hostWide: false,
    kept: {},
  };
}
