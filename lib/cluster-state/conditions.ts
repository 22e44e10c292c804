// What a condition of an Istio object or a Service says: not there yet, true, or refused with its own words.

/** A live object as far as its conditions go. */
export interface WithConditions {
  metadata?: { generation?: number };
  status?: {
    conditions?: {
      type: string;
      status: string;
      reason?: string;
      message?: string;
      observedGeneration?: number | string;
    }[];
  };
}

/** What is to be said of an object. */
export type Verdict =
  { state: "pending" } | { state: "accepted" } | { state: "missing" } | { state: "refused"; why: string };

/** Judges a condition, unless it is about an older version of the object. */
export function conditionVerdict(object: WithConditions, type: string): Verdict {
  const found = object.status?.conditions?.find((each) => each.type === type);
  const generation = object.metadata?.generation ?? 0;
  // istiod writes the generation as text, and for Services not at all.
  const observed = Number(found?.observedGeneration ?? generation);
  if (!found || observed < generation) {
    return { state: "pending" };
  }
  return found.status === "True"
    ? { state: "accepted" }
    : { state: "refused", why: `${type} is ${found.status}, ${found.reason ?? ""}: ${found.message ?? ""}` };
}
