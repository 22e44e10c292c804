// What NGINX changes in the headers of the backend's answers: where redirects lead, and of which host and path cookies are.
import { inert, mapped, refused, type Verdict } from "../report";
import type { Settings } from "../settings";
import {
  detailOf,
  ofHttp,
  redirectsAll,
  unreached,
  withFilters,
  type Annotation,
  type Reader,
  type Surroundings,
} from "./family";

const source = "proxy";
const to = "proxy-redirect-to";
const from = "proxy-redirect-from";
const filter = "EnvoyFilter with envoy.filters.http.lua";
const noFilter = "no filter changes a part of a header";
const standard = inert("this is the default");
/** What NGINX takes; of anything else it uses its default. */
const [words, domains] = [/^[-._~a-z0-9/:,?&= ]*$/i, /^(off|[-._~a-z0-9/:]+\s+[-._~a-z0-9/:]+)$/i];
const invalid = inert("NGINX does not take such a value, and uses its default, off");

/** Two words of which one stands for the other; NGINX does not start with more or fewer. */
function replacement(value: string, example: string): { from: string; to: string } | Verdict {
  const [first = "", second, ...rest] = value.trim().split(/\s+/);
  if (second === undefined || rest.length > 0) return refused("must be two words, or NGINX does not load it", example);
  return first.startsWith("~") ? refused("Lua knows no regular expressions", example) : { from: first, to: second };
}

const readCookie =
  (
    field: "cookieDomain" | "cookiePath",
    valid: RegExp,
    example: string,
    fix: string,
    known: (text: string) => string,
  ): Reader =>
  (value, settings, around) => {
    if (value.trim() === "off") return standard;
    if (!valid.test(value)) return invalid;
    const both = replacement(value, example);
    if ("outcome" in both) return both;
    return written(settings, around, fix, { [field]: { from: known(both.from), to: known(both.to) } });
  };

/** Has the filter change it, where there may be one. */
function written(
  settings: Settings,
  around: Surroundings,
  fix: string,
  answers: NonNullable<Settings["envoy"]["answers"]>,
): Verdict {
  if (redirectsAll(around)) return unreached;
  if (!around.envoyFilters) return refused(noFilter, `${withFilters}, or ${fix}`);
  settings.envoy.answers = { ...settings.envoy.answers, ...answers };
  return mapped(filter);
}

const without = (dotted: string) => dotted.replace(/^\./, "");
const publicUrl = "the public URL in the application's own configuration";

/** What stands for what in Location and Refresh; undefined where NGINX changes neither. */
const readFrom: Reader = (value, settings, around) => {
  const given = value.trim();
  const other = around.other(to)?.trim() ?? "off";
  if (given === "off") return standard;
  if (given === "default") return inert("NGINX would replace the name of its own upstream, which no backend sends");
  if (!words.test(given)) return invalid;
  if (other === "off" || !words.test(other)) return inert(`without ${to} NGINX ignores it`);
  const both = replacement(`${given} ${other}`, `${from}: "http://one/", and ${to}: "https://two/"`);
  return "outcome" in both ? both : written(settings, around, publicUrl, { location: both });
};

const readTo: Reader = (value, settings, around) => {
  const leader = readFrom(around.other(from)!, structuredClone(settings), around);
  if (leader.outcome === "converted") return inert("NGINX ignores it");
  if (!words.test(value.trim())) return invalid;
  return leader;
};

const becomes = "an EnvoyFilter with `envoy.filters.http.lua`";
const unless = "Refused for regular expressions, and with `--no-envoy-filters`";

export const answers: Annotation[] = [
  {
    name: "proxy-cookie-domain",
    told: "table",
    does: "replaces the domain in Set-Cookie headers",
    becomes: `nothing for off; ${becomes} that replaces a domain as a whole, in any case. ${unless}`,
    source,
    read: ofHttp(
      readCookie(
        "cookieDomain",
        domains,
        'proxy-cookie-domain: "one.example.com two.example.com"',
        "the domain in the application's own configuration",
        without,
      ),
    ),
  },
  {
    name: "proxy-cookie-path",
    told: "table",
    does: "replaces the path in Set-Cookie headers",
    becomes: `nothing for off; ${becomes} that replaces what a path begins with. ${unless}`,
    source,
    read: ofHttp(
      readCookie(
        "cookiePath",
        words,
        'proxy-cookie-path: "/one/ /two/"',
        "the path in the application's own configuration",
        (path) => path,
      ),
    ),
  },
  {
    name: from,
    told: "table",
    does: "what is replaced in the Location of the backend's redirects",
    becomes: `nothing for off and default; ${becomes} that replaces what Location, or the URL of Refresh, begins with. ${unless}`,
    source,
    read: ofHttp(readFrom),
  },
  detailOf(source, "table", to, "what stands there instead", from, ofHttp(readTo)),
];
