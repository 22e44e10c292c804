// Reading an object that somebody else makes, so that neither previews nor refreshes count it as changed.
import * as pulumi from "@pulumi/pulumi";
import { getVersion } from "@pulumi/kubernetes/utilities";

/** Which object: its kind, namespace and name. */
export interface ObjectReference {
  apiVersion: "v1" | "gateway.networking.k8s.io/v1";
  kind: "Secret" | "Gateway";
  namespace: pulumi.Input<string>;
  name: pulumi.Input<string>;
}

/**
 * An object that is read. The SDK's own `get` records no inputs: each refresh fills them in and counts that as a change,
 * and each update empties them again. With inputs the plugin fails to read what it does not find ready, so a Service is
 * not for this: there may be no pod behind it yet.
 */
export class ExistingObject extends pulumi.CustomResource {
  /** The data of a Secret; kept secret. */
  declare public readonly data: pulumi.Output<{ [key: string]: string } | undefined>;
  /** The status of a Gateway, as far as its addresses. */
  declare public readonly status: pulumi.Output<GatewayStatus | undefined>;

  /** The id says when there is something to read: before it is known, nothing is. */
  constructor(name: string, object: ObjectReference, id: pulumi.Input<pulumi.ID>, parent: pulumi.Resource) {
    const { apiVersion, kind } = object;
    const metadata = { name: object.name, namespace: object.namespace };
    const outputs = { data: undefined, status: undefined };
    super(
      `kubernetes:${apiVersion === "v1" ? "core/v1" : apiVersion}:${kind}`,
      name,
      { apiVersion, kind, metadata, ...outputs },
      { parent, id, version: getVersion(), additionalSecretOutputs: ["data"] },
    );
  }
}

/** Where a Gateway answers: the addresses of its load balancer, by name or by number. */
export interface GatewayStatus {
  addresses?: { value?: string }[];
}
