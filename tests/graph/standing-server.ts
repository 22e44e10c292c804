// A process of its own with an API server on loopback, for programs whose own process stands still while the preflight reads.
import { ApiServer } from "../unit/fixtures/api-server";
import { standingMesh } from "../unit/fixtures/standing-mesh";

async function serve(): Promise<void> {
  const server = await ApiServer.start(standingMesh("istio-ambient/test"));
  process.on("message", () => process.send?.(server.requests.splice(0)));
  process.on("disconnect", () => {
    server.stop();
    process.exit();
  });
  process.send?.(server.kubeconfig);
}

void serve();
