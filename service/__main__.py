"""``python -m service``: serve an index, or ask it one question from the terminal."""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    import socket

    from pydantic import ValidationError

    from service.settings import Settings

EXAMPLES = """\
examples:
  python -m service --index index-data
  python -m service --index index-data --port 8080 --cors-origins https://example.org
  python -m service ask "Who opened the meeting?" --index index-data

Each option may also be set by an environment variable: ASK_RECORD_ and its name in capitals,
such as ASK_RECORD_CORS_ORIGINS; for --index it is ASK_RECORD_INDEX_DIR.
"""


class _CommandError(Exception):
    """Printed as one line. ``code`` is 1 for what failed, 2 for wrong usage."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(" ".join(message.split()))
        self.code = code


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, and where to find help."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit status."""
    options = _parser().parse_args(arguments)
    try:
        command = {None: _serve, "ask": _ask, "openapi": _openapi}[options.command]
        return command(options)
    except _CommandError as failure:
        if options.debug:
            raise
        print(f"service: {failure}", file=sys.stderr)
        return failure.code
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        from index.errors import RecordError

        if options.debug:
            raise
        known = isinstance(error, RecordError)
        reason = str(error) if known else f"{type(error).__name__}: {error} (--debug shows more)"
        print(f"service: {' '.join(reason.split())}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    from service.settings import Settings

    formatter = argparse.RawDescriptionHelpFormatter
    parser = _Parser(
        prog="python -m service",
        description="Serve an index: the chat page and the API.",
        epilog=EXAMPLES,
        formatter_class=formatter,
        allow_abbrev=False,
    )
    parser.add_argument("--debug", action="store_true", help="Show tracebacks.")
    parser.add_argument("--open", action="store_true", help="Open the chat page in a browser.")
    for name, field in Settings.model_fields.items():
        _add_setting(parser, name, str(field.description), field.default)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=False)
    ask = commands.add_parser(
        "ask",
        help="Ask one question in the terminal.",
        description="Ask one question in the terminal.",
        epilog='example:\n  python -m service ask "Who opened the meeting?" --index index-data',
        formatter_class=formatter,
    )
    ask.add_argument("question")
    ask.add_argument(
        "--index", dest="index_dir", metavar="DIR", default=argparse.SUPPRESS, help="The index."
    )
    ask.add_argument("--store", metavar="URL", default=argparse.SUPPRESS, help="Or its engine.")
    ask.add_argument("--json", action="store_true", help="Print what POST /ask would return.")
    ask.add_argument("--top-k", type=int, default=3, metavar="N", help="Passages, 1 to 10.")
    ask.add_argument("--lang", default="auto", help="Language of the question: auto, en, vi.")
    ask.add_argument("--debug", action="store_true", default=argparse.SUPPRESS)
    openapi = commands.add_parser(
        "openapi",
        help="Print the schema of the API.",
        description="Print the OpenAPI schema of the API.",
        epilog="example:\n  python -m service openapi --output docs/openapi.json",
        formatter_class=formatter,
    )
    openapi.add_argument("--output", metavar="FILE", help="Write it to FILE.")
    return parser


def _add_setting(
    parser: argparse.ArgumentParser, name: str, description: str, default: object
) -> None:
    shown = ",".join(default) if isinstance(default, tuple) else default
    text = description if shown in (None, "") else f"{description} Default: {shown}."
    text = text.replace("%", "%%")
    if isinstance(default, bool):
        parser.add_argument(flag(name), action=argparse.BooleanOptionalAction, help=text)
    else:
        # Only what was given is passed on, so that the environment can set the rest.
        metavar = {"index_dir": "DIR"}.get(name, name.rsplit("_", 1)[-1].upper())
        parser.add_argument(flag(name), dest=name, metavar=metavar, help=text)


def flag(name: str) -> str:
    """The option of a setting."""
    return "--index" if name == "index_dir" else f"--{name.replace('_', '-')}"


def _settings(options: argparse.Namespace) -> "Settings":
    from pydantic import ValidationError

    from service.settings import Settings, unknown_variables

    for name in unknown_variables():
        print(f"service: {name} is no setting and is ignored (see --help)", file=sys.stderr)
    given = {
        name: value
        for name in Settings.model_fields
        if (value := getattr(options, name, None)) is not None
    }
    try:
        return Settings(**given)
    except ValidationError as error:
        raise _CommandError(_wrong_setting(error, given), code=2) from error


def _wrong_setting(error: "ValidationError", given: dict[str, Any]) -> str:
    from service.settings import PREFIX

    wrong = error.errors()[0]
    # What concerns several settings has no place; only the store's does.
    name = str((*wrong["loc"], "store")[0])
    origin = flag(name) if name in given else PREFIX + name.upper()
    value = given.get(name, os.environ.get(PREFIX + name.upper(), wrong["input"]))
    if name in ("operator_token", "store_token"):
        value = "(not shown)"
    elif name == "store":
        value = ""  # The message shows it, without its password.
    return (
        f"{origin} {value}".rstrip()
        + f": {wrong['msg'].removeprefix('Value error, ')} (see --help)"
    )


def _serve(options: argparse.Namespace) -> int:
    from index.location import Store

    settings = _settings(options)
    _check_tokens(settings)
    _check_tracing(settings)
    if settings.store is not None:
        # Says at once what is not installed; whether the engine answers, /readyz tells.
        Store(settings.store_url).close()
    listener = _listen(settings)
    port = listener.getsockname()[1]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)
    url = f"http://{host}:{port}{settings.root_path}"
    print(f"{settings.title}: {url} (Ctrl-C stops it)", flush=True)
    for folder in [f for _, f in settings.record_folders] or [settings.index_dir]:
        if settings.store is None and not folder.is_dir():
            print(
                f"service: there is no index in {folder} yet; build one: "
                f"python -m index build docs_corpus --output {folder}",
                file=sys.stderr,
            )
    if options.open:
        _open_when_ready(url)
    os.environ.setdefault("OMP_NUM_THREADS", str(settings.model_threads))
    with listener:
        try:
            if settings.workers == 1:
                _run_one(settings, listener)
            else:
                _run_workers(settings, listener)
        except KeyboardInterrupt:
            pass
    return 0


def _check_tokens(settings: "Settings") -> None:
    from service.access import TokenFileError, read_tokens

    if settings.tokens_file is None:
        return
    try:
        for name in [name for name, _ in settings.record_folders] or [""]:
            read_tokens(settings.tokens_file, name)
    except TokenFileError as error:
        raise _CommandError(f"--tokens-file {error}", code=2) from error


def _check_tracing(settings: "Settings") -> None:
    from service.tracing import TracingError, open_tracing

    if settings.otlp_endpoint is not None and settings.workers == 1:
        try:
            open_tracing(settings.otlp_endpoint)
        except TracingError as error:
            raise _CommandError(f"--otlp-endpoint: {error}", code=2) from error


def _run_one(settings: "Settings", listener: "socket.socket") -> None:
    import uvicorn

    from service.logs import configure_logging
    from service.records import application

    configure_logging(settings.log_level)
    config = uvicorn.Config(application(settings), **_uvicorn_options(settings))
    uvicorn.Server(config).run(sockets=[listener])


def _run_workers(settings: "Settings", listener: "socket.socket") -> None:
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    from service.logs import configure_logging

    configure_logging(settings.log_level)
    with tempfile.TemporaryDirectory(prefix="ask-record-metrics-") as folder:
        # Read by prometheus_client and by our settings when a worker imports them.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        os.environ.update(settings.to_environment())
        config = uvicorn.Config(
            "service.records:application_from_environment",
            factory=True,
            workers=settings.workers,
            **_uvicorn_options(settings),
        )
        Multiprocess(config, sockets=[listener]).run()


def _uvicorn_options(settings: "Settings") -> dict[str, Any]:
    return {
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "lifespan": "on",
        "ws": "none",
        "forwarded_allow_ips": list(settings.trusted_proxies),
        "timeout_graceful_shutdown": settings.shutdown_timeout_s,
    }


def _listen(settings: "Settings") -> "socket.socket":
    import socket

    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # Only where the protocol is named does asyncio send at once (TCP_NODELAY). Else the second
    # packet of a response waits for the first to be acknowledged: 40 ms on a kept connection.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise _CommandError(
            f"cannot listen on {settings.host} port {settings.port}: {error.strerror or error}; "
            "choose another with --host or --port"
        ) from error
    listener.set_inheritable(True)
    return listener


def _open_when_ready(url: str) -> None:
    import threading
    import time
    import urllib.request
    import webbrowser

    def wait() -> None:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{url}/readyz", timeout=2).close()
                break
            except OSError:
                time.sleep(0.2)
        webbrowser.open(url)

    threading.Thread(target=wait, daemon=True).start()


def _ask(options: argparse.Namespace) -> int:
    from pydantic import ValidationError

    from service.lifecycle import open_answerer
    from service.request_schemas import AskRequest
    from service.schemas import AskResponse

    settings = _settings(options)
    try:
        request = AskRequest(question=options.question, top_k=options.top_k, lang=options.lang)
    except ValidationError as error:
        wrong = error.errors()[0]
        name = str(wrong["loc"][0])
        value = repr(getattr(options, name))
        shown = value if len(value) <= 60 else f"{value[:60]}..."
        raise _CommandError(f"{name.replace('_', '-')} {shown}: {wrong['msg']}", code=2) from error
    answerer = open_answerer(settings)
    try:
        answer = answerer.ask(request.to_question())
        if options.json:
            print(AskResponse.of(answer).model_dump_json())
        else:
            from rich.console import Console

            from service.terminal import print_answer

            print_answer(answer, Console(highlight=False))
    finally:
        answerer.close()
    return 0


def _openapi(options: argparse.Namespace) -> int:
    import json
    from pathlib import Path

    from service.app import create_app
    from service.settings import Settings

    schema = json.dumps(create_app(Settings()).openapi(), indent=2, ensure_ascii=False) + "\n"
    if options.output:
        Path(options.output).write_text(schema, encoding="utf-8")
    else:
        print(schema, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
