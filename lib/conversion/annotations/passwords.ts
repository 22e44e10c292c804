// Users and passwords: a service that checks them, as an extension provider of the mesh.
import { derivedName, type ExtensionProvider } from "../extension-providers";
import { inert, mapped, refused, type Verdict } from "../report";
import { admittedAs, booleanOf, detailOf, type Annotation, type Reader, type Surroundings } from "./family";
import { needText } from "./auth-request";

const source = "auth";
const leader = "auth-type";

/** The Secret with the users, by namespace and name; undefined where NGINX reads none. */
function secretOf({ other, ingress }: Surroundings): string | undefined {
  const given = other("auth-secret")?.trim() ?? "";
  const own = ingress.metadata.namespace ?? "default";
  const [name, namespace, ...rest] = given.split("/").reverse();
  return !name || rest.length > 0 || (namespace !== undefined && namespace !== own) ? undefined : `${own}/${name}`;
}

/** What becomes of the leader, and so of all that says more about it. */
function outcomeOf(value: string, around: Surroundings): Verdict & { provider?: ExtensionProvider } {
  const { other } = around;
  if (!/basic|digest/.test(value))
    return refused("NGINX knows basic and digest, and answers 503", `${leader}: "basic"`);
  if (value.trim() !== "basic") {
    return refused("Envoy's question to a service carries no digest of the answer", `${leader}: "basic"`);
  }
  const secret = secretOf(around);
  if (secret === undefined) {
    return refused(
      "auth-secret must name a Secret of the Ingress's namespace; NGINX answers 503",
      'auth-secret: "users"',
    );
  }
  if (other("auth-url") !== undefined) {
    return refused("a path has one provider, and auth-url has one already", "one of the two");
  }
  const provider = providerOf(secret, around);
  const preflight =
    booleanOf(other("enable-cors")) === true
      ? "; it is asked about preflight requests too, and must answer 200 to them"
      : "";
  const to = `AuthorizationPolicy CUSTOM with provider ${provider.name}, on the Gateway`;
  return { ...mapped(to, `${needText(provider, around)}, for ${needs(secret, around)}${preflight}`), provider };
}

/** What the service has to do, which is what NGINX does. */
function needs(secret: string, { other }: Surroundings): string {
  const realm = other("auth-realm")?.trim() ?? "";
  const layout = other("auth-secret-type")?.trim() === "auth-map" ? "a user in each key" : "htpasswd in its key auth";
  return `a service that answers 200 to users of Secret ${secret} (${layout}), and 401 with WWW-Authenticate: Basic realm="${realm}" to others`;
}

/** The provider for a Secret, by the name that the command line has for it or one of its own. */
function providerOf(secret: string, around: Surroundings): ExtensionProvider {
  const envoyExtAuthzHttp = {
    service: `<Service that knows the users of Secret ${secret}>`,
    port: 80,
    statusOnError: "500",
    includeRequestHeadersInCheck: ["authorization"],
    headersToDownstreamOnDeny: ["www-authenticate"],
  };
  // Of two realms or layouts the same service cannot know.
  const derived = derivedName(`users ${secret}`, needs(secret, around));
  return { name: around.passwordProvider(secret) ?? derived, envoyExtAuthzHttp };
}

const readType: Reader = (value, settings, around) => {
  const { provider, ...verdict } = outcomeOf(value, around);
  if (provider !== undefined) {
    settings.authProvider = provider;
    // NGINX keeps the password to itself.
    settings.requestHeaders.remove.push("Authorization");
  }
  return provider === undefined ? verdict : admittedAs(verdict, around);
};

/** What says more about the leader: it goes into the service. */
function detail(name: string, does: string, to: string, standard?: RegExp): Annotation {
  const read: Reader = (value, _, around) => {
    const { outcome } = outcomeOf(around.other(leader)!, around);
    if (outcome === "refused") return refused(`it belongs to ${leader}, which is refused`, `see ${leader}`);
    return admittedAs(standard?.test(value.trim()) ? inert("this is the default") : mapped(to), around);
  };
  return { ...detailOf(source, "table", name, does, leader, read), becomes: `goes with \`${leader}\`: ${to}` };
}

export const passwords: Annotation[] = [
  {
    name: leader,
    told: "table",
    does: "asks for a user and a password",
    becomes:
      "an AuthorizationPolicy of action CUSTOM on the Gateway, for the host and its paths; the report says what the service must do, and what `meshConfig.extensionProviders` must have. Refused for digest",
    source,
    read: readType,
  },
  detail("auth-secret", "the Secret with users and passwords", "the users whom the service knows"),
  detail("auth-secret-type", "how that Secret is laid out", "how the service reads the Secret", /^auth-file$/),
  detail("auth-realm", "what the browser shows", "the service's WWW-Authenticate header"),
];
