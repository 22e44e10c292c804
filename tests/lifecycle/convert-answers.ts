// Requests that are sent again, counted where they arrive, and what is changed in the headers of answers.
import * as assert from "node:assert/strict";
import type { Ingress } from "../../lib/conversion/objects";
import { ingress } from "./convert-ask";
import { ask } from "./convert-http";
import { settled } from "./support";

type Applied = (...documents: [Ingress, ...object[]]) => Promise<void>;

/** What is asked of a host with these conditions: the status of the answer, and how often the backend saw the request. */
const repeats: [host: string, method: string, query: string, status: number, times: number][] = [
  ["again.test", "GET", "status=503", 503, 3],
  ["again.test", "PUT", "status=503", 503, 3],
  ["again.test", "POST", "status=503", 503, 1],
  ["again.test", "PATCH", "status=503", 503, 1],
  ["again.test", "GET", "status=502", 502, 1],
  ["again.test", "GET", "delay=3000", 504, 3],
  ["again.test", "POST", "delay=3000", 504, 1],
  ["twice.test", "GET", "status=404", 404, 2],
  ["twice.test", "POST", "status=404", 404, 2],
  ["twice.test", "POST", "status=503", 503, 1],
  ["once.test", "GET", "status=503", 503, 1],
  ["once.test", "GET", "delay=3000", 504, 1],
];

/** Tries requests that the backend refuses, or does not answer in time. */
export async function repeatsRequests(applied: Applied, url: string): Promise<void> {
  const given = { "proxy-next-upstream": "error timeout http_503", "proxy-read-timeout": "1" };
  const every = { "proxy-next-upstream": "error timeout http_404 non_idempotent", "proxy-next-upstream-tries": "2" };
  await applied(ingress("once.test", { ...given, "proxy-next-upstream-tries": "1" }, { "/": "web" }));
  await applied(ingress("again.test", given, { "/": "web" }));
  await applied(ingress("twice.test", every, { "/": "web" }));
  const seen = async (what: string) => {
    const { body } = await ask("again.test", url, { path: "/requests" });
    return (JSON.parse(body) as { path: string }[]).filter(({ path }) => path.startsWith(what)).length;
  };
  let number = 0;
  const tried = async ([host, method, query]: (typeof repeats)[number]) => {
    const path = `/tried-${number++}?`;
    const { status } = await ask(host, url, { path: path + query, method });
    return [host, method, query, status, await seen(path)];
  };
  for (const first of [repeats[0]!, repeats[7]!]) {
    await settled(
      () => tried(first).catch((): unknown[] => []),
      (got) => JSON.stringify(got) === JSON.stringify(first),
    );
  }
  const got: unknown[] = [];
  for (const one of repeats) got.push(await tried(one));
  assert.deepEqual(got, repeats);
}

/** Tries answers with a Location, a Refresh and cookies. */
export async function changesAnswers(applied: Applied, url: string): Promise<void> {
  const given = {
    "proxy-cookie-domain": ".Inside.test outside.test",
    "proxy-cookie-path": "/one/ /two/",
    "proxy-redirect-from": "http://inside.test/",
    "proxy-redirect-to": "https://outside.test/app/",
  };
  await applied(ingress("changed.test", given, { "/": "web" }));
  const got = async (...answers: string[]) => {
    const query = answers.map((text) => `answer=${encodeURIComponent(text)}`).join("&");
    const { status, headers } = await ask("changed.test", url, { path: `/?status=302&${query}` });
    const { location, refresh, "set-cookie": cookies } = headers as { [name: string]: string | string[] | undefined };
    return JSON.parse(JSON.stringify({ status, location, refresh, cookies })) as object;
  };
  await settled(
    () => got("Location: http://inside.test/").catch(() => ({})),
    (answer) => JSON.stringify(answer).includes("outside"),
  );
  const changed = await got(
    "Location: http://inside.test/a?b=http://inside.test/",
    "Refresh: 5; URL=http://inside.test/b",
    "Set-Cookie: a=1; path=/one/x; HttpOnly; Domain=.INSIDE.test; Expires=Wed, 30 Nov 2033 09:00:00 GMT",
    "Set-Cookie: path=/one/; Path=/one; domain=a.inside.test",
    "Set-Cookie: c=3",
  );
  assert.deepEqual(changed, {
    status: 302,
    location: "https://outside.test/app/a?b=http://inside.test/",
    refresh: "5; URL=https://outside.test/app/b",
    cookies: [
      "a=1; path=/two/x; HttpOnly; Domain=.outside.test; Expires=Wed, 30 Nov 2033 09:00:00 GMT",
      "path=/one/; Path=/one; domain=a.inside.test",
      "c=3",
    ],
  });
  assert.deepEqual(await got("Location: https://inside.test/a"), { status: 302, location: "https://inside.test/a" });
  assert.deepEqual(await got(), { status: 302 });
}
