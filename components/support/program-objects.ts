// The Kubernetes objects of the program itself: what it makes need not be in the cluster yet.
import * as pulumi from "@pulumi/pulumi";
import type { Labels } from "../../lib/istio/labels";
import { objectKinds, type ObjectKind } from "../../lib/ownership/kinds";
import type { ProgramObjects } from "../../lib/references/cluster";
import { earlyName, ofThisRun } from "./program";

/** In place of a name that is still to come. */
const later = Symbol("later");

/** A name: undefined where none was given. */
type Name = string | undefined | typeof later;

interface MadeObject {
  kind: ObjectKind;
  namespace: Name;
  name: Name;
  labels: Labels | typeof later;
}

/** Parts of a resource that the SDK does not declare. */
interface Inner {
  __pulumiType?: string;
  __childResources?: Set<pulumi.Resource>;
  __remote?: boolean;
}

/** What makes objects that the program does not see: charts, manifests and commands. */
const unseenMakers = /^(kubernetes:(helm\.sh|yaml|kustomize)|command:|pulumi-nodejs:dynamic)/;

class SeenObjects implements ProgramObjects {
  private readonly made: MadeObject[] = [];
  private readonly resources: pulumi.Resource[] = [];
  private hasUnseen: boolean;
  /** False where nothing of the program is seen: in a process of a component provider. */
  readonly isInSight: boolean;

  constructor(stack: pulumi.Resource | undefined) {
    this.isInSight = stack !== undefined;
    this.hasUnseen = !this.isInSight;
    for (const child of childrenOf(stack)) this.addEarlier(child);
  }

  /** The program has a mesh. */
  get hasMesh(): boolean {
    return this.resources.some((each) => (each as Inner).__pulumiType === "istio-ambient:index:AmbientMesh");
  }

  get isComplete(): boolean {
    return !this.hasUnseen && !this.resources.some((each) => (each as Inner).__remote);
  }

  makes(kind: ObjectKind, namespace: string, name: string): boolean {
    return this.made.some(
      (each) =>
        each.kind === kind &&
        (each.name === later || each.name === name) &&
        (kind === "Namespace" || each.namespace === undefined || [later, namespace].includes(each.namespace)),
    );
  }

  labels(kind: ObjectKind, namespace: string, name: string): Labels | undefined {
    const made = this.made.find(
      (each) =>
        each.kind === kind &&
        each.name === name &&
        (kind === "Namespace" || (each.namespace ?? "default") === namespace),
    );
    return made && made.labels !== later ? made.labels : undefined;
  }

  /** All objects of a kind; undefined where the names of some are not known. */
  named(kind: ObjectKind): { namespace: string; name: string }[] | undefined {
    const all = this.made.filter((each) => each.kind === kind);
    const named = all.flatMap(({ namespace = "default", name = "" }) =>
      typeof name === "string" && typeof namespace === "string" ? [{ namespace, name }] : [],
    );
    return named.length === all.length ? named : undefined;
  }

  /** A resource as its constructor is called. */
  add(resource: pulumi.Resource, type: string, props: pulumi.Inputs, parent: pulumi.Resource | undefined): void {
    const made = this.note(resource, type, parent);
    if (made === undefined) {
      return;
    }
    const metadata: unknown = (props as { metadata?: unknown }).metadata ?? {};
    if (pulumi.Output.isInstance(metadata) || metadata instanceof Promise) {
      this.follow(made, pulumi.output(metadata as pulumi.Input<Metadata>));
      return;
    }
    const { name, namespace, labels } = metadata as {
      name?: pulumi.Input<string>;
      namespace?: pulumi.Input<string>;
      labels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
    };
    pulumi.output(name).apply((known) => void (made.name = known));
    pulumi.output(earlyName(namespace)).apply((known) => void (made.namespace = known));
    pulumi.output(labels).apply((known) => void (made.labels = known ?? {}));
  }

  /** A resource that was made before anything of this package was: of its arguments only the outputs are left. */
  private addEarlier(resource: pulumi.Resource): void {
    const made = this.note(resource, (resource as Inner).__pulumiType ?? "", undefined);
    const { metadata } = resource as { metadata?: pulumi.Output<Metadata> };
    if (made && metadata) {
      this.follow(made, metadata);
    }
    for (const child of childrenOf(resource)) this.addEarlier(child);
  }

  private note(resource: pulumi.Resource, type: string, parent: pulumi.Resource | undefined): MadeObject | undefined {
    this.resources.push(resource);
    const isOurs = ((parent as Inner | undefined)?.__pulumiType ?? "").startsWith("istio-ambient:");
    this.hasUnseen ||= unseenMakers.test(type) && !isOurs;
    const kind = kindOf(type);
    const made: MadeObject | undefined = kind && { kind, namespace: later, name: later, labels: later };
    if (made) this.made.push(made);
    return made;
  }

  private follow(made: MadeObject, metadata: pulumi.Output<Metadata>): void {
    metadata.apply(
      (known) => void Object.assign(made, { name: known.name, namespace: known.namespace, labels: known.labels ?? {} }),
    );
  }
}

interface Metadata {
  name?: string;
  namespace?: string;
  labels?: Labels;
}

function childrenOf(resource: pulumi.Resource | undefined): pulumi.Resource[] {
  return [...((resource as Inner | undefined)?.__childResources ?? [])];
}

/** Namespace of `kubernetes:core/v1:Namespace`; nothing for a patch of one, which makes none. */
function kindOf(type: string): ObjectKind | undefined {
  const [, , kind] = type.split(":");
  return type.startsWith("kubernetes:") && kind !== undefined && kind in objectKinds ? (kind as ObjectKind) : undefined;
}

const seen = new WeakMap<object, SeenObjects>();

/**
 * The objects of this run. Resources are seen as they are constructed, from the first call on; the `pulumi` CLI loads
 * this package while the stack exists already, so that it sees all of a program.
 */
export function programObjects(): SeenObjects {
  const { getStackResource, registerStackTransformation } = pulumi.runtime;
  return ofThisRun(seen, () => {
    const stack = getStackResource();
    const objects = new SeenObjects(stack);
    if (stack) {
      registerStackTransformation(
        ({ resource, type, props, opts }) => void objects.add(resource, type, props, opts.parent),
      );
    }
    return objects;
  });
}

if (pulumi.runtime.getStackResource()) {
  programObjects();
}
