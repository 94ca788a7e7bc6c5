"""The reference system on the command line.

python -m course_utils.docqa ask --user NAME "QUESTION"
python -m course_utils.docqa evaluate [--split test]
python -m course_utils.docqa serve [--port 8000]
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from course_utils.docqa.policy import AccessError, AuditLog
from course_utils.docqa.switches import Switches, switch_names
from course_utils.docqa.trace import MEASURED, SIMULATED

if TYPE_CHECKING:
    from course_utils.docqa.system import System


def make_system(**settings: object) -> System:
    """The system on the handbook, with the model of the environment if it names one."""
    from course_utils.docqa.endpoint import PRICE, EndpointModel
    from course_utils.docqa.extractive import ExtractiveModel
    from course_utils.docqa.system import System

    models = [ExtractiveModel()]
    if model := EndpointModel.from_environment():
        models.insert(0, model)
    price = os.environ.get(PRICE, "model-m")
    return System.default(**{"models": models, "price": price, **settings})


def ask(options: argparse.Namespace) -> int:
    from course_utils.docqa.endpoint import EndpointModel

    # A model behind a URL takes real time, and a simulated clock could not end it.
    measured = options.measured or EndpointModel.from_environment() is not None
    switches = Switches.without(*options.without)
    system = make_system(clock=MEASURED if measured else SIMULATED, switches=switches)
    try:
        answer = system.ask(options.user, options.question)
    except AccessError:
        print(
            f"There is no user {options.user!r}. There are {', '.join(system.directory.users())}.",
            file=sys.stderr,
        )
        return 2
    print(answer.as_text())
    return 0


def evaluate(options: argparse.Namespace) -> int:
    from course_utils.docqa import evaluation, labels, switch_costs
    from course_utils.docqa.misbehaving import Obedient
    from course_utils.docqa.system import System

    questions = labels.load_questions(options.split)
    injections = labels.load_injections()
    system = System.default()
    print(f"{len(questions)} questions, split {options.split}\n")
    print(evaluation.evaluate_retrieval(system, questions).as_text(), end="\n\n")
    print(evaluation.evaluate(system, questions).as_text(), end="\n\n")
    print(evaluation.support_errors(labels.load_support_pairs(options.split)).as_text(), "\n")
    print(evaluation.permission_probes(System.default(), questions).as_text())
    for model in (None, [Obedient()]):
        probes = evaluation.injection_probes(
            lambda models=model: System.default(models=models), questions, injections
        )
        name = "an obedient model" if model else "the default model"
        print(*(f"{probe.as_text()}, with {name}" for probe in probes), sep="\n")
    costs = switch_costs.cost_of_switches(System.default, questions, injections)
    print(f"\n{switch_costs.table(costs)}")
    return 0


def serve(options: argparse.Namespace) -> int:
    try:
        import uvicorn
    except ModuleNotFoundError:
        print(
            "Serving needs uvicorn: pip install 'ai-system-design-course[docqa]'", file=sys.stderr
        )
        return 2
    from course_utils.docqa.api import create_app

    audit = AuditLog(Path(options.audit) if options.audit else None)
    system = make_system(clock=MEASURED, audit=audit)
    for user in options.user or system.directory.users():
        system.directory.identity(user)
        print(f"{user:<22} {system.tokens.issue(user)}")
    print(
        f'\ncurl -s http://{options.host}:{options.port}/v1/ask -H "Authorization: Bearer TOKEN" '
        f"-H 'Content-Type: application/json' -d '{{\"question\": \"...\"}}'\n",
        flush=True,
    )
    uvicorn.run(
        create_app(system),
        host=options.host,
        port=options.port,
        log_level="warning",
        timeout_keep_alive=5,
    )
    return 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m course_utils.docqa", description=__doc__.splitlines()[0]
    )
    commands = parser.add_subparsers(dest="command", required=True)

    asking = commands.add_parser("ask", help="ask the handbook in the name of a user")
    asking.add_argument("--user", required=True, metavar="NAME")
    asking.add_argument("--measured", action="store_true", help="show what this machine took")
    asking.add_argument(
        "--without",
        action="append",
        default=[],
        choices=switch_names(),
        help="turn this guarantee off, to see what it is worth",
    )
    asking.add_argument("question", metavar="QUESTION")
    asking.set_defaults(run=ask)

    evaluating = commands.add_parser("evaluate", help="measure everything on labeled questions")
    evaluating.add_argument("--split", choices=("dev", "test"), default="test")
    evaluating.set_defaults(run=evaluate)

    serving = commands.add_parser("serve", help="serve the API, and print a token for each user")
    serving.add_argument("--host", default="127.0.0.1")
    serving.add_argument("--port", type=int, default=8000)
    serving.add_argument("--audit", metavar="FILE", help="append the audit log to this file")
    serving.add_argument("--user", action="append", metavar="NAME", help="a token for this user")
    serving.set_defaults(run=serve)

    options = parser.parse_args(arguments)
    try:
        return options.run(options)
    except (AccessError, ValueError) as error:
        print(f"{error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
