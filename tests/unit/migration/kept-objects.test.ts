// A migration of objects that a tool keeps as its source has them.
import * as assert from "node:assert/strict";
import type { MigrationFacts } from "../../../lib/migration/facts";
import { planMigration } from "../../../lib/migration/plan";
import { planLines, refusalLines } from "../../../lib/migration/report";
import { policy, shop } from "./shop";

const choice = { waypoint: "waypoint", accept: [], stamp: "1" };

describe("objects that a tool keeps", () => {
  const namespace = { kind: "Namespace", namespace: "", name: "shop" };
  const argo = {
    who: "the Argo CD application shop",
    change: "argocd app get shop",
    release: "argocd app set shop --sync-policy none",
  };
  const of = (facts: MigrationFacts, accept: string[] = []) => {
    const plan = planMigration(facts, { ...choice, accept });
    return { rows: plan.verdicts.filter(({ object }) => /^(Argo CD|Flux)/.test(object)), plan };
  };
  const suspend = "; suspend it, and make the same changes in its source before it resumes";
  const get = { to: [{ operation: { methods: ["GET"] } }] };
  const viewers = policy("viewers", { selector: { matchLabels: { app: "web" } }, action: "ALLOW", rules: [get] });

  it("stop a migration that would take something away, until the tool lets go", () => {
    const facts = shop({ kept: [{ ...namespace, ...argo }] });
    const { rows, plan } = of(facts);
    const row = {
      object: "Argo CD application shop",
      verdict: "blocks",
      why: `it would revert what this migration removes: istio-injection of Namespace shop${suspend}`,
      fix: argo.release,
      acceptable: true,
    };
    assert.deepEqual([rows, plan.ready], [[row], false]);
    assert.deepEqual(refusalLines(plan), [
      `${row.object}: ${row.why}; first: ${argo.release}, then run it with \`--accept "${row.object}"\``,
    ]);
    const said = (lines: string[]) => lines.filter((line) => line.includes("--accept")).map((line) => line.trim());
    assert.deepEqual(said(planLines(plan)), [`then run it with \`--accept "${row.object}"\``]);
    const accepted = of(facts, [row.object]);
    assert.deepEqual([accepted.rows, accepted.plan.ready], [[{ ...row, accepted: true }], true]);
    assert.deepEqual(said(planLines(accepted.plan)), []);
  });

  it("stop it also where a policy or a label of pods would come back, in one row for each tool", () => {
    const web = { kind: "Deployment", namespace: "shop", name: "web" };
    const flux = { who: "the Flux Kustomization flux-system/shop", change: "flux get kustomization shop" };
    const policy = { kind: "AuthorizationPolicy", namespace: "shop", name: "viewers" };
    const facts = shop({
      kept: [
        { ...web, ...argo },
        { ...policy, ...flux },
        { ...namespace, ...flux },
      ],
      policies: [viewers],
    });
    facts.workloads.forEach((workload) => (workload.podLabels["sidecar.istio.io/inject"] = "true"));
    assert.deepEqual(
      of(facts).rows.map(({ object, why, fix }) => [object, why, fix]),
      [
        [
          "Argo CD application shop",
          `it would revert what this migration removes: sidecar.istio.io/inject of Deployment shop/web${suspend}`,
          argo.release,
        ],
        [
          "Flux Kustomization flux-system/shop",
          "it would revert what this migration removes: AuthorizationPolicy shop/viewers, istio-injection of Namespace " +
            `shop${suspend}`,
          flux.change,
        ],
      ],
    );
  });

  it("have to be told what it adds, at their source", () => {
    const labels = {};
    const { rows, plan } = of(
      shop({ namespace: { name: "shop", uid: "uid", labels }, kept: [{ ...namespace, ...argo }] }),
    );
    const why = "what this migration adds has to be written there too: to Namespace shop";
    assert.deepEqual(
      [rows, plan.ready],
      [[{ object: "Argo CD application shop", verdict: "loses", why, fix: argo.change }], true],
    );
  });

  it("that are made again by what does not keep them are named", () => {
    const selector = { matchLabels: { app: "web" } };
    const made = (name: string, annotations?: Record<string, string>) =>
      policy(name, { selector, rules: [get] }, annotations && { annotations });
    const policies = [
      made("mine"),
      made("stacks", { "istio-ambient/stack": "shop/prod" }),
      made("charts", { "meta.helm.sh/release-name": "app", "meta.helm.sh/release-namespace": "shop" }),
      made("files", { "kubectl.kubernetes.io/last-applied-configuration": "{}" }),
      made("argos", { "kubectl.kubernetes.io/last-applied-configuration": "{}" }),
    ];
    const kept = [{ kind: "AuthorizationPolicy", namespace: "shop", name: "argos", ...argo }];
    const { notes } = of(shop({ policies, kept })).plan;
    assert.deepEqual(
      notes.filter((note) => note.includes(" is deleted: ")),
      [
        "AuthorizationPolicy shop/stacks is deleted: the stack shop/prod creates it again at its next `pulumi up --refresh`; take it " +
          "out of the program",
        "AuthorizationPolicy shop/charts is deleted: the Helm release shop/app creates it again at its next upgrade; take it out of " +
          "the chart",
        "AuthorizationPolicy shop/files is deleted: `kubectl apply` of its file creates it again; take it out of the file",
      ],
    );
  });
});
