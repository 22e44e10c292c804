// Istio's rules for traffic by host, cut down to what checks look at.
import type { Named } from "./named";

/** Where a VirtualService sends requests. */
export interface TrafficDestination {
  host: string;
  subset?: string;
}

/** A VirtualService, by the hosts whose requests it routes. */
export interface VirtualServiceState extends Named {
  hosts: string[];
  /** For the proxies of the mesh, and for no gateway. */
  isForMesh: boolean;
  /** It has rules for HTTP. */
  hasHttp: boolean;
  /** Each that gets a share of the requests, or a copy of them. */
  destinations: TrafficDestination[];
}

/** Some of the pods behind a host, by their labels. */
export interface Subset {
  name: string;
  labels: Record<string, string>;
}

/** A DestinationRule, by whom it is for and what it brings about. */
export interface DestinationRuleState extends Named {
  host: string;
  /** Namespaces of the proxies that get it, "*" and "." among them; all where there are none. */
  exportTo: string[];
  /** Labels of the proxies that apply it; all where there are none. */
  pods?: Record<string, string>;
  /** It asks for something that ztunnel does not do by itself, as mutual TLS. */
  hasPolicy: boolean;
  subsets: Subset[];
}
