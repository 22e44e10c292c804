// Policies of Istio as a snapshot keeps them.
import type { Condition, Named, Reference } from "./named";

/** Whom one source of a rule names. */
export interface PolicySource {
  principals?: string[];
  namespaces?: string[];
  serviceAccounts?: string[];
  /** Trust domains that it is for, or is not for. */
  trustDomains?: string[];
  /** It says more of whom it is for: addresses, tokens, or whom it is not for. */
  isNarrower?: true;
}

/** One rule of an AuthorizationPolicy, as far as it names who connects. */
export interface PolicyRule {
  /** One of them is enough; without any the rule is for every client. */
  from: PolicySource[];
  /** Ports that it is for; none where it is for all. */
  ports?: number[];
  /** It names something of HTTP, which ztunnel does not know. */
  isHttp?: true;
}

/** An AuthorizationPolicy. */
export interface AuthorizationPolicyState extends Named {
  action: string;
  /** Labels of the pods that it is for; undefined where it is for all of its namespace, or has targets. */
  pods?: Record<string, string>;
  targets: Reference[];
  rules: PolicyRule[];
  conditions: Condition[];
}

/** A RequestAuthentication: by its targets, or by the labels of the pods that it is for, which are all where it has none. */
export interface RequestAuthenticationState extends Named {
  targets: Reference[];
  pods: Record<string, string>;
}

/** A PeerAuthentication. */
export interface PeerAuthenticationState extends Named {
  /** When it was created, as the API writes it; empty where it is not known. */
  created: string;
  /** Labels of the pods that it is for; undefined where it is for all of its namespace. */
  pods?: Record<string, string>;
  /** STRICT, PERMISSIVE or DISABLE; undefined where it leaves that to a wider policy. */
  mode?: string;
  /** The same of single ports of the pods. */
  ports: Partial<Record<number, string>>;
}

/** What is set for proxies with Envoy, and what ztunnel does not read. */
export type ProxyPolicyKind =
  "Telemetry" | "WasmPlugin" | "TrafficExtension" | "EnvoyFilter" | "Sidecar" | "ProxyConfig";

/** One thing that a Telemetry sets. */
export interface TelemetryPart {
  section: "tracing" | "metrics" | "accessLogging";
  /** Names of its providers; none where it leaves that to a wider Telemetry, or to the mesh's default. */
  providers: string[];
  /** It only turns off what others set. */
  isOff: boolean;
}

/** A policy for proxies: by its targets, or by the labels of pods. */
export interface ProxyPolicyState extends Named {
  kind: ProxyPolicyKind;
  targets: Reference[];
  /** Labels of the pods that it is for; undefined where it is for all of its namespace. */
  pods?: Record<string, string>;
  /** Of a Telemetry. */
  parts?: TelemetryPart[];
  /** Of an EnvoyFilter: where its patches apply, each once. */
  contexts?: string[];
}
