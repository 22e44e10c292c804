// Whose an object is, by what tools leave on what they make.
import type { Named } from "../cluster-state/snapshot";
import { keeperOf } from "./keepers";
import { stackMark } from "./marks";

/** An entry of an object's managed fields, as far as it matters here. */
export interface FieldManager {
  manager: string;
  /** Keys of the labels that it has set. */
  labels: string[];
}

/** An object of the cluster, and who has written what of it. */
export interface ExistingObject extends Named {
  /** Undefined where they were not read. */
  managers?: FieldManager[];
  /** The whole object, of the kinds that others refer to. */
  body?: object;
  /** It is being deleted. */
  deleting?: true;
}

/** "belongs to the stack shop/prod", "was created by kubectl". */
export function ownerOf(object: ExistingObject): string {
  const { annotations, managers = [] } = object;
  const stack = annotations[stackMark];
  if (stack !== undefined) {
    return `belongs to the stack ${stack}`;
  }
  const tool = keeperOf(object)?.who ?? helmRelease(annotations);
  return tool ? `belongs to ${tool}` : createdBy(managers.map(({ manager }) => manager));
}

/** Who has set a label, where that is known. */
export function labelManager({ managers = [] }: ExistingObject, label: string): string | undefined {
  return managers.find(({ labels }) => labels.includes(label))?.manager;
}

function helmRelease(annotations: Record<string, string>): string | undefined {
  const release = annotations["meta.helm.sh/release-name"];
  const namespace = annotations["meta.helm.sh/release-namespace"];
  return release && `the Helm release ${[namespace, release].filter(Boolean).join("/")}`;
}

function createdBy(managers: string[]): string {
  if (managers.some((manager) => manager.startsWith("pulumi"))) {
    return "was created by a Pulumi program without this package's mark";
  }
  if (managers.some((manager) => manager.startsWith("kubectl"))) {
    return "was created by kubectl";
  }
  const [manager] = managers;
  return `was created by kubectl or another tool${manager === undefined ? "" : ` (field manager ${manager})`}`;
}
