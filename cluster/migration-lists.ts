// Lists that a migration cannot do without.
import type { ApiClient } from "./client";
import { listAll } from "./lists";

/** Reading or writing failed. Its message is for the user. */
export class MigrationError extends Error {
  override name = "MigrationError";
}

/** All of a list; nothing where the API does not serve the kind. */
export async function listOf<T>(client: ApiClient, path: string): Promise<T[]> {
  const listed = await listAll<T>(client, path);
  if (listed.kind === "ok") return listed.items;
  if (listed.kind === "missing") return [];
  throw new MigrationError(`cannot list ${path.split("?")[0]}: ${listed.why}`);
}
