// The process of a pod of cert-manager's webhook: a stand-in that admits everything. The real one is packaged as a program
// only, whose module is not to be had.
import * as fs from "node:fs";
import * as http from "node:http";
import * as https from "node:https";

const [port = "10250", certificateFile = "", keyFile = ""] = process.argv.slice(2);

/** Where the real one answers its probes. */
const healthPort = 6080;

/** The part of an AdmissionReview that an answer repeats. */
interface Review {
  apiVersion?: string;
  kind?: string;
  request?: { uid?: string };
}

https
  .createServer({ cert: fs.readFileSync(certificateFile), key: fs.readFileSync(keyFile) }, (request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    request.on("end", () => {
      const { apiVersion, kind, request: asked }: Review = JSON.parse(text);
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ apiVersion, kind, response: { uid: asked?.uid, allowed: true } }));
    });
  })
  .listen(Number(port), () => {
    http.createServer((_, response) => response.end("ok")).listen(healthPort);
  });

process.on("SIGTERM", () => process.exit());
