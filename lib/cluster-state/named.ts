// What all objects of a cluster have in common, cut down to what is looked at.

/** What every object has. */
export interface Named {
  /** Empty for objects of the whole cluster. */
  namespace: string;
  name: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** Of owner references those that tell whose an object is; of Services and workloads all. */
  owners?: Owner[];
  /** Field managers that put back what others change. */
  keptBy?: string[];
}

/** The part of an owner reference that tells whose an object is. */
export interface Owner {
  kind: string;
  name: string;
  /** Where others have a kind of the same name. */
  group?: string;
}

/** A status condition. */
export interface Condition {
  type: string;
  status: string;
  reason: string;
  message: string;
}

/** A reference to an object, with the namespace filled in. */
export interface Reference {
  kind: string;
  namespace: string;
  name: string;
}
