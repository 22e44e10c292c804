// Objects of one kind as a watch knows them: no request is sent to look at them again.
import { KubernetesListObject, KubernetesObject, ListWatch, Watch } from "@kubernetes/client-node";
import { ControlPlane } from "./boot";

/** Where they are, how they are listed at first, and by which labels they are chosen. */
interface Watched<T extends KubernetesObject> {
  path: string;
  list(plane: ControlPlane): Promise<KubernetesListObject<T>>;
  labelSelector?: string;
}

/** Begins to watch, for as long as the sandbox lives; while the API server is away nothing changes. */
export function watched<T extends KubernetesObject>(
  plane: ControlPlane,
  { path, list, labelSelector }: Watched<T>,
): () => T[] {
  const objects = new ListWatch(path, new Watch(plane.config), () => list(plane), false, labelSelector);
  const start = (): void => void objects.start().catch(again);
  const again = (): void => void setTimeout(start, 500);
  objects.on("error", again);
  start();
  return () => objects.list() as T[];
}
