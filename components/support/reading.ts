// What components read of a cluster: each kind is listed once for all of a program, and what may not be read is told once.
import * as pulumi from "@pulumi/pulumi";
import { ApiClient, UnreachableError } from "../../cluster/client";
import { namesCluster, NoClusterError, reason, type ClusterTarget } from "../../cluster/connection";
import { getObject, listEverywhere, listInNamespace } from "../../cluster/objects";
import { some } from "../../lib/checks/mesh";
import { objectName } from "../../lib/cluster-state/object-name";
import type { PlannedName } from "../../lib/ownership/judge";
import type { ObjectKind } from "../../lib/ownership/kinds";
import type { ExistingObject } from "../../lib/ownership/owner";
import type { Needed } from "../../lib/references/cluster";

const unjudged = "conflicts with objects of other owners were not checked";
export const unreferred = "references to existing objects were not checked";

/** How long one list may take. */
const deadlineMs = 10_000;

type List = Promise<ExistingObject[] | undefined>;

/** What was read, by its place, and what these credentials may not read. */
export interface Lists {
  lists: Map<string, ExistingObject[]>;
  refused: string[];
}

/** The lists of a cluster in one run of a program. */
export class Reading {
  private readonly lists = new Map<string, List>();
  /** Lists that the preflight of a mesh has read, without field managers. */
  private readonly seeded = new Set<string>();
  private client?: Promise<ApiClient>;
  private readonly seen = new Map<string, ExistingObject>();
  private reading = 0;
  private isBlind = false;
  private isSilent = false;
  /** What may not be read, by what it was needed for, and whether the user has been told. */
  private readonly refused = new Map<string, Map<string, boolean>>();
  /** Judgements that are going on: what may not be read is told in one warning after them. */
  private judging = 0;

  /** Takes over what was read already, of all namespaces or of one. */
  seed(kind: ObjectKind, objects: ExistingObject[], namespace?: string): void {
    const place = placeOf({ kind, namespace });
    if (!this.lists.has(place)) {
      this.lists.set(place, Promise.resolve(objects));
      this.seeded.add(place);
    }
  }

  /** The cluster could not be read, and the user has been told so: nothing more is asked of it. */
  giveUp(): void {
    this.isBlind = true;
  }

  /** The object of an id, `namespace/name`, as it was last read; nothing is asked for it. */
  remembered(kind: ObjectKind, id: string): ExistingObject | undefined {
    return this.seen.get(`${kind} ${id}`);
  }

  /** The object; undefined where there is none, "unread" where that cannot be told. */
  async find(target: ClusterTarget, planned: PlannedName): Promise<ExistingObject | "unread" | undefined> {
    if (this.isBlind || !namesCluster(target)) {
      return "unread";
    }
    const read = await this.tried(() => this.read(target, planned));
    if (read !== "refused") {
      return read === "silent" ? "unread" : read;
    }
    this.refuse(unjudged, [objectName(planned.kind, planned)]);
    return "unread";
  }

  private async read(target: ClusterTarget, planned: PlannedName) {
    const { kind, namespace, name } = planned;
    if (kind !== "Namespace" && (await this.isNowhere(namespace))) {
      return undefined;
    }
    const within = kind === "Namespace" ? name : namespace;
    const place = placeOf({ kind, namespace: within });
    const everywhere = this.seeded.has(place) ? undefined : await this.list(target, kind, listed(kind));
    const objects =
      everywhere ?? (await this.list(target, place, listed(kind, within))) ?? (await this.alone(target, planned));
    return objects ? objects.find((each) => each.namespace === namespace && each.name === name) : "refused";
  }

  /** The object by its name: rights to get it are given also where none to list its kind are. */
  private alone(target: ClusterTarget, { kind, namespace, name }: PlannedName): List {
    return this.list(target, `${kind} ${namespace}/${name}`, (client) => getObject(client, kind, namespace, name));
  }

  /** Nothing is in a namespace that does not exist, as far as the list of these is at hand. */
  private async isNowhere(namespace: string): Promise<boolean> {
    const namespaces = (await this.lists.get("Namespace")?.catch(() => undefined)) ?? [];
    return namespaces.length > 0 && !namespaces.some(({ name }) => name === namespace);
  }

  /** Lists by their places; what could not be read is missing. */
  protected async readAll(target: ClusterTarget, needed: Needed[]): Promise<Lists> {
    const all: Lists = { lists: new Map(), refused: [] };
    if (!this.isBlind && namesCluster(target)) {
      await Promise.all(needed.map((each) => this.readInto(all, target, each)));
    }
    return all;
  }

  private async readInto({ lists, refused }: Lists, target: ClusterTarget, needed: Needed): Promise<void> {
    const { kind, namespace, name } = needed;
    const place = placeOf(needed);
    const isSeeded = namespace !== undefined && this.seeded.has(place);
    const everywhere = isSeeded ? undefined : await this.tried(() => this.list(target, kind, listed(kind)));
    if (everywhere === "silent") return;
    if (everywhere) return void lists.set(kind, everywhere);
    if (namespace === undefined) return void refused.push(`${kind} objects in all namespaces`);
    const within = await this.tried(() => this.list(target, place, listed(kind, namespace)));
    if (within === "silent") return;
    if (within) return void lists.set(place, within);
    const own = { kind, namespace, name: name ?? "" };
    const alone = name === undefined ? undefined : await this.tried(() => this.alone(target, own));
    if (alone === "silent") return;
    if (alone) lists.set(place, [...new Set([...(lists.get(place) ?? []), ...alone])]);
    else refused.push(name === undefined ? shownPlace(kind, namespace) : objectName(kind, own));
  }

  /** "silent" where the cluster does not answer, of which the user is told. */
  private async tried<T>(read: () => Promise<T>): Promise<T | "silent"> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof UnreachableError || error instanceof NoClusterError)) throw error;
      if (!this.isSilent) void pulumi.log.warn(`${unjudged}: ${reason(error)}`);
      this.isSilent = true;
      return "silent";
    }
  }

  /**
   * What the mesh's preflight read does not tell who wrote it: it is read again where that has to be told. So is
   * everything where a list is older than the values: what was missing then may have been made meanwhile.
   */
  protected forget(all: boolean): boolean {
    const keys = all ? [...this.lists.keys()] : [...this.seeded];
    keys.forEach((key) => this.lists.delete(key));
    this.seeded.clear();
    return keys.length > 0;
  }

  /** What is refused meanwhile is told in one warning. */
  protected async toldAtOnce<T>(judge: () => Promise<T>): Promise<T> {
    this.judging += 1;
    try {
      return await judge();
    } finally {
      this.judging -= 1;
      this.tellRefused();
    }
  }

  /** Remembers what may not be read, and what was not checked for it. */
  protected refuse(what: string, things: string[]): void {
    const known = this.refused.get(what) ?? new Map<string, boolean>();
    this.refused.set(what, known);
    things.filter((each) => !known.has(each)).forEach((each) => known.set(each, false));
    this.tellRefused();
  }

  /** One warning for all that was refused until now: without this look the plugin has the last word. */
  private tellRefused(): void {
    if (this.judging > 0) return;
    for (const [what, known] of this.refused) {
      const news = [...known].flatMap(([each, isTold]) => (isTold ? [] : [each]));
      news.forEach((each) => known.set(each, true));
      const listed = some(news.sort(), 5);
      if (news.length > 0) void pulumi.log.warn(`${what}: these credentials may not read ${listed}`);
    }
  }

  private list(target: ClusterTarget, key: string, read: (client: ApiClient) => List): List {
    const list = this.lists.get(key) ?? this.kept(key, this.connected(target, read));
    this.lists.set(key, list);
    return list;
  }

  private async kept(key: string, list: List): List {
    const objects = await list;
    const [kind] = key.split(" ");
    objects?.forEach((each) => this.seen.set(`${kind} ${each.namespace}/${each.name}`, each));
    return objects;
  }

  /** One connection for all lists that are read at the same time; credentials may take a command to get. */
  private async connected(target: ClusterTarget, read: (client: ApiClient) => List): List {
    this.reading += 1;
    this.client ??= ApiClient.connect(target, deadlineMs);
    const connecting = this.client;
    try {
      return await read(await connecting);
    } finally {
      this.reading -= 1;
      if (this.reading === 0) {
        this.client = undefined;
        void connecting.then(
          (client) => client.close(),
          () => undefined,
        );
      }
    }
  }
}

function listed(kind: ObjectKind, namespace?: string): (client: ApiClient) => List {
  return (client) =>
    namespace === undefined ? listEverywhere(client, kind) : listInNamespace(client, kind, namespace);
}

/** The objects of a kind in a namespace; a Namespace by its own name. */
function shownPlace(kind: ObjectKind, namespace: string): string {
  return kind === "Namespace"
    ? objectName(kind, { namespace: "", name: namespace })
    : `${kind} objects in ${namespace}`;
}

/** Where the objects of a list are. */
export function placeOf({ kind, namespace = "" }: Needed): string {
  return namespace === "" ? kind : `${kind} ${namespace}`;
}
