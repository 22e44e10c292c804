// Canaries: an Ingress that gets some of the requests of another one's host and path.
import { isRe2 } from "../expressions";
import { converted, inert, mapped, refused, type Verdict } from "../report";
import type { CanarySettings, Settings } from "../settings";
import { boolean, booleanOf, integerOf, type Annotation, type Family, type Reader } from "./family";

const source = "canary";
const leader = "canary";

/** Says more about a canary; on an Ingress that is none, NGINX does not take it. */
function part(
  name: string,
  does: string,
  becomes: string,
  read: (value: string, canary: CanarySettings) => Verdict,
): Annotation {
  const reader: Reader = (value, settings, around) =>
    booleanOf(around.other(leader)) === true
      ? read(value, canaryOf(settings))
      : inert("the Ingress is not a canary, so NGINX ignores it");
  return { name, told: "table", does, becomes, source, read: reader };
}

function canaryOf(settings: Settings): CanarySettings {
  return (settings.canary ??= { weight: 0, total: 100 });
}

/** What NGINX's annotations take: of a value with any other character it takes nothing. */
const basic = /^[-/._~a-zA-Z0-9: ]*$/;
const inPattern = /^[-/._~a-zA-Z0-9:^$[\](){}*+?|&=\\]*$/;
const ignored = inert("NGINX ignores a value with these characters");

const weightRange = "HTTPRoute weights go from 0 to 1000000";

export const canary: Family = {
  title: "Canaries",
  annotations: [
    {
      name: leader,
      told: "table",
      does: "makes the Ingress an alternative for the same hosts and paths of another one",
      becomes: "rules and weights in the HTTPRoute of the other Ingress, for every path that goes to the same Service",
      source,
      read: boolean(false, (on, settings) => {
        if (on) canaryOf(settings);
        return on ? converted("rules of the route of the other Ingress") : inert("this is the default");
      }),
    },
    part(
      "canary-weight",
      "percentage of the requests that the canary gets",
      "weights of `backendRefs`",
      (value, canary) => {
        const weight = integerOf(value);
        if (weight === undefined) return inert("not a whole number, so NGINX uses its default, 0");
        canary.weight = weight;
        return converted("weights of backendRefs");
      },
    ),
    part("canary-weight-total", "what the weights add up to", "weights of `backendRefs`", (value, canary) => {
      const total = integerOf(value);
      if (total === undefined) return inert("not a whole number, so NGINX uses its default, 100");
      if (total > 1_000_000) return refused(weightRange, `${leader}-weight-total: "1000000"`);
      // Below 100 NGINX's balancer takes 100.
      canary.total = Math.max(100, total);
      return total < 100 ? inert("NGINX takes no total below 100") : converted("weights of backendRefs");
    }),
    part(
      "canary-by-header",
      "a header that picks the canary or not",
      "rules with a header match, before the others",
      (value, canary) => {
        if (!basic.test(value)) return ignored;
        canary.header = value.trim();
        return converted("rules that match the header");
      },
    ),
    part(
      "canary-by-header-value",
      "the value that picks the canary",
      "the value of the header match",
      (value, canary) => {
        if (!basic.test(value)) return ignored;
        canary.headerValue = value.trim();
        return converted("the value of the header match");
      },
    ),
    part(
      "canary-by-header-pattern",
      "a regular expression that is searched in the header's value",
      "a header match of type RegularExpression, which looks at the whole value: `.*` is put around it",
      (value, canary) => {
        if (!inPattern.test(value)) return ignored;
        if (!isRe2(value))
          return refused(
            "Envoy takes regular expressions of RE2 only",
            "write it without lookaround and backreferences",
          );
        canary.headerPattern = value;
        return mapped("a header match of type RegularExpression");
      },
    ),
    part(
      "canary-by-cookie",
      "a cookie that picks the canary or not",
      "rules that match the Cookie header by a regular expression",
      (value, canary) => {
        if (!basic.test(value)) return ignored;
        canary.cookie = value.trim();
        return mapped("rules that match the Cookie header");
      },
    ),
  ],
};
