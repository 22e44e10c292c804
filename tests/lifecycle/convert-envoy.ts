// What EnvoyFilters do that has a course of its own: sessions that stay, certificates of clients that are judged, requests that
// are sent again, and headers of answers that are changed.
import * as assert from "node:assert/strict";
import type { Ingress } from "../../lib/conversion/objects";
import { istioAmbient } from "../unit/fixtures/terminal";
import { changesAnswers, repeatsRequests } from "./convert-answers";
import { ingress } from "./convert-ask";
import { answers, leftAsks } from "./convert-bodies";
import { judgesClients } from "./convert-clients";
import { sendsTrueHeaders } from "./convert-forged";
import { application } from "./convert-objects";
import { keepsSession } from "./convert-sessions";
import { apply, kubectl, settled } from "./support";

/** Adds the tests; `write` writes documents into a file, and `limits` is that of a conversion beside another one. */
export function alsoByEnvoyFilters(
  urls: () => { [scheme: string]: string },
  write: (name: string, documents: object[]) => string,
  limits: string,
): void {
  const applied = async (...documents: [Ingress, ...object[]]) => {
    const file = write(`${documents[0].metadata.name}.yaml`, documents);
    const { code, out, err } = await istioAmbient(["convert", "-f", file]);
    assert.equal(code, 0, err);
    apply(out);
  };

  it("leaves what conversions share where one of them is deleted without it", async () => {
    kubectl("delete", "-f", limits, "-l", "!istio-ambient/shared");
    await settled(
      () => answers(leftAsks, urls()).catch(() => []),
      (given) => JSON.stringify(given) === JSON.stringify(leftAsks),
    );
    assert.deepEqual(await answers(leftAsks, urls()), leftAsks);
  });

  it("keeps a persistent session on its pod while others come and go, and moves it once its pod is gone", async () => {
    for (const object of application("kept")) apply(JSON.stringify(object));
    kubectl("scale", "deployment/kept", "-n", "convert", "--replicas=2");
    const given = {
      affinity: "cookie",
      "affinity-mode": "persistent",
      "session-cookie-name": "route",
      "session-cookie-max-age": "900",
      "session-cookie-samesite": "Strict",
    };
    await applied(ingress("stays.test", given, { "/": "kept" }));
    await keepsSession("kept", "stays.test", urls()["http"]!);
  });

  it("answers clients without a valid certificate as NGINX does, and tells the backend of the others", async () => {
    await judgesClients(applied, urls()["https"]!);
  });

  it("sends requests again where NGINX does, by their method and by what came of them", async () => {
    await repeatsRequests(applied, urls()["http"]!);
  });

  it("changes Location, Refresh and cookies of the backend's answers as NGINX does", async () => {
    await changesAnswers(applied, urls()["http"]!);
  });

  it("sends backends by --nginx-headers what NGINX sends them, whatever a client names so", async () => {
    await sendsTrueHeaders(write, urls()["https"]!);
  });
}
