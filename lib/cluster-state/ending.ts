// A namespace that is being deleted: it is there, and takes nothing new.

/** Why it cannot be used. */
export const endingRule = "nothing can be created in it until it is gone; its conditions say what it waits for";

/** Shows what it waits for. */
export function endingCommand(namespace: string): string {
  return `kubectl get namespace ${namespace} --output jsonpath='{.status.conditions}'`;
}
