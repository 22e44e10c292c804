// The registry of one program: what its components know of each other, and what only one of them can have.
import * as pulumi from "@pulumi/pulumi";
import type { Served } from "../../lib/gateway-api/reference";

/** Who has claimed something. */
export interface Claimant {
  /** How messages call it: HttpRoute "web". */
  shown: string;
  /** Its name, where a fix repeats it. */
  name: string;
  /** Of a route: it answers nothing itself and redirects every request to https. */
  redirects?: boolean;
  /** Of a port: the component that opens it, by its name and what it is a part of. */
  opener?: { name: string; parent: pulumi.Resource | undefined };
}

/** Things of one kind that one component each can have. */
export class Claims<Thing extends object> {
  private readonly holders = new Map<string, Claimant>();
  /** Everything that was claimed. */
  readonly things: Thing[] = [];

  holder(thing: Thing): Claimant | undefined {
    return this.holders.get(identity(thing));
  }

  /** Gives the thing to whoever comes first; returns the one who had it before. */
  claim(thing: Thing, claimant: Claimant): Claimant | undefined {
    const before = this.holder(thing);
    if (before === undefined) {
      this.holders.set(identity(thing), claimant);
      this.things.push(thing);
    }
    return before;
  }
}

/** A Service of a cluster, or without `service` all of a namespace. */
export interface ServiceOfProgram {
  cluster: string;
  namespace: unknown;
  service: unknown;
}

/** Everything claimed in one run of the program. */
export class ProgramRegistry {
  /** One Istio serves a cluster. */
  readonly meshes = new Claims<{ cluster: string }>();
  /** So does one cert-manager. */
  readonly certManagers = new Claims<{ cluster: string }>();
  /** Who uses which NodePort. */
  readonly nodePorts = new Claims<{ cluster: string; port: number }>();
  /** Services whose requests a TrafficPolicy shapes. */
  readonly shapedServices = new Claims<ServiceOfProgram>();
  /** Services that HttpRoutes are attached to. */
  readonly routedServices = new Claims<ServiceOfProgram>();
  /** Who is reached through a waypoint, and which. */
  readonly waypointUsers = new Claims<ServiceOfProgram>();
  /** Host and match on a listener: two routes would share the requests by their age. */
  readonly requests = new Claims<{ cluster: string; listener: string; request: string }>();
}

const registries = new WeakMap<object, ProgramRegistry>();

/** The registry of this run. One process may run several programs, one after another. */
export function registry(): ProgramRegistry {
  return ofThisRun(registries, () => new ProgramRegistry());
}

/** Something that every run of a program has once. */
export function ofThisRun<T>(all: WeakMap<object, T>, make: () => T): T {
  const run = thisRun() ?? registries;
  const own = all.get(run) ?? make();
  all.set(run, own);
  return own;
}

/** The SDK's connection to the engine, where it is a real one. */
interface Connection {
  getChannel?: () => { getTarget(): string };
}

const hosted = new Map<string, object>();

/**
 * What stands for this run: the connection to its engine. A component provider, which sees nothing of the program, gets
 * a connection of its own for each component; in one run all of them lead to one address.
 */
export function thisRun(): object | undefined {
  const monitor = pulumi.runtime.getMonitor() as Connection | undefined;
  const address = isHosted() ? monitor?.getChannel?.().getTarget() : undefined;
  if (address === undefined) {
    return monitor;
  }
  const run = hosted.get(address) ?? {};
  hosted.set(address, run);
  return run;
}

/** True in the process of a component provider, which makes components for a program in any language. */
export function isHosted(): boolean {
  const monitor = pulumi.runtime.getMonitor() as Connection | undefined;
  return pulumi.runtime.getStackResource() === undefined && monitor?.getChannel !== undefined;
}

const stacks = new WeakSet<pulumi.Resource>();

/** Remembers that this resource, of which only the URN is known, is the stack itself. */
export function announceStack(resource: pulumi.Resource): void {
  stacks.add(resource);
}

/** Parts of a resource that the SDK does not declare. */
interface Inner {
  __pulumiType?: string;
  __parentResource?: pulumi.Resource;
  __aliases?: unknown[];
}

/** Names by which the engine may know a component with these options. */
export function formerNames({ aliases = [] }: pulumi.ComponentResourceOptions = {}): string[] {
  return aliases.flatMap((alias) => {
    const known = plain(alias) as string | pulumi.Alias | undefined;
    const name = typeof known === "string" ? known.split("::").at(-1) : plain(known?.name);
    return typeof name === "string" ? [name] : [];
  });
}

/** Where a component is in its program. */
export interface Place {
  /** Types of users' components above it, the outermost first, as its URN has them; empty at the top. */
  parents: string;
  /** The engine may know it, or a component above it, by another name. */
  isRenamed: boolean;
}

/** The place of a component with these options. Of the components of another process neither types nor aliases are known. */
export function placeOf(opts: pulumi.ComponentResourceOptions | undefined): Place {
  const types: string[] = [];
  let isRenamed = (opts?.aliases?.length ?? 0) > 0;
  // A component provider is told the stack as the parent of all others.
  for (let at = opts?.parent; at && !stacks.has(at); at = (at as Inner).__parentResource) {
    const { __pulumiType: type = "", __aliases: aliases = [] } = at as Inner;
    if (type === "pulumi:pulumi:Stack") break;
    isRenamed ||= type === "" || aliases.length > 0;
    types.unshift(type);
  }
  return { parents: types.filter((type) => type !== "" && !type.startsWith("istio-ambient:")).join("$"), isRenamed };
}

const madeHere = new WeakMap<object, pulumi.Resource>();

/** Remembers what this process made of a resource, of which only the URN is known. */
export function announceMade(resource: pulumi.Resource, made: pulumi.Resource): void {
  madeHere.set(resource, made);
}

/** The component behind a resource where this process made it, and otherwise the resource. */
export function madeBehind(resource: object): object {
  return madeHere.get(resource) ?? resource;
}

/** The stack as its objects are marked with it. Without the organization: it differs between backends. */
export function stackName(): string {
  return `${pulumi.getProject()}/${pulumi.getStack()}`;
}

const gateways = new WeakMap<object, Served>();

/** Remembers a gateway by the output that routes name it with. */
export function announceGateway(reference: object, facts: Served): void {
  gateways.set(reference, facts);
}

/** The gateway of this program behind a `parent`. */
export function gatewayBehind(parent: unknown): Served | undefined {
  return typeof parent === "object" && parent !== null ? gateways.get(parent) : undefined;
}

const earlyNames = new WeakMap<object, pulumi.Output<string>>();

/** Remembers what the namespace will be called that an output names once it exists. */
export function announceNamespace(name: pulumi.Output<string>, early: pulumi.Output<string>): void {
  earlyNames.set(name, early);
}

/** The name of a namespace, without waiting for it where this program makes it. */
export function earlyName(namespace: pulumi.Input<string> | undefined): pulumi.Input<string> | undefined {
  return pulumi.Output.isInstance(namespace) ? (earlyNames.get(namespace) ?? namespace) : namespace;
}

const numbers = new WeakMap<object, number>();
const texts = new WeakMap<object, string>();
let next = 0;

/** Has an output count as the same wherever it comes with this text. */
export function identifyBy(output: object, text: string): void {
  texts.set(output, text);
}

/** The same text for the same thing: plain values by what they say, Outputs by which they are. */
export function identity(value: unknown): string {
  if (pulumi.Output.isInstance(value) || value instanceof Promise) {
    const text = texts.get(value);
    if (text !== undefined) return text;
    const number = numbers.get(value) ?? next++;
    numbers.set(value, number);
    return `output ${number}`;
  }
  if (Array.isArray(value)) {
    return `[${value.map(identity).join()}]`;
  }
  if (typeof value === "object" && value !== null) {
    const given = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([one], [other]) => (one < other ? -1 : 1));
    return `{${given.map(([key, item]) => `${JSON.stringify(key)}:${identity(item)}`).join()}}`;
  }
  return JSON.stringify(value) ?? "";
}

/** The value where it is plain through and through. */
export function plain<T>(value: pulumi.Input<T> | undefined): T | undefined {
  return isPlain(value) ? (value as T) : undefined;
}

function isPlain(value: unknown): boolean {
  if (pulumi.Output.isInstance(value) || value instanceof Promise) {
    return false;
  }
  return typeof value === "object" && value !== null ? Object.values(value).every(isPlain) : true;
}
