// What a namespace would say to a waypoint's pods, and what of it is told.
import * as assert from "node:assert/strict";
import { askedPod } from "../../components/support/asked-pod";
import { podViolation } from "../../lib/preflight/pod-refusals";
import { violationLine } from "../../lib/validation/violations";

const told = (why: string) => {
  const violation = podViolation("shop", why, "the waypoint's pods");
  return violation && violationLine(violation);
};

describe("the pods of a waypoint", () => {
  it("are asked for as they will be: without rights, with their requests", () => {
    const { api, plural, namespace, body } = askedPod(
      { name: "web", namespace: "shop", pods: { cpu: "20m" } },
      "waypoint",
    );
    assert.deepEqual([api, plural, namespace], ["/api/v1", "pods", "shop"]);
    const { containers } = (body as { spec: { containers: { resources: object; securityContext: object }[] } }).spec;
    assert.deepEqual(containers[0]?.resources, { requests: { cpu: "20m", memory: "64Mi" } });
    assert.deepEqual(containers[0]?.securityContext, {
      ...{ privileged: false, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
      ...{ runAsUser: 1337, runAsGroup: 1337, runAsNonRoot: true, capabilities: { drop: ["ALL"] } },
    });
  });

  it("need a seccomp profile in a restricted namespace", () => {
    const why =
      'pods "web" is forbidden: violates PodSecurity "restricted:latest": seccompProfile (pod or container "istio-proxy" must ' +
      'set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")';
    assert.equal(
      told(why),
      '`namespace`: got "shop"; the namespace must admit the waypoint\'s pods, and its Pod Security level restricted asks for a ' +
        "seccomp profile, which istiod sets only if it is told one; write `controlPlane: { values: { gateways: { " +
        'seccompProfile: { type: "RuntimeDefault" } } } }`',
    );
  });

  it("need room in a quota, and to be within limits", () => {
    assert.equal(
      told('pods "web" is forbidden: failed quota: compute: must specify limits.memory for: istio-proxy'),
      '`namespace`: got "shop"; its ResourceQuota compute must have room for the waypoint\'s pods (must specify limits.memory ' +
        "for: istio-proxy); run `kubectl describe resourcequota compute --namespace shop`",
    );
    assert.equal(
      told('pods "web" is forbidden: minimum memory usage per Container is 128Mi, but request is 64Mi'),
      '`namespace`: got "shop"; its LimitRange must admit the waypoint\'s pods (minimum memory usage per Container is 128Mi); ' +
        'write `memory: "128Mi"`',
    );
  });

  it("are not judged by rules for images and such, which look at what is not known here", () => {
    assert.equal(told('admission webhook "images.example.com" denied the request: unknown registry'), undefined);
    assert.equal(told('pods is forbidden: User "me" cannot create resource "pods"'), undefined);
  });
});
