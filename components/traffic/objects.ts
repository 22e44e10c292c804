// Specs of the two objects by which a waypoint's traffic is shaped: a VirtualService for requests, a DestinationRule
// for connections.
import { defined } from "../../lib/json";

/** How often a request is tried again. */
export interface TrafficRetries {
  attempts: number;
  perTryTimeout?: string;
  retryOn?: string[];
}

/** How much a Service is sent at once. */
export interface ConnectionPool {
  maxConnections?: number;
  connectTimeout?: string;
  maxPendingRequests?: number;
  maxRequests?: number;
  maxRequestsPerConnection?: number;
}

/** When an endpoint is left alone for a while. */
export interface OutlierDetection {
  consecutive5xxErrors?: number;
  interval?: string;
  baseEjectionTime?: string;
  maxEjectionPercent?: number;
}

/** Something that goes wrong on purpose. */
export interface InjectedFault {
  delay?: { duration: string; percent: number };
  abort?: { status: number; percent: number };
}

/** Pods of a Service that belong together. */
export interface Version {
  name: string;
  labels: { [label: string]: string };
}

/** Where a share of the requests goes. */
export interface Destination {
  version?: string;
  service?: string;
  port?: number;
  weight?: number;
}

/** Requests with these headers, and where they go. */
export interface TrafficRoute {
  headers?: { [name: string]: string };
  to: Destination[];
}

/** All that a TrafficPolicy says. */
export interface TrafficSettings {
  service: string;
  retries?: TrafficRetries;
  timeout?: string;
  connectionPool?: ConnectionPool;
  outlierDetection?: OutlierDetection;
  fault?: InjectedFault;
  versions?: Version[];
  routes?: TrafficRoute[];
}

/** The spec of the VirtualService: routes with the most headers first, and one for every other request. */
export function virtualServiceSpec(policy: TrafficSettings): object {
  const routes = [...(policy.routes ?? [])].sort((a, b) => headerCount(b) - headerCount(a));
  const catchAll = routes.some((route) => headerCount(route) === 0);
  return {
    hosts: [policy.service],
    http: [...routes, ...(catchAll ? [] : [{ to: [{}] }])].map((route) => httpRoute(policy, route)),
  };
}

function headerCount(route: TrafficRoute): number {
  return Object.keys(route.headers ?? {}).length;
}

function httpRoute(policy: TrafficSettings, route: TrafficRoute): object {
  const { retries, timeout, fault } = policy;
  const headers = Object.entries(route.headers ?? {}).map(([name, exact]) => [name.toLowerCase(), { exact }]);
  return defined({
    match: headers.length > 0 ? [{ headers: Object.fromEntries(headers) }] : undefined,
    route: route.to.map((to) =>
      defined({
        destination: defined({
          host: to.service ?? policy.service,
          subset: to.version,
          port: to.port === undefined ? undefined : { number: to.port },
        }),
        weight: route.to.length > 1 ? (to.weight ?? 1) : undefined,
      }),
    ),
    timeout,
    retries: retries
      ? defined({
          attempts: retries.attempts,
          perTryTimeout: retries.perTryTimeout,
          retryOn: retries.retryOn?.join(","),
        })
      : undefined,
    fault: fault ? faultSpec(fault) : undefined,
  });
}

function faultSpec(fault: InjectedFault): object {
  const { delay, abort } = fault;
  return defined({
    delay: delay ? { fixedDelay: delay.duration, percentage: { value: delay.percent } } : undefined,
    abort: abort ? { httpStatus: abort.status, percentage: { value: abort.percent } } : undefined,
  });
}

/** The spec of the DestinationRule. */
export function destinationRuleSpec(policy: TrafficSettings): object {
  const { connectionPool: pool, outlierDetection: outliers, versions } = policy;
  const tcp = defined({ maxConnections: pool?.maxConnections, connectTimeout: pool?.connectTimeout });
  const http = defined({
    http1MaxPendingRequests: pool?.maxPendingRequests,
    http2MaxRequests: pool?.maxRequests,
    maxRequestsPerConnection: pool?.maxRequestsPerConnection,
  });
  const connectionPool = defined({ tcp: filled(tcp), http: filled(http) });
  const trafficPolicy = defined({
    connectionPool: filled(connectionPool),
    outlierDetection: outliers ? defined({ ...outliers }) : undefined,
  });
  return defined({
    host: policy.service,
    trafficPolicy: filled(trafficPolicy),
    subsets: versions?.map(({ name, labels }) => ({ name, labels })),
  });
}

function filled(fields: object): object | undefined {
  return Object.keys(fields).length > 0 ? fields : undefined;
}
