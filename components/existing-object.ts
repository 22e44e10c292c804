// Reading an object that somebody else makes, so that neither previews nor refreshes count it as changed.
import * as pulumi from "@pulumi/pulumi";
import { getVersion } from "@pulumi/kubernetes/utilities";

/** Which object: a core kind, its namespace and name. */
export interface ObjectReference {
  kind: "Secret" | "Service";
  namespace: pulumi.Input<string>;
  name: pulumi.Input<string>;
}

/**
 * A core object that is read. The SDK's own `get` records no inputs: each refresh fills them in and counts that as a
 * change, and each update empties them again.
 */
export class ExistingObject extends pulumi.CustomResource {
  /** The data of a Secret; kept secret. */
  declare public readonly data: pulumi.Output<{ [key: string]: string } | undefined>;
  /** The status of a Service, as far as its addresses. */
  declare public readonly status: pulumi.Output<ServiceStatus | undefined>;

  /** The id says when there is something to read: before it is known, nothing is. */
  constructor(name: string, object: ObjectReference, id: pulumi.Input<pulumi.ID>, parent: pulumi.Resource) {
    const metadata = { name: object.name, namespace: object.namespace };
    const outputs = { data: undefined, status: undefined };
    super(
      `kubernetes:core/v1:${object.kind}`,
      name,
      { apiVersion: "v1", kind: object.kind, metadata, ...outputs },
      { parent, id, version: getVersion(), additionalSecretOutputs: ["data"] },
    );
  }
}

/** Where a load balancer answers. */
export interface ServiceStatus {
  loadBalancer?: { ingress?: { hostname?: string; ip?: string }[] };
}
