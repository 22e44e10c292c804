// Every advice that takes something away from a cluster, with what else that takes. One that is new has to be added here.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import * as ts from "typescript";
import { messages, sources } from "./fixtures/source-texts";

const root = path.join(__dirname, "..", "..");

/** Commands and words by which something goes. */
const taking = new RegExp(
  [
    ...["kubectl delete", "\\buninstall (?:X|-)", "app delete", "state delete", "--replicas 0", 'finalizers":null'],
    ...["(?:label|annotate) [^`]*X-(?:`|$)", "\\bdelete (?:it|one|them|these|that|its|the)\\b", "\\bdestroy it\\b"],
    "\\buninstall (?:it|each|this|the other)",
  ].join("|"),
);

/** Texts by their file, X for what is filled in, each with what was considered. */
const reviewed: { [file: string]: [text: string, takes: string][] } = {
  "lib/adoption/owners.ts": [
    [
      `kubectl patch X X --type merge --patch '{"metadata":{"finalizers":null}}'`,
      "Sail's finalizer, which uninstalls Istio",
    ],
    ["kubectl delete X X --cascade=orphan", "the resource alone: what it owns stays"],
    [
      "kubectl scale deployment sail-operator --namespace sail-operator --replicas 0",
      "the operator, for every mesh that it has; it runs no traffic",
    ],
    [
      "where an ApplicationSet or a parent application creates it, delete it there instead, with preserveResourcesOnDeletion or without its finalizer",
      "the Application alone",
    ],
    ["argocd app delete X --cascade=false", "the Application alone"],
    [
      "where a Kustomization creates it from Git, delete it there instead, once it is suspended",
      "the object alone: one that is suspended leaves what it has made",
    ],
    ["flux suspend X X --namespace X && kubectl delete X X --namespace X", "the object alone, for the same reason"],
    ["its next run would upgrade or uninstall it", "nothing: it tells what another program would do"],
    [
      "take it out of the program, and out of the state with `pulumi state delete`",
      "an entry of that program's state: what it has made stays",
    ],
  ],
  "lib/adoption/refusals.ts": [
    ["kubectl annotate namespace X X-", "a stack's mark, if that stack is gone, as the rule says"],
    [
      "a mesh has one istiod; move every namespace to one of them, and uninstall the other",
      "an istiod that no namespace uses by then; the command only lists them",
    ],
    [
      "must be in X; a DaemonSet cannot move, and two of them on a node disturb each other: in a maintenance window, uninstall this one, and install it there with the same values",
      "a part of the data plane, in a window and with its successor's command",
    ],
    ["helm uninstall X --namespace X", "the same part, where it is a release of Helm"],
  ],
  "lib/cert-manager/judge.ts": [
    ["it cannot move to another namespace: destroy it first, or leave it where it is", "the controller; CRDs are kept"],
  ],
  "lib/checks/capture-conflicts.ts": [
    ["kubectl label namespace X X-", "a label without effect, since istio-cni leaves the namespace out"],
  ],
  "lib/checks/enrollment.ts": [
    ["kubectl label namespace X X-", "sidecars of new pods, in a namespace that asks for ambient as well"],
  ],
  "lib/checks/gateway-service.ts": [
    ["kubectl delete service X --namespace X", "the gateway's address until istiod makes it again: the rule says so"],
  ],
  "lib/enrollment/enroll.ts": [
    [
      "kubectl label namespace X X-",
      "sidecars of new pods, in a namespace that is to be enrolled, by hand or by a program",
    ],
    ["kubectl label namespace X X-", "another data plane mode, which enrolling replaces"],
  ],
  "lib/footprint/advice.ts": [
    [
      "a waypoint gets traffic only where a namespace, Service or pod names it; delete it where it is made, or use it",
      "a waypoint that nothing names, ServiceEntries included",
    ],
  ],
  "lib/migration/ground-verdicts.ts": [["kubectl label namespace X X-", "a label on a system namespace"]],
  "lib/migration/sidecar-callers.ts": [
    [
      "admits every request of these callers, whatever its method or path; create it once `apply` has created X, and delete it when the callers are ambient",
      "the policy that the same advice has created",
    ],
  ],
  "lib/migration/since.ts": [
    ["X exists and says something else; rename or delete it, X", "an object that the way on writes"],
    ["X was changed since this migration began; delete it yourself, or put it back, X", "what the way on deletes"],
    [
      "X is attached to X, and no sidecar reads it; write it with a selector, or delete it, X",
      "a policy that has no effect afterwards",
    ],
    ["kubectl label X XX X-", "the use of a waypoint that goes with the rollback"],
  ],
  "lib/migration/plan.ts": [
    ["kubectl label service X --namespace X X-", "a label that keeps the Service from its waypoint"],
  ],
  "lib/migration/route-verdicts.ts": [["delete one of them", "one of two routes for the same Service"]],
  "lib/migration/workload-verdicts.ts": [
    ["kubectl delete X X --namespace X, and create it again", "a bare pod: it is to be created again"],
  ],
  "lib/preflight/leftovers.ts": [
    ["kubectl delete XX", "objects of the charts by name, where no istiod runs; no CRD and no ConfigMap"],
  ],
  "lib/preflight/other-istio.ts": [
    ["Xhelm uninstall X --namespace X", "all of the release: pods leave first where it has a node agent"],
    ["Xistioctl uninstall --revision X", "the parts of the revision, no CRDs: pods leave first"],
  ],
  "lib/preflight/owners.ts": [
    [
      "a mesh cannot move to another namespace: leave it where it is, or destroy it first, which takes every pod out of it",
      "said in the rule",
    ],
  ],
  "lib/preflight/warnings.ts": [["kubectl label namespace X X-", "as in checks/enrollment.ts"]],
  "lib/cluster-state/helm-releases.ts": [
    ["kubectl delete secret X --namespace X", "Helm's record of an operation that never ended"],
    [
      "helm uninstall X --namespace X",
      "the records of a release that is uninstalled: of any other status it is not advised",
    ],
  ],
  "lib/conversion/certificates/certificates.ts": [
    [
      "cert-manager has made it by its default issuer, and renews the Secret as long as it is there: delete the Ingress with --cascade=orphan; --default-issuer writes it, where cert-manager has not seen the Ingress",
      "the Ingress alone: its Certificate stays",
    ],
    [
      "the one that cert-manager has made belongs to the Ingress: delete that with --cascade=orphan, or apply this one again",
      "the Ingress alone: its Certificate stays",
    ],
  ],
  "cli/adopt.ts": [
    [
      "the stack X has this Istio in its state since `pulumi up`: its next `pulumi destroy` would uninstall it; first run `pulumi state delete 'X' --target-dependents --stack X` in its project, then run `istio-ambient adopt --undo --released XX`",
      "entries of the state: nothing in the cluster",
    ],
  ],
  "cluster/adopting.ts": [
    [
      "Secret X/X was made by others since; delete it, and run this again",
      "a record of a release that is not there yet",
    ],
  ],
  "cluster/migration-newcomers.ts": [
    [
      "X runs without a sidecar: X; wait until it has ended, or run `kubectl delete X X --namespace X`, and run this again",
      "a Job or a bare pod; waiting is offered first",
    ],
  ],
  "cluster/migration-record.ts": [
    [
      "ConfigMap X/X is no record of a migration; run `kubectl delete configmap X --namespace X`",
      "a ConfigMap of the name that has no record",
    ],
  ],
  "cluster/migration-rolls.ts": [
    ["delete these pods", "pods that are not ready and whose controller makes them again"],
    [
      "delete these pods, or run `kubectl scale X X --namespace X --replicas 0`",
      "the same, or a workload that did not run before either",
    ],
  ],
};

describe("advice that takes something away", () => {
  const found = sources().flatMap((file) => {
    const text = fs.readFileSync(path.join(root, file), "utf8");
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    return messages(file, source)
      .filter((message) => taking.test(message.text))
      .map((message): [string, string] => [file, message.text]);
  });

  it("is reviewed, each for what else it takes", () => {
    const known = Object.entries(reviewed).flatMap(([file, texts]) => texts.map(([text]) => `${file}: ${text}`));
    assert.deepEqual(found.map(([file, text]) => `${file}: ${text}`).sort(), known.sort());
  });

  it("never takes all of Istio's CRDs, nor a namespace", () => {
    const texts = sources().map((file) => fs.readFileSync(path.join(root, file), "utf8").replace(/^\s*\/\/.*$/gm, ""));
    assert.deepEqual(
      texts.flatMap((text) => /uninstall[^\n]*--purge|kubectl delete (crd|namespace)[^\n]*/.exec(text)?.[0] ?? []),
      [],
    );
  });
});
