# Runs a Pulumi program in Python: connects the SDK to the engine that the environment names, and runs the folder's
# __main__.py below the stack's resource. What Pulumi's own language host does, as far as our programs need it.
import asyncio
import os
import runpy
import sys
import traceback

import pulumi
import pulumi.runtime
from pulumi.runtime import Settings, run_in_stack

SHOWN_ALREADY = 32


def main(folder: str) -> int:
    env = os.environ
    asyncio.set_event_loop(asyncio.new_event_loop())
    pulumi.runtime.configure(
        Settings(
            monitor=env["PULUMI_MONITOR"],
            engine=env["PULUMI_ENGINE"],
            project=env["PULUMI_PROJECT"],
            stack=env["PULUMI_STACK"],
            organization=env["PULUMI_ORGANIZATION"],
            root_directory=env["PULUMI_ROOT_DIRECTORY"],
            parallel=int(env["PULUMI_PARALLEL"]),
            dry_run=env["PULUMI_DRY_RUN"] == "true",
        )
    )
    sys.path.insert(0, folder)
    program = os.path.join(folder, "__main__.py")
    loop = asyncio.get_event_loop()
    try:
        loop.run_until_complete(run_in_stack(lambda: runpy.run_path(program, run_name="__main__")))
        return 0
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return SHOWN_ALREADY
    except Exception:
        pulumi.log.error("Program failed with an unhandled exception:\n" + traceback.format_exc())
        return SHOWN_ALREADY
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == "__main__":
    # Threads of gRPC would keep the process alive.
    os._exit(main(sys.argv[1]))
