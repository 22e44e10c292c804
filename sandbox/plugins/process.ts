// The process of a stand-in: gRPC on a free port that is printed on stdout, and an end when the engine is gone.
import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";

/** A method that takes one message and gives one. */
export function unary<Request, Response>(
  method: (request: Request) => Response | Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    Promise.resolve(call.request)
      .then(method)
      .then(
        (response) => callback(null, response),
        (error: unknown) => {
          const message = error instanceof Error ? error.message : String(error);
          callback({ code: grpc.status.UNKNOWN, message, details: message });
        },
      );
  };
}

/** The version that whoever started this process wants it to have. */
export function pluginInfo(): PluginInfo {
  const info = new PluginInfo();
  info.setVersion(process.env["PLUGIN_VERSION"] ?? "");
  return info;
}

/** Address of the engine that has started this process. */
export function engineAddress(): string {
  // Options with a dash come before it.
  const address = process.argv.slice(2).find((word) => !word.startsWith("-"));
  if (address === undefined) throw new Error("the engine's address is missing: a plugin is started by the engine");
  return address;
}

/** Serves the services that `add` names, for as long as the engine answers. */
export function serve(engine: EngineClient, add: (server: grpc.Server) => void): void {
  const server = new grpc.Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
  add(server);
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    console.log(port);
    endWith(engine);
  });
}

/** Ends the process once the engine no longer answers, so that a killed engine leaves no plugin behind. */
function endWith(engine: EngineClient): void {
  const channel = engine.getChannel();
  const watch = (): void => {
    const state = channel.getConnectivityState(true);
    if (state === grpc.connectivityState.TRANSIENT_FAILURE) process.exit(0);
    channel.watchConnectivityState(state, Infinity, watch);
  };
  watch();
}
