# A program in Python as an inline program of Pulumi's Automation API, which is its own host: `inline.py <operation> <stack>
# <file>` in the project's folder. The file gets what the engine tells, as that of `pulumi --event-log`; stdout the outputs.
import json
import os
import runpy
import sys

from pulumi import automation

operation, stack_name, log = sys.argv[1:]


def program() -> None:
    runpy.run_path("__main__.py")


def write(event: automation.EngineEvent) -> None:
    told = {}
    if event.resource_pre_event:
        step = event.resource_pre_event.metadata
        told["resourcePreEvent"] = {"metadata": {"op": step.op, "urn": step.urn}}
    if event.diagnostic_event:
        said = event.diagnostic_event
        told["diagnosticEvent"] = {"message": said.message, "severity": said.severity}
    with open(log, "a", encoding="utf-8") as file:
        file.write(json.dumps(told) + "\n")


# The folder's own Pulumi.yaml, which names the package and the project.
options = automation.LocalWorkspaceOptions(work_dir=os.getcwd())
stack = automation.create_or_select_stack(stack_name, project_name="any", program=program, opts=options)
if operation == "up":
    outputs = stack.up(on_event=write).outputs
    print(json.dumps({name: output.value for name, output in outputs.items()}))
elif operation == "preview":
    stack.preview(on_event=write)
else:
    stack.destroy(on_event=write)
    stack.workspace.remove_stack(stack_name)
