// Why a namespace would refuse the pods that istiod makes in it: its Pod Security, its quotas and its limits.
import type { Violation } from "../validation/violations";

/** The rule that refuses, as a violation of what the user has written; nothing where another refuses, or none. */
export function podViolation(namespace: string, why: string, pods: string): Violation | undefined {
  const path = "namespace";
  const security = /violates PodSecurity "([^":]+)[^"]*"/.exec(why);
  if (security) {
    const rule =
      `the namespace must admit ${pods}, and its Pod Security level ${security[1] ?? ""} asks for a seccomp ` +
      "profile, which istiod sets only if it is told one";
    return { path, got: namespace, rule, fix: seccomp };
  }
  const quota = /(?:exceeded|failed) quota: ([^,:]+)[,:] (.*)/s.exec(why);
  if (quota) {
    const rule = `its ResourceQuota ${quota[1] ?? ""} must have room for ${pods} (${quota[2] ?? ""})`;
    return {
      path,
      got: namespace,
      rule,
      fix: { run: `kubectl describe resourcequota ${quota[1] ?? ""} --namespace ${namespace}` },
    };
  }
  const limits = /(?:maximum|minimum) (cpu|memory) usage per (?:Container|Pod) is ([^\s,.]+)/.exec(why);
  if (limits) {
    const rule = `its LimitRange must admit ${pods} (${limits[0]})`;
    return { path, got: namespace, rule, fix: `${limits[1] ?? ""}: "${limits[2] ?? ""}"` };
  }
  return undefined;
}

const seccomp = 'controlPlane: { values: { gateways: { seccompProfile: { type: "RuntimeDefault" } } } }';
