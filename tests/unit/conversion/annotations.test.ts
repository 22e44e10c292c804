// Every annotation of ingress-nginx, right and wrong, alone or with those that it needs: whole verdicts.
import * as assert from "node:assert/strict";
import { annotations, families } from "../../../lib/conversion/annotations";
import { convert } from "../../../lib/conversion/convert";
import { ingressWith, verdicts } from "./cases";
import { access } from "./tables/access";
import { backends } from "./tables/backends";
import { canaries } from "./tables/canaries";
import { cors } from "./tables/cors";
import { headersCopiesLogsAndFilters } from "./tables/headers-copies-logs-and-filters";
import { hostsAndTheirTls } from "./tables/hosts-and-their-tls";
import { limitsAndBuffers } from "./tables/limits-and-buffers";
import { others } from "./tables/others";
import { pathsAndHttps } from "./tables/paths-and-https";
import { redirects } from "./tables/redirects";
import { sessionsAndLoadBalancing } from "./tables/sessions-and-load-balancing";
import { timeoutsAndRetries } from "./tables/timeouts-and-retries";

const tables = {
  pathsAndHttps,
  redirects,
  hostsAndTheirTls,
  canaries,
  backends,
  timeoutsAndRetries,
  sessionsAndLoadBalancing,
  cors,
  access,
  limitsAndBuffers,
  headersCopiesLogsAndFilters,
  others,
};

describe("annotations of ingress-nginx", () => {
  for (const [family, cases] of Object.entries(tables)) {
    describe(family, () => {
      for (const [given, ...expected] of cases) {
        it(JSON.stringify(given), () => assert.deepEqual(verdicts(convert([ingressWith(given)]).entries), expected));
      }
    });
  }

  it("are 138, each in one family, told of as ingress-nginx tells of them, and all of them in these tables", () => {
    const all = families.flatMap((family) => family.annotations);
    const told = (where: string) => all.filter((annotation) => annotation.told === where).length;
    assert.deepEqual([all.length, annotations.size, told("table"), told("text"), told("code")], [138, 138, 117, 13, 8]);
    const tested = new Set(Object.values(tables).flatMap((cases) => cases.flatMap(([given]) => Object.keys(given))));
    assert.deepEqual(
      all.map(({ name }) => name).filter((name) => !tested.has(name)),
      [],
    );
  });
});
