// Certificates of clients as NGINX judges them, request by request: EnvoyFilters on the listeners of hosts that ask for them.
import { caName } from "./client-certificates";
import { gatewayFilter } from "./envoy-filters";
import { guardedNames } from "./listeners";
import { foreignName } from "./names";
import type { Written } from "./objects";
import type { GatewayOptions } from "./routes";
import { isMutual, type ReadIngress, type Server } from "./servers";
import { manager } from "./shared-filters";
import type { ClientJudgement } from "./settings";

/** One EnvoyFilter for each Ingress whose CA is that of hosts. */
export function clientFilters(
  reads: readonly ReadIngress[],
  servers: readonly Server[],
  gateway: GatewayOptions,
): Written[] {
  return reads.flatMap((owner) => {
    const { judged, secret, pass } = owner.settings.clientCertificates ?? {};
    if (!judged || secret === undefined) return [];
    const guarded = servers.filter((server) => isMutual(server) && server.clientCertificates!.owner === owner);
    // Both patches are for the same listeners: without one there is neither, and no CA with which a handshake would succeed.
    const patches = guarded.flatMap(guardedNames).flatMap((sni) => [
      {
        applyTo: "FILTER_CHAIN",
        match: { context: "GATEWAY", listener: { filterChain: { sni } } },
        patch: { operation: "MERGE", value: { transport_socket: welcoming(judged, secret) } },
      },
      // What is inserted last is the first to see a request.
      ...(judged.name === undefined ? [] : [first(sni, foreignName(owner, "names"), naming(judged.name))]),
      first(sni, foreignName(owner, "clients"), judging(judged, pass === true)),
    ]);
    return patches.length > 0 ? [gatewayFilter(foreignName(owner, "clients"), gateway, patches)] : [];
  });
}

/** Puts a filter before all others of a listener. */
const first = (sni: string, name: string, typedConfig: object) => ({
  applyTo: "HTTP_FILTER",
  match: {
    context: "GATEWAY",
    listener: { filterChain: { sni, filter: { name: manager } } },
  },
  patch: { operation: "INSERT_FIRST", value: { name: `istio-ambient.${name}`, typed_config: typedConfig } },
});

/** NGINX's 403 for every certificate whose name has nothing of this, and for none: of the name the other filter tells. */
function naming(name: string): object {
  const subject = { name: "ssl-client-subject-dn", string_match: { safe_regex: { regex: `.*(?:${name}).*` } } };
  const policies = { name: { permissions: [{ header: subject }], principals: [{ any: true }] } };
  return {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC",
    rules: { action: "ALLOW", policies },
  };
}

/** Handshakes succeed with any certificate or none. A session that is resumed would have none that is valid. */
function welcoming({ namespace, depth }: ClientJudgement, secret: string): object {
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
      common_tls_context: {
        combined_validation_context: {
          // Envoy counts the CA itself too.
          default_validation_context: { trust_chain_verification: "ACCEPT_UNTRUSTED", max_verify_depth: depth + 1 },
          validation_context_sds_secret_config: { name: `configmap://${namespace}/${caName(secret)}` },
        },
      },
      disable_stateless_session_resumption: true,
      disable_stateful_session_resumption: true,
    },
  };
}

/** What NGINX does with a request by the certificate of its client, and tells the backend of it. */
function judging({ demanded, anyCa, page = "" }: ClientJudgement, pass: boolean): object {
  return {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
    default_source_code: {
      inline_string: `local demanded, any_ca, pass, page = ${demanded}, ${anyCa}, ${pass}, "${page}"

local function refuse(handle, why)
  if page == "" then
    handle:respond({[":status"] = "400"}, why .. "\\n")
  else
    handle:respond({[":status"] = "302", location = page})
  end
end

local function tell(headers, name, value)
  if value == "" then headers:remove(name) else headers:replace(name, value) end
end

function envoy_on_request(handle)
  local client = handle:streamInfo():downstreamSslConnection()
  local shown, valid = client:peerCertificatePresented(), client:peerCertificateValidated()
  local begun, ends, now = client:validFromPeerCertificate(), client:expirationPeerCertificate(), os.time()
  if demanded and not shown then
    return refuse(handle, "No required SSL certificate was sent")
  end
  if shown and not valid and not (any_ca and begun <= now and now <= ends) then
    return refuse(handle, "The SSL certificate error")
  end
  local headers = handle:headers()
  tell(headers, "ssl-client-verify", valid and "SUCCESS" or shown and "FAILED" or "NONE")
  tell(headers, "ssl-client-subject-dn", client:subjectPeerCertificate())
  tell(headers, "ssl-client-issuer-dn", client:issuerPeerCertificate())
  if pass then
    tell(headers, "ssl-client-cert", client:urlEncodedPemEncodedPeerCertificate())
  end
end
`,
    },
  };
}
