"""The one door to Invoke's insides: what its command line does with a wrong name, a broken file, words of a task.

Invoke 3.0 answers a configuration file that it cannot read with a traceback, ignores one that is not there, and ends
with 1 for a task that does not exist, without a hint. Some of its methods are wrapped and one replaced when this is
imported, which is early enough: Invoke imports tasks.py before it reads the configuration and parses the tasks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from invoke import Config, Exit, ParseError, Parser, ParserContext, Program
from invoke.exceptions import UnknownFileType
from invoke.parser.parser import ParseMachine

from engine.errors import SettingsError, UsageError
from engine.words import closing, words_only

_UNKNOWN = re.compile(r"^No idea what '(.+)' is!$", re.DOTALL)


def install() -> None:
    """Wraps Invoke's methods; a second call changes nothing."""
    if not hasattr(Config._load_file, "__wrapped__"):
        Config._load_file = _strict(Config._load_file)  # type: ignore
        Program.parse_tasks = _naming_the_nearest(Program.parse_tasks)  # type: ignore
        Program.parse_cleanup = _naming_the_nearest(Program.parse_cleanup)  # type: ignore
        Program._make_parser = _parser_of_what_is_named  # type: ignore
        ParseMachine.handle = words_only(ParseMachine.handle)  # type: ignore
        ParseMachine.complete_context = closing(ParseMachine.complete_context)  # type: ignore


def _strict(load_file: Callable[..., None]) -> Callable[..., None]:
    @wraps(load_file)
    def wrapped(config: Any, prefix: str, absolute: bool = False, merge: bool = True) -> None:
        try:
            if prefix == "runtime" and config._runtime_path is not None:
                _runtime(config, load_file, absolute, merge)
                return
            load_file(config, prefix, absolute, merge=False)
            _check_mapping(config, prefix)
            if merge:
                config.merge()
        except SettingsError as error:
            raise Exit(str(error), code=error.exit_code) from error
        except (OSError, UnicodeDecodeError) as error:
            raise Exit(f"a configuration file of Invoke cannot be read: {error}", code=2) from error
        except UnknownFileType as error:
            raise Exit(str(error), code=2) from error
        except Exception as error:
            if any(base.__name__ == "YAMLError" for base in type(error).__mro__):  # of the copy inside Invoke
                raise Exit(f"a configuration file of Invoke is not YAML: {error}", code=2) from error
            raise

    return wrapped


def _runtime(config: Any, load_file: Callable[..., None], absolute: bool, merge: bool) -> None:
    """The file given with `-f`.

    Where invoke.yaml says that `-f` names an environment, the file is for `engine.settings`, and its keys are none
    of Invoke's: it is only looked at, so that a file which cannot be read is refused whatever task was asked for.
    """
    from engine.document import read

    path = Path(config._runtime_path).expanduser()
    project = config._project if isinstance(config._project, dict) else {}
    options = project.get("lab")
    environment = isinstance(options, dict) and options.get("settings")
    if environment or path.suffix in (".yaml", ".yml") or not path.is_file():
        read(path)
    if environment:
        config._set(_runtime_found=False)
        return
    try:
        load_file(config, "runtime", absolute, merge)
    except (ValueError, SyntaxError) as error:  # of a .json or .py file
        raise Exit(f"{path}: {error}", code=2) from error


def _check_mapping(config: Any, prefix: str) -> None:
    data = getattr(config, f"_{prefix}")
    if data is None:  # an empty file says nothing
        config._set(f"_{prefix}", {})
    elif not isinstance(data, dict):
        path = getattr(config, f"_{prefix}_path")
        raise Exit(f"{path}: a configuration file of Invoke is a mapping (key: value)", code=2)


def _parser_of_what_is_named(program: Any) -> Parser:
    """Knows the tasks whose names are on the command line, in whatever place.

    Invoke's own makes a context for every task there is and copies each twice: seconds, where there are thousands.
    """
    said, tasks = " ".join(program.argv), program.collection
    lenient = program.config.tasks.ignore_unknown_help
    contexts = [
        ParserContext(name, aliases, tasks[name].get_arguments(ignore_unknown_help=lenient))
        for name, aliases in tasks.task_names.items()
        if any(one in said for one in (name, *aliases))
    ]
    return Parser(contexts, program.initial_context)


def _naming_the_nearest(parse: Callable[[Any], None]) -> Callable[[Any], None]:
    @wraps(parse)
    def wrapped(program: Any) -> None:
        try:
            parse(program)
        except ParseError as error:
            raise Exit(_advised(str(error), program), code=2) from error
        except UsageError as error:
            raise Exit(str(error), code=error.exit_code) from error
        except ValueError as error:  # Invoke makes a number of an option's value where the default is one
            raise Exit(f"an option takes a number: {error}", code=2) from error

    return wrapped


def _advised(message: str, program: Any) -> str:
    unknown = _UNKNOWN.match(message)
    if unknown is None:
        return message
    from engine.settings import nearest

    word = unknown[1]
    if word.startswith("-"):
        return f"there is no option '{word}' here; `inv --help` and `inv --help TASK` list them"
    near = nearest(word, program.collection.task_names)
    return f"there is no task '{word}'{near or '; `inv --list` shows all'}"
