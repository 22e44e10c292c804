// Policies of Istio as a snapshot keeps them.
import type { Condition, Named, Reference } from "./named";

/** An AuthorizationPolicy. */
export interface AuthorizationPolicyState extends Named {
  action: string;
  targets: Reference[];
  conditions: Condition[];
}

/** A RequestAuthentication: by its targets, or by the labels of the pods that it is for, which are all where it has none. */
export interface RequestAuthenticationState extends Named {
  targets: Reference[];
  pods: Record<string, string>;
}

/** A PeerAuthentication. */
export interface PeerAuthenticationState extends Named {
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
