// Several ingress gateways or meshes in one program: a NodePort is used once, a cluster has one mesh.
import * as assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AmbientMesh, IngressGateway } from "../../components";
import { faultOf, preview } from "./applications";
import { record } from "./record";

const opened = "of this program uses it already; must be a free NodePort; write";

describe("the NodePorts of several gateways", () => {
  it("are refused where two ask for the same ones, as they do by default beside a mesh", async () => {
    const message = await faultOf(() => {
      new AmbientMesh("mesh", { preflight: { enabled: false }, gateway: { httpNodePort: 30082 } });
      new IngressGateway("public", { name: "public", httpsNodePort: 30082 });
      new IngressGateway("partners", { name: "partners" });
    });
    assert.equal(
      message,
      'invalid arguments for IngressGateway "public":\n' +
        `  \`httpsNodePort\`: got "30082"; the gateway of AmbientMesh "mesh" ${opened} \`httpsNodePort: 30083\``,
    );
  });

  it("name a free one for each that is taken", async () => {
    const message = await faultOf(() => {
      new IngressGateway("public", { name: "public", httpNodePort: 30443 });
      new IngressGateway("partners", { name: "partners", httpNodePort: 30443 });
    });
    assert.equal(
      message,
      'invalid arguments for IngressGateway "partners":\n' +
        `  \`httpNodePort\`: got "30443"; IngressGateway "public" ${opened} \`httpNodePort: 30445\`\n` +
        `  \`httpsNodePort\`: got "30444"; IngressGateway "public" ${opened} \`httpsNodePort: 30446\``,
    );
  });

  it("are refused of a mesh before it registers anything, under the argument of the mesh", async () => {
    let message = "";
    const { resources } = await record(() => {
      new IngressGateway("public", { name: "public", httpNodePort: 30079, httpsNodePort: 30444 });
      try {
        new AmbientMesh("mesh", { preflight: { enabled: false }, gateway: { httpNodePort: 30079 } });
      } catch (error) {
        message = String(error);
      }
    }, preview);
    assert.equal(
      message,
      'Error: invalid arguments for AmbientMesh "mesh":\n' +
        `  \`gateway.httpNodePort\`: got "30079"; IngressGateway "public" ${opened} \`httpNodePort: 30081\`\n` +
        `  \`gateway.httpsNodePort\`: got "30444"; IngressGateway "public" ${opened} \`httpsNodePort: 30445\``,
    );
    assert.deepEqual(
      resources.filter(({ parent }) => parent === "mesh").map(({ name }) => name),
      [],
    );
  });

  it("may be the same on two clusters, behind load balancers, without https, and where they are not known yet", async () => {
    await record(() => {
      new IngressGateway("here", { certificate: { enabled: false } });
      new IngressGateway("late", { httpNodePort: pulumi.output(30081) });
      new IngressGateway("balanced", { serviceType: "LoadBalancer" });
      for (const cluster of ["east", "west"]) {
        const provider = new k8s.Provider(cluster, { context: cluster });
        new IngressGateway(`${cluster}-gateway`, { cluster: { context: cluster } }, { provider });
      }
    }, preview);
  });
});

describe("several meshes", () => {
  const preflight = { enabled: false };

  it("are refused on one cluster", async () => {
    const message = await faultOf(() => {
      new AmbientMesh("mesh", { preflight });
      new AmbientMesh("second", { preflight, namespace: "second", gateway: { enabled: false } });
    });
    assert.equal(
      message,
      'invalid arguments for AmbientMesh "second":\n  `provider`: missing; AmbientMesh "mesh" of this program is ' +
        'on the same cluster already; a cluster has one mesh; write `new AmbientMesh("second", {}, { provider: ' +
        "otherCluster })`",
    );
  });

  it("are taken on two", async () => {
    await record(() => {
      for (const cluster of ["east", "west"]) {
        const provider = new k8s.Provider(cluster, { context: cluster });
        new AmbientMesh(`${cluster}-mesh`, { preflight, cluster: { context: cluster } }, { provider });
      }
    }, preview);
  });
});
